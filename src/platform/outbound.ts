/** Sends requests that this server begins, to addresses that the caller has checked. */
export interface Outbound {
  /** Every address of a host name, in the order of the system; that of an address is itself. Throws if there is none. */
  resolve(host: string): Promise<readonly string[]>
  /**
   * Posts a form to the URL at this address and at no other, and returns the status. The name of the URL is asked of nobody again; TLS
   * proves it. Uses no proxy, follows no redirect, and does not read the body of the answer. Throws if there is no answer.
   */
  post(request: OutboundPost): Promise<number>
}

export interface OutboundPost {
  readonly url: string
  /** An IP address. */
  readonly address: string
  readonly form: URLSearchParams
  readonly userAgent: string
  /** Ends the request. */
  readonly signal: AbortSignal
}
