/** The queue is full. */
export class GateFull extends Error {}

/** Runs a bounded number of jobs at once, and lets a bounded number wait, first come, first served. */
export class Gate {
  readonly #atOnce: number
  readonly #mostWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0
  #refused = 0

  constructor(atOnce: number, mostWaiting: number) {
    this.#atOnce = atOnce
    this.#mostWaiting = mostWaiting
  }

  /** Jobs that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Jobs that found the queue full, since the start. */
  get refused(): number {
    return this.#refused
  }

  /** Throws {@link GateFull} at once when the queue is full. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#mostWaiting) {
        this.#refused++
        throw new GateFull(`${this.#mostWaiting} are waiting`)
      }
      // A job that ends passes its place on, so #running stays the same.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await job()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
