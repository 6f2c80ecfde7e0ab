/**
 * Runs work that blocks the thread, one piece in each turn of the event loop. The loop handles other requests between two signatures,
 * so a request that needs no signature does not wait for all requests that need one.
 */
export class Turns {
  readonly #nextTurn: (callback: () => void) => void
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  constructor(nextTurn: (callback: () => void) => void) {
    this.#nextTurn = nextTurn
  }

  /** Runs the work at once if nothing ran in this turn, and otherwise after all earlier work. */
  run<T>(work: () => T): T | Promise<T> {
    if (!this.#isTaken) {
      this.#isTaken = true
      this.#nextTurn(this.#next)
      return work()
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work())
        } catch (cause) {
          reject(cause)
        }
      })
    })
  }

  readonly #next = (): void => {
    const work = this.#waiting.shift()
    this.#isTaken = work !== undefined
    if (!work) return
    this.#nextTurn(this.#next)
    work()
  }
}
