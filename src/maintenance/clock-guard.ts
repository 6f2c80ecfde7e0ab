import type { Log } from '../log.ts'

export interface ClockGuardOptions {
  /** Milliseconds since the epoch, as the wall clock says. */
  readonly now: () => number
  /** See Platform.monotonic. */
  readonly monotonic: () => number
  readonly log: Log
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** What a clock may be off by. */
const tolerance = 5 * minute
/** So long a clock that was wrong has to go right before it is believed. */
const longWait = day
/** After a pause of the server that may as well be a wrong clock: a clock that is set at the start is set by then. */
const shortWait = 10 * minute
/** A pause that needs no second look. */
const shortPause = hour
/** A pause that is too long to be one. */
const longPause = 30 * day

/**
 * Tells whether the wall clock can be believed, for all that it alone would drive: a wrong one must not rotate, delete or
 * revive anything. Within the process it is held against the monotonic clock, across restarts against the last time that
 * was written down. A machine that sleeps looks like a clock that jumped, and is treated as one.
 */
export class ClockGuard {
  readonly #options: ClockGuardOptions
  /** Where both clocks stood when they were last compared; moved every hour, for clocks drift. */
  #anchor: { now: number; monotonic: number }
  /** When the clock is believed again, by the monotonic clock. */
  #believedAt = Number.NEGATIVE_INFINITY
  #isWaiting = false

  constructor(options: ClockGuardOptions) {
    this.#options = options
    this.#anchor = this.#read()
  }

  /** Whether a clock that was wrong is being watched. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** Compares with the time that was written down last, by this process or by any other; undefined: none was. */
  compare(lastSeen: number | undefined, { isStart }: { isStart: boolean }): void {
    if (lastSeen === undefined || this.#isWaiting) return
    const gap = this.#options.now() - lastSeen
    if (gap < -tolerance) this.#distrust('the clock is behind the time that was written down last', gap)
    else if (!isStart || gap <= shortPause) return
    else if (gap > longPause)
      this.#distrust('the clock is far ahead of the time that was written down last', gap)
    else this.#wait(shortWait)
  }

  /** Whether the clock is right, as far as can be known; to be asked every few seconds. */
  isSteady(): boolean {
    const { now, monotonic } = this.#read()
    const jump = now - this.#anchor.now - (monotonic - this.#anchor.monotonic)
    if (Math.abs(jump) > tolerance) {
      this.#anchor = { now, monotonic }
      this.#distrust('the clock jumped', jump)
    } else if (monotonic - this.#anchor.monotonic > hour) this.#anchor = { now, monotonic }
    if (monotonic < this.#believedAt) return false
    if (this.#isWaiting) this.#options.log('info', 'the clock is believed again')
    this.#isWaiting = false
    return true
  }

  #distrust(what: string, milliseconds: number): void {
    this.#wait(longWait)
    this.#options.log(
      'warn',
      `${what}: no key is rotated and nothing is deleted for a day; set the clock right`,
      {
        seconds: Math.round(milliseconds / 1000),
      },
    )
    this.#isWaiting = true
  }

  #wait(milliseconds: number): void {
    this.#believedAt = this.#options.monotonic() + milliseconds
  }

  #read(): { now: number; monotonic: number } {
    return { now: this.#options.now(), monotonic: this.#options.monotonic() }
  }
}
