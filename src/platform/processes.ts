/** Processes of this same program, and the channel between one that starts others and one that was started. */
export interface Processes {
  readonly pid: number
  /** Returns the usage of this process only. */
  usage(): ProcessUsage
  /** Returns more about this process only; it costs about as much as reading a small file. */
  state(): ProcessState
  /** Looks at any process of this machine. Undefined: it is not there, is another user's, or the system does not tell. Never rejects. */
  look(pid: number): Promise<OtherProcess | undefined>
  /**
   * Starts this program with the same arguments, standard output and environment, and adds `environment`. Undefined if the runtime cannot
   * start processes.
   */
  readonly startAgain: ((environment: Readonly<Record<string, string>>) => ChildProcess) | undefined
  /** The process that started this one by {@link startAgain}; undefined if this one was started in another way. */
  readonly parent: Channel | undefined
}

export interface ProcessUsage {
  /** Processor time since the start of the process, in user and in system mode together. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}

export interface ProcessState {
  /** Memory of the runtime's objects. */
  readonly heapBytes: number
  /** Undefined: the system does not tell. */
  readonly openDescriptors: number | undefined
  readonly mostDescriptors: number | undefined
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** A process of this machine, looked at from another one. */
export interface OtherProcess {
  readonly openDescriptors: number
  readonly mostDescriptors: number
  /** The path of the file that its standard output goes to; undefined: it goes to no file. */
  readonly outputFile: string | undefined
}

/** Messages are JSON values. A message to an ended process is lost. */
export interface Channel {
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Calls back once when the other side has ended for any reason. */
  onGone(listener: () => void): void
  /** After this call, the channel does not keep this process alive. */
  release(): void
}

export interface ChildProcess extends Omit<Channel, 'release' | 'onGone'> {
  readonly pid: number
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>
  /** Ends it at once. */
  kill(): void
}

/** How a process ended: a code, or the signal that ended it; both undefined when it could not be started. */
export interface Exit {
  readonly code: number | undefined
  readonly signal: string | undefined
}
