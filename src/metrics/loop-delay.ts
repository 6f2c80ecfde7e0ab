import type { Platform } from '../platform/platform.ts'
import { Histogram } from './histogram.ts'
import type { Samples } from './samples.ts'

/** Milliseconds between two looks: seldom enough to cost nothing, often enough to see a block of half a second. */
const every = 200

/** Upper bounds in milliseconds. */
const bounds = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000] as const

/** Measures how late a timer is: the delay that every event of the process has. */
export class LoopDelay {
  readonly #clock: Pick<Platform, 'after' | 'monotonic'>
  readonly #delays = new Histogram(bounds)
  #cancel = () => {}

  constructor(clock: Pick<Platform, 'after' | 'monotonic'>) {
    this.#clock = clock
  }

  start(): void {
    const { after, monotonic } = this.#clock
    const due = monotonic() + every
    this.#cancel = after(every, () => {
      this.#delays.observe(Math.max(0, monotonic() - due))
      this.start()
    })
  }

  stop(): void {
    this.#cancel()
  }

  samples(): Samples {
    return this.#delays.samples('grantd_event_loop_delay_seconds')
  }
}
