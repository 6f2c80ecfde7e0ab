import type { StopSignal } from '../platform/platform.ts'

/** An order to stop. */
export interface StopOrder {
  /** The signal, or another reason in words. */
  readonly by: string
  /** Whether the server first serves for its shutdown delay, so that load balancers see that it stops. */
  readonly keepServing: boolean
}

/** The order of a signal. Ctrl-C (SIGINT) skips the shutdown delay. */
export function orderOf(signal: string): StopOrder {
  return { by: signal, keepServing: signal === 'SIGTERM' }
}

/** The exit codes of a process that a second signal ends. */
export const secondSignal: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 }
