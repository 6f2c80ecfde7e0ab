/** That a server has to stop. */
export interface StopOrder {
  /** The signal, or who gave the order. */
  readonly by: string
  /** Whether it serves for its shutdown delay first, because load balancers have to see that it stops. */
  readonly keepServing: boolean
}

/** The order that a signal is: who presses Ctrl-C does not want to wait. */
export function orderOf(signal: string): StopOrder {
  return { by: signal, keepServing: signal === 'SIGTERM' }
}
