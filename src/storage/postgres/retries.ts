import { inTime } from '../../async/in-time.ts'

/**
 * Pauses (ms) before each retry, so that other processes can finish. Each collision is one that another process has won. So of ten processes
 * that want the same row at the same moment, the last one may need ten attempts, and these are enough for some dozens.
 */
const pauses = [0, 3, 12, ...Array.from({ length: 40 }, () => 48)]
/** The longest time (ms) that an attempt waits for others. Waiting only saves attempts. */
const longestWait = 1000

/**
 * Retries work that collided with other work, for two seconds at least. First attempts run in parallel. Retries run alone, because
 * otherwise they would collide again.
 */
export class Retries {
  readonly #isCollision: (cause: unknown) => boolean
  readonly #first = new Set<Promise<unknown>>()
  /** The end of the last planned retry. */
  #repeated: Promise<unknown> | undefined

  constructor(isCollision: (cause: unknown) => boolean) {
    this.#isCollision = isCollision
  }

  /** The result of `work`, or the error of its last attempt. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#repeated) await patiently(this.#endOfRepeats())
    const first = work()
    this.#first.add(first)
    try {
      return await first
    } catch (cause) {
      if (!this.#isCollision(cause)) throw cause
    } finally {
      this.#first.delete(first)
    }
    return await this.#inTurn(() => this.#repeat(work))
  }

  async #repeat<T>(work: () => Promise<T>): Promise<T> {
    for (const [index, pause] of pauses.entries()) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
      try {
        return await work()
      } catch (cause) {
        if (index === pauses.length - 1 || !this.#isCollision(cause)) throw cause
      }
    }
    throw new TypeError('There is no attempt at all')
  }

  /** Runs `work` after earlier retries, and while no first attempt runs. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = Promise.allSettled([this.#repeated, ...this.#first])
    const turn = patiently(before).then(work)
    const end = Promise.allSettled([turn]).then(() => {
      if (this.#repeated === end) this.#repeated = undefined
    })
    this.#repeated = end
    return turn
  }

  async #endOfRepeats(): Promise<void> {
    while (this.#repeated) await this.#repeated
  }
}

async function patiently(work: Promise<unknown>): Promise<void> {
  await inTime(work, { milliseconds: longestWait, late: () => new Error() }).catch(() => {})
}
