import { renderLabels, type Samples } from './samples.ts'

/** A histogram of durations. The caller gives milliseconds; samples are in seconds. */
export class Histogram {
  readonly #bounds: readonly number[]
  /** Counts by bucket, each without the buckets below it. The last bucket is +Inf. */
  readonly #buckets: number[]
  #milliseconds = 0

  /** `bounds` are the upper bounds in milliseconds, in rising order; longer durations count in +Inf only. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#buckets = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(milliseconds: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && milliseconds > (bounds[bucket] ?? 0)) bucket++
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#milliseconds += milliseconds
  }

  samples(name: string, labels: Readonly<Record<string, string>> = {}): Samples {
    const samples: Record<string, number> = {}
    let count = 0
    for (const [index, inBucket] of this.#buckets.entries()) {
      count += inBucket
      const bound = this.#bounds[index]
      const le = bound === undefined ? '+Inf' : String(bound / 1000)
      samples[`${name}_bucket${renderLabels({ ...labels, le })}`] = count
    }
    samples[`${name}_sum${renderLabels(labels)}`] = this.#milliseconds / 1000
    samples[`${name}_count${renderLabels(labels)}`] = count
    return samples
  }
}
