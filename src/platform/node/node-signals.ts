import { constants } from 'node:os'
import process from 'node:process'

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR2'

/** Orders that came before anything heard them. */
const held = new Set<Signal>()
/** Whether something heard an order to stop, now or before. */
let wasStopHeard = false

/** Calls back at each signal until the returned function is called, and once for all that were held before. */
export function hear(signal: Signal, listener: () => void): () => void {
  if (signal === 'SIGTERM' || signal === 'SIGINT') wasStopHeard = true
  process.on(signal, listener)
  if (held.delete(signal)) queueMicrotask(listener)
  return () => void process.off(signal, listener)
}

/**
 * From now on, a signal does not end the process as the system would: an order to reload or to replace is held until something hears it,
 * and one to stop ends the process cleanly even if nothing hears it yet or any more.
 */
export function holdSignals(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (isHeard(signal)) return
      // In the start, nothing is there that has to be closed. At the end, this is the second signal.
      process.exit(wasStopHeard ? 128 + constants.signals[signal] : 0)
    })
  // Windows has none of these as orders to a server.
  if (process.platform === 'win32') return
  for (const signal of ['SIGHUP', 'SIGUSR2'] as const)
    process.on(signal, () => void (isHeard(signal) || held.add(signal)))
  // Some tools that rotate logs send it. It would end the process.
  process.on('SIGUSR1', () => {})
}

/** Whether there is a listener beside that of {@link holdSignals}. */
function isHeard(signal: Signal): boolean {
  return process.listenerCount(signal) > 1
}
