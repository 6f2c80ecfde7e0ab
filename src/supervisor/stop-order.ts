/** An order to stop. */
export interface StopOrder {
  /** The signal, or the name of what gave the order. */
  readonly by: string
  /** Whether the server first serves for its shutdown delay, so that load balancers see that it stops. */
  readonly keepServing: boolean
}

/** The order of a signal. Ctrl-C (SIGINT) skips the shutdown delay. */
export function orderOf(signal: string): StopOrder {
  return { by: signal, keepServing: signal === 'SIGTERM' }
}
