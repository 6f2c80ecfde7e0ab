/** What the system knows of an open connection of a listener, at the moment of a look. Times are milliseconds before it. */
export interface Connection {
  /** Names the connection for as long as the system runs. */
  readonly id: number
  /** The IP address of the other end; undefined if the connection broke before the first look. */
  readonly address: string | undefined
  readonly port: number
  /** Bytes from the other end. */
  readonly received: number
  /** Bytes to the other end, each counted once. */
  readonly sent: number
  /** Bytes that the other end has acknowledged, and one for the beginning of the connection. */
  readonly acknowledged: number
  /** Whether bytes wait for the other end to take or to acknowledge them. */
  readonly isSending: boolean
  /** Bytes that wait in the system until the other end takes more. */
  readonly waiting: number
  /** Since the last bytes came, or since the beginning. */
  readonly sinceReceived: number
  /** Since the last bytes were sent, or since the beginning. */
  readonly sinceSent: number
}

/** All connections of a listener, and the descriptors of the process. */
export interface ConnectionsLook {
  readonly connections: readonly Connection[]
  /** Descriptors that are open for anything else. */
  readonly otherDescriptors: number
}

/** The connections of one listener. */
export interface Connections {
  /** Number of descriptors that the process may have open. */
  readonly mostDescriptors: number
  look(): ConnectionsLook
  /** Whether the process has no free descriptor below this number. It costs a microsecond, where a look costs one for each connection. */
  isFullUpTo(number: number): boolean
  /** Ends a connection at once. Nothing happens if it has ended. */
  end(connection: Connection): void
  /** The other ends, as `address:port`, whose request waits for its answer; its body may still be on the way. */
  findBusy(): ReadonlySet<string>
}
