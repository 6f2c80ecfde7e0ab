import type { CertificatePair } from './certificates.ts'
import type { Connections } from './connections.ts'

export interface ListenOptions {
  readonly hostname: string
  /** 0 takes any free port. */
  readonly port: number
  readonly fetch: (request: Request, peer: Peer) => Response | Promise<Response>
  /** Whether other processes of this user may listen on the port too; see {@link Platform.canSharePort}. Default false. */
  readonly sharePort?: boolean
  /** Seconds after which a silent connection is closed, if the runtime supports it; 0: never. Default 75. */
  readonly idleTimeout?: number
  /** Speaks TLS 1.2 and 1.3 with this pair. Default: plain HTTP. */
  readonly tls?: CertificatePair
}

/** The other end of the connection that a request came in by: the client, or the proxy in front. */
export interface Peer {
  /**
   * Returns its IP address; undefined once the connection is closed. The call costs a little, so callers make it only when they need it.
   */
  address(): string | undefined
}

export interface Listener {
  readonly port: number
  /**
   * Lets no new connection begin, and accepts those that wait. A client that connects now tries again after a second, and is refused
   * then. Returns false and changes nothing if the system cannot do this.
   */
  holdOff(): Promise<boolean>
  /** Stops accepting connections and closes idle ones. Resolves when every answer in flight is sent. */
  drain(): Promise<void>
  /** Closes every connection at once. */
  close(): Promise<void>
  /** The connections of this listener as the system sees them. Undefined if the system or the runtime cannot tell them. */
  openConnections?(): Promise<Connections | undefined>
  /**
   * Opens the port once more, beside this listener. Throws ListenError. Undefined if the runtime cannot do this, or if the listener does
   * not share its port.
   */
  renew?(changed: Pick<ListenOptions, 'fetch' | 'tls'>): Promise<Renewal>
  /** Chooses which of the listeners that share the port get new connections. Undefined if the runtime cannot try this. */
  readonly steering?: Steering
}

/**
 * The listeners that share a port are numbered in the order in which they began to listen. Closing one moves the last one to its
 * number, and resets the connections that wait to be accepted by it. So it should get no new ones before it is closed.
 */
export interface Steering {
  /** Sends new connections to `count` listeners, beginning with number `first`. Returns whether the system supports this. */
  steer(target: { first: number; count: number }): Promise<boolean>
  /** Sends new connections to all listeners again. */
  release(): Promise<boolean>
}

/** A listener that took over the port of an older one in the same process. */
export interface Renewal {
  readonly next: Listener
  /** Like {@link Listener.holdOff}, for the older listener alone. */
  holdOff(): Promise<boolean>
  /**
   * Ends the listening of the older listener and keeps its connections. Those that wait to be accepted are reset, so let it hold off
   * before. Returns false and changes nothing if the system cannot do this.
   */
  letGo(): Promise<boolean>
}

/** The port could not be opened. `code` is the error code of the system, such as EADDRINUSE. */
export class ListenError extends Error {
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`Cannot listen: ${code}`, options)
    this.code = code
  }
}
