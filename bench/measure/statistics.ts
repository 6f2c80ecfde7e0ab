/** The value in the middle, or between the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** The lowest of the values that so many of a hundred do not exceed; the values from the lowest on; NaN of none. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  // In this order: 99.9 / 100 is a little more than it should be.
  const rank = Math.ceil((percent * sorted.length) / 100)
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN
}
