import { FairQueue, type QueueLimits, type QueuePlace } from './fair-queue.ts'
import { GateFull } from './gate.ts'

interface Waiting {
  readonly enter: () => void
  readonly refuse: (cause: GateFull) => void
}

export interface FairGateOptions {
  readonly atOnce: number
  /** Of those that wait. */
  readonly limits: QueueLimits
  /** Milliseconds, for the time of each job. */
  readonly monotonic: () => number
}

/** Runs a bounded number of jobs at once, and lets a bounded number wait in fair turns: see fair-queue.ts. */
export class FairGate {
  readonly #atOnce: number
  readonly #queue: FairQueue<Waiting>
  readonly #monotonic: () => number
  #running = 0
  #refused = 0

  constructor({ atOnce, limits, monotonic }: FairGateOptions) {
    this.#atOnce = atOnce
    this.#queue = new FairQueue(limits)
    this.#monotonic = monotonic
  }

  /** Jobs that wait for their turn. */
  get waiting(): number {
    return this.#queue.size
  }

  /** Jobs that found no place in the queue, since the start. */
  get refused(): number {
    return this.#refused
  }

  /**
   * Throws {@link GateFull} when the queue is full. Calls `findPlace` only when the job has to wait, so the time of a job that finds a free
   * place is charged to nobody.
   */
  async run<T>(job: () => Promise<T>, findPlace: () => QueuePlace | Promise<QueuePlace>): Promise<T> {
    if (this.#running < this.#atOnce) {
      this.#running++
      return this.#work(job, undefined)
    }
    const place = await findPlace()
    await this.#wait(place)
    return this.#work(job, place)
  }

  async #work<T>(job: () => Promise<T>, place: QueuePlace | undefined): Promise<T> {
    const begun = this.#monotonic()
    try {
      return await job()
    } finally {
      if (place) this.#queue.charge(place, this.#monotonic() - begun)
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
