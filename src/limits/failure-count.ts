/** Failures that are counted together. */
export interface FailureCount {
  /** The failures that are not forgotten yet; a fraction while they are being forgotten. */
  readonly failures: number
  /** Milliseconds since the epoch of the last one. */
  readonly at: number
}

export interface CountRule {
  /** Failures without a wait. The same number is forgotten in each {@link longest}. */
  readonly free: number
  /** Milliseconds of the longest wait. */
  readonly longest: number
}

/** Milliseconds of the first wait; each further failure doubles it. */
const firstWait = 1000
/** Milliseconds by which clocks of replicas may differ. A failure further in the future was counted by a wrong clock. */
const clockSkew = 60_000

/** Milliseconds that have to pass after the last failure. */
export function waitOf({ failures }: FailureCount, { free, longest }: CountRule): number {
  // Above 2 ** 30 seconds no wait is longer than any longest one.
  const doublings = Math.min(30, Math.floor(failures - free))
  return failures < free ? 0 : Math.min(longest, firstWait * 2 ** doublings)
}

/** When the next attempt may be made, in milliseconds since the epoch. */
export function waitsUntil(count: FailureCount, rule: CountRule): number {
  return count.at + waitOf(count, rule)
}

/** Returns the failures that are not forgotten at `now`. Forgetting begins when the wait is over. */
export function remaining(count: FailureCount, rule: CountRule, now: number): number {
  if (isOfWrongClock(count, now)) return 0
  const quiet = Math.max(0, now - waitsUntil(count, rule))
  return Math.max(0, count.failures - (quiet / rule.longest) * rule.free)
}

/** Whether a clock that was ahead counted the failure. Attempts must not wait until that time. */
export function isOfWrongClock({ at }: FailureCount, now: number): boolean {
  return at > now + clockSkew
}

/** Returns the count with `more` failures added, the last of them at `at`. An undefined count has no failures. */
export function addFailures(
  count: FailureCount | undefined,
  more: number,
  { at, rule }: { readonly at: number; readonly rule: CountRule },
): FailureCount {
  const isUsable = count && !isOfWrongClock(count, at)
  const left = isUsable ? remaining(count, rule, at) : 0
  // More failures do not make the wait longer than the longest. They would only take longer to be forgotten.
  const most = rule.free + Math.ceil(Math.log2(rule.longest / firstWait)) + 1
  return { failures: Math.min(most, left + more), at: Math.max(isUsable ? count.at : at, at) }
}
