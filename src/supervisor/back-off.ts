/** Waits in milliseconds; the first restart is immediate. */
const firstDelay = 500
const longestDelay = 30_000
/** A worker that lived this long (ms) was healthy. Then the count of failures in a row starts again. */
const healthyAfter = 60_000

/** Decides how long to wait before a worker that ended is started again. */
export class BackOff {
  #failures = 0

  /** Failures in a row. */
  get failures(): number {
    return this.#failures
  }

  /** Counts the end of a worker after `lived` milliseconds, and returns the milliseconds to wait. */
  next(lived: number): number {
    if (lived >= healthyAfter) this.#failures = 0
    this.#failures++
    if (this.#failures === 1) return 0
    return Math.min(longestDelay, firstDelay * 2 ** (this.#failures - 2))
  }
}
