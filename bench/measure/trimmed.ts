/** Of a hundred samples so many are left out at either end: what the machine did besides. */
const trim = 20

export interface TrimmedMean {
  readonly mean: number
  /** Of the mean. */
  readonly standardError: number
}

/** The mean of what lies in the middle, with its standard error by the winsorized variance (Tukey and McLaughlin). */
export function trimmedMean(values: readonly number[]): TrimmedMean {
  const sorted = values.toSorted((a, b) => a - b)
  const cut = Math.floor((sorted.length * trim) / 100)
  const [low = Number.NaN, high = Number.NaN] = [sorted[cut], sorted[sorted.length - 1 - cut]]
  const kept = sorted.slice(cut, sorted.length - cut)
  const winsorized = sorted.map((value) => Math.min(high, Math.max(low, value)))
  const variance = varianceOf(winsorized)
  const share = 1 - (2 * trim) / 100
  return { mean: meanOf(kept), standardError: Math.sqrt(variance / sorted.length) / share }
}

export interface Difference {
  /** Of the trimmed means. */
  readonly mean: number
  readonly standardError: number
  /** Whether it is no chance. */
  readonly isReal: boolean
  /** The difference that such samples would show in 95 of 100 runs. */
  readonly detectable: number
}

/** Standard errors beyond which a difference is no chance: once in 16,000 comparisons it is (two-sided). */
const critical = 4
/** Those that 95 of 100 samples stay above. */
const ofPower = 1.645

/** Compares two samples by their trimmed means (Yuen's test). */
export function compareSamples(a: readonly number[], b: readonly number[]): Difference {
  const [ofA, ofB] = [trimmedMean(a), trimmedMean(b)]
  const mean = ofA.mean - ofB.mean
  const standardError = Math.hypot(ofA.standardError, ofB.standardError)
  const isReal = Math.abs(mean) > critical * standardError
  return { mean, standardError, isReal, detectable: (critical + ofPower) * standardError }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
}
