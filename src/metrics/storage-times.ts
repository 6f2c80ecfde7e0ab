import { Counter } from './counter.ts'
import { Histogram } from './histogram.ts'
import type { Samples } from './samples.ts'

/** Upper bounds in milliseconds: from a read in memory to a write that waits for its turn. */
const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000, 5000] as const

const operations = ['read', 'write', 'transaction'] as const

/** How long the operations of a database take, and how many fail. */
export class StorageTimes {
  readonly #durations = {
    read: new Histogram(bounds),
    write: new Histogram(bounds),
    transaction: new Histogram(bounds),
  }
  readonly #errors = new Counter('grantd_storage_errors_total', 'operation')
  readonly #now: () => number
  /** Milliseconds since the epoch. */
  #failedAt: number | undefined

  constructor(now: () => number) {
    this.#now = now
    // A counter that begins with its first error would show no increase of it.
    for (const operation of operations) this.#errors.add(0, operation)
  }

  /** Notes an operation that took so many milliseconds. */
  observe(operation: (typeof operations)[number], milliseconds: number, hasFailed: boolean): void {
    this.#durations[operation].observe(milliseconds)
    if (!hasFailed) return
    this.#errors.count(operation)
    this.#failedAt = this.#now()
  }

  samples(): Samples {
    const name = 'grantd_storage_operation_duration_seconds'
    const durations = operations.map((operation) => this.#durations[operation].samples(name, { operation }))
    const last =
      this.#failedAt === undefined
        ? {}
        : { grantd_storage_last_error_timestamp_seconds: this.#failedAt / 1000 }
    return Object.assign({}, ...durations, this.#errors.samples(), last)
  }
}
