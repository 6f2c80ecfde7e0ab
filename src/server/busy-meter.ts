import type { Platform } from '../platform/platform.ts'

/** A process is busy if it uses at least this share of one processor. */
const busyFrom = 0.5
/** The shortest time (ms) that is measured. A call within it gets the last result. */
const shortest = 50

/** Returns a function that tells whether this process was busy since the last call, by its processor time. */
export function createBusyMeter({
  processes,
  monotonic,
}: Pick<Platform, 'processes' | 'monotonic'>): () => boolean {
  const look = () => ({ at: monotonic(), used: processes.usage().cpuSeconds * 1000 })
  let last = look()
  let isBusy = false
  return () => {
    if (monotonic() - last.at < shortest) return isBusy
    const now = look()
    isBusy = now.used - last.used >= busyFrom * (now.at - last.at)
    last = now
    return isBusy
  }
}
