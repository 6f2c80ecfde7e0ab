/** Requests at even distances from the start, whatever becomes of those before them. */
export class Schedule {
  /** How many there are in all. */
  readonly count: number
  readonly #interval: number

  /** A rate in requests a second, over so many seconds. */
  constructor({ rate, seconds }: { readonly rate: number; readonly seconds: number }) {
    if (!(rate > 0) || !(seconds > 0))
      throw new Error(`Cannot pace ${rate} requests a second for ${seconds} s, wanted more than 0 of both`)
    this.count = Math.max(1, Math.round(rate * seconds))
    this.#interval = 1000 / rate
  }

  /** Milliseconds after the start at which the request of that index, from 0, is due. */
  dueAt(index: number): number {
    return index * this.#interval
  }

  /**
   * Requests a second that were sent in truth, the last of them so many milliseconds after the start; each fills the time until
   * the next would be due.
   */
  rateOf(sent: number, lastSentAt: number): number {
    return (1000 * sent) / (lastSentAt + this.#interval)
  }
}
