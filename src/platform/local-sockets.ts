/** Sockets that programs of the same machine find by a path. A message is one text, and so is its answer. */
export interface LocalSockets {
  /** Answers messages at `path`, where nothing may be. Throws FileError. */
  serve(path: string, answer: (message: string) => Promise<string>): Promise<LocalServer>
  /**
   * Sends a message, and waits for its answer; undefined when nobody listens at `path`, or ends before it answers. Throws FileError, with
   * the code ETIMEDOUT when there is no answer after `longest` milliseconds.
   */
  ask(path: string, message: string, longest: number): Promise<string | undefined>
}

export interface LocalServer {
  /** Ends all connections and removes the socket. */
  close(): Promise<void>
}

/** The longest path of a socket in bytes. Linux allows 107, other systems less. */
export const longestSocketPath = 103
