/**
 * Lets callers that arrive at once go on a few in each turn of the event loop, the first one first. So the requests of others get in
 * between, and wait for a few of them and not for all.
 */
export class FewATurn {
  readonly #few: number
  readonly #nextTurn: (callback: () => void) => void
  #waiting: (() => void)[] = []

  /** `few` callers go on in each turn. */
  constructor(few: number, nextTurn: (callback: () => void) => void) {
    this.#few = few
    this.#nextTurn = nextTurn
  }

  /** Resolves when the caller may go on: in the next turn, if few are waiting. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) this.#nextTurn(() => this.#pass())
    })
  }

  #pass(): void {
    const passing = this.#waiting.slice(0, this.#few)
    this.#waiting = this.#waiting.slice(this.#few)
    if (this.#waiting.length > 0) this.#nextTurn(() => this.#pass())
    for (const resolve of passing) resolve()
  }
}
