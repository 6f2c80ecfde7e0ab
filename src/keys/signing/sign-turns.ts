/**
 * Work that keeps the thread, one piece a turn of the event loop: between two signatures whatever arrived is looked at, so that
 * a request which needs none does not wait for all who need one.
 */
export class Turns {
  readonly #nextTurn: (callback: () => void) => void
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  constructor(nextTurn: (callback: () => void) => void) {
    this.#nextTurn = nextTurn
  }

  /** Does the work at once if nothing was done in this turn, and else after all that came before. */
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
