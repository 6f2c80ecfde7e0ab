export interface ListenOptions {
  readonly hostname: string
  /** 0 takes any free port. */
  readonly port: number
  readonly fetch: (request: Request, peer: Peer) => Response | Promise<Response>
  /** Lets other processes of this user listen on the port too, see {@link Platform.canSharePort}; default false. */
  readonly sharePort?: boolean
  /** Seconds until a connection without a byte is closed, where the runtime can be told; 0: never. Default 75. */
  readonly idleTimeout?: number
}

/** The other end of the connection that a request came in by: the client, or the proxy in front. */
export interface Peer {
  /** Its IP address; undefined once the connection is gone. It costs a little, so it is asked for where it is used. */
  address(): string | undefined
}

export interface Listener {
  readonly port: number
  /**
   * Lets no new connection begin, and accepts those that wait. A client that connects now tries again after a second, and is refused by
   * then. Answers false where the system cannot do it, and changes nothing.
   */
  holdOff(): Promise<boolean>
  /** Stops accepting connections and closes idle ones; resolves once every answer in flight has left. */
  drain(): Promise<void>
  /** Closes every connection at once. */
  close(): Promise<void>
  /** Present where it can be tried to choose who of those that share the port gets new connections. */
  readonly steering?: Steering
}

/**
 * Those that share a port are numbered in the order in which they began to listen. Closing one puts the last one in its place,
 * and cuts off the connections that wait to be accepted by it, so it should get none any more before.
 */
export interface Steering {
  /** New connections go to the `count` ones from number `first` on. Answers whether the system does it. */
  steer(target: { first: number; count: number }): Promise<boolean>
  /** New connections go to all again. */
  release(): Promise<boolean>
}

/** The port could not be opened; `code` is the system's word, such as EADDRINUSE. */
export class ListenError extends Error {
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`Cannot listen: ${code}`, options)
    this.code = code
  }
}
