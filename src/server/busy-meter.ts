import type { Platform } from '../platform/platform.ts'

/** Share of one processor from which on a process is busy. */
const busyFrom = 0.5
/** Milliseconds that a look covers at least; who asks sooner gets the last answer. */
const shortest = 50

/** Tells whether this process was busy since it was asked last, by the time that it spent on processors. */
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
