/** Work took longer than it may. */
export class DeadlinePassed extends Error {}

interface Clock {
  /** Milliseconds; they only go forward. */
  monotonic(): number
  /** Calls back after `milliseconds`. */
  after(milliseconds: number, callback: () => void): void
}

interface Waiting {
  /** On the clock; what began first is first. */
  readonly since: number
  readonly reject: (cause: DeadlinePassed) => void
}

/** Ends waits that take longer than some time. All share one timer, so a wait that is short costs next to nothing. */
export class Deadlines {
  readonly #clock: Clock
  readonly #milliseconds: () => number
  /** The oldest first. */
  readonly #waiting = new Set<Waiting>()
  #isArmed = false

  /** `milliseconds` may change: what waits then is ended a little late. */
  constructor({ milliseconds, ...clock }: Clock & { readonly milliseconds: () => number }) {
    this.#clock = clock
    this.#milliseconds = milliseconds
  }

  /** What the work gives, or DeadlinePassed. The work itself goes on. */
  keep<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = { since: this.#clock.monotonic(), reject }
      this.#waiting.add(waiting)
      if (!this.#isArmed) this.#arm(this.#milliseconds())
      const finish = () => this.#waiting.delete(waiting)
      work.then(
        (result) => {
          finish()
          resolve(result)
        },
        (cause) => {
          finish()
          reject(cause)
        },
      )
    })
  }

  /** Ends up to `count` waits that began at least `age` milliseconds ago, the oldest first. */
  endOldest(count: number, { age }: { readonly age: number }): void {
    const now = this.#clock.monotonic()
    let left = count
    for (const waiting of this.#waiting) {
      if (left <= 0 || now - waiting.since < age) return
      left--
      this.#end(waiting)
    }
  }

  #end(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    waiting.reject(new DeadlinePassed())
  }

  #arm(milliseconds: number): void {
    this.#isArmed = true
    this.#clock.after(milliseconds, () => {
      this.#isArmed = false
      this.#endLate()
    })
  }

  #endLate(): void {
    const now = this.#clock.monotonic()
    for (const waiting of this.#waiting) {
      const left = waiting.since + this.#milliseconds() - now
      if (left > 0) {
        this.#arm(left)
        return
      }
      this.#end(waiting)
    }
  }
}
