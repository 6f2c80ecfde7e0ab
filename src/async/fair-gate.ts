import { FairQueue, type QueueLimits, type QueuePlace } from './fair-queue.ts'
import { GateFull } from './gate.ts'

interface Waiting {
  readonly enter: () => void
  readonly refuse: (cause: GateFull) => void
}

/** Runs a bounded number of jobs at once, and lets a bounded number wait in fair turns: see fair-queue.ts. */
export class FairGate {
  readonly #atOnce: number
  readonly #queue: FairQueue<Waiting>
  #running = 0
  #refused = 0

  constructor(atOnce: number, limits: QueueLimits) {
    this.#atOnce = atOnce
    this.#queue = new FairQueue(limits)
  }

  /** Jobs that wait for their turn. */
  get waiting(): number {
    return this.#queue.size
  }

  /** Jobs that found no place in the queue, since the start. */
  get refused(): number {
    return this.#refused
  }

  /** Throws {@link GateFull} when the queue is full. Calls `findPlace` only when the job has to wait. */
  async run<T>(job: () => Promise<T>, findPlace: () => QueuePlace | Promise<QueuePlace>): Promise<T> {
    if (this.#running >= this.#atOnce) await this.#wait(await findPlace())
    else this.#running++
    try {
      return await job()
    } finally {
      this.#next()
    }
  }

  /** A job that ends passes its place on, so #running stays the same. */
  #next(): void {
    const next = this.#queue.shift()
    if (next) next.enter()
    else this.#running--
  }

  #wait(place: QueuePlace): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#running < this.#atOnce) {
        // A place became free during findPlace().
        this.#running++
        resolve()
        return
      }
      const left = this.#queue.push({ enter: resolve, refuse: reject }, place)
      if (!left) return
      this.#refused++
      left.refuse(new GateFull(`${this.#queue.size} are waiting`))
    })
  }
}
