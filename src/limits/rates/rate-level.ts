/**
 * A bucket that drains: `used` units at the time `at`, which drain evenly, `perMinute` in each minute. A unit is let in while there is room for
 * it, so after a pause `perMinute` come in at once, and from then on as many in each minute.
 */
export interface RateLevel {
  /** A fraction while it drains. Above `perMinute` where several processes let in more than there was room for. */
  readonly used: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Milliseconds by which clocks of replicas may differ. A level further in the future is of a wrong clock. */
const clockSkew = 60_000
const minute = 60_000

/** The units in the bucket at `now`. */
export function usedAt({ used, at }: RateLevel, perMinute: number, now: number): number {
  if (at > now + clockSkew) return 0
  return Math.max(0, used - (Math.max(0, now - at) * perMinute) / minute)
}

/** Milliseconds until there is room for one more unit; 0: there is. */
export function waitFor(
  used: number,
  { capacity, perMinute }: { capacity: number; perMinute: number },
): number {
  // Sums of fractions are not exact, and a wait of a billionth is none.
  const excess = used + 1 - capacity
  return excess <= 1e-6 ? 0 : (excess * minute) / perMinute
}

/** Milliseconds until the bucket is empty. */
export function drainTime(used: number, perMinute: number): number {
  return (used * minute) / perMinute
}
