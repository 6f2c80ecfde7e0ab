import type { Log } from '../log.ts'

export interface ClockGuardOptions {
  /** Milliseconds since the epoch, by the wall clock. */
  readonly now: () => number
  /** See Platform.monotonic. */
  readonly monotonic: () => number
  readonly log: Log
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** The largest difference that counts as no jump. */
const tolerance = 5 * minute
/** A clock that was wrong has to be right for this long before it is trusted. */
const longWait = day
/** The same, after a pause that may come from a wrong clock. A clock that is set while the machine starts is right after this time. */
const shortWait = 10 * minute
/** A pause between two runs up to this length is trusted at once. */
const shortPause = hour
/** A longer pause counts as a wrong clock. */
const longPause = 30 * day

/**
 * Tells whether the wall clock can be trusted, because a wrong clock must not rotate keys, delete rows or make expired tokens valid again.
 * Within the process, the guard compares the wall clock with the monotonic clock. After a restart, it compares the wall clock with the last
 * stored time. A machine that sleeps looks like a clock that jumped, and the guard treats it as one.
 */
export class ClockGuard {
  readonly #options: ClockGuardOptions
  /** The state of both clocks at the last comparison. Renewed every hour, because clocks drift. */
  #anchor: { now: number; monotonic: number }
  /** When the clock is trusted again, by the monotonic clock. */
  #believedAt = Number.NEGATIVE_INFINITY
  #isWaiting = false
  #doubt = { milliseconds: 0, until: Number.NEGATIVE_INFINITY }

  constructor(options: ClockGuardOptions) {
    this.#options = options
    this.#anchor = this.#read()
  }

  /** Whether the guard watches a clock that was wrong. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /**
   * By how much the clock may be ahead (ms): a pause before this start may have been shorter, if the clock is wrong. 0 after a day, and after
   * a start within five minutes.
   */
  get doubt(): number {
    return this.#options.monotonic() < this.#doubt.until ? this.#doubt.milliseconds : 0
  }

  /** Compares with the last stored time, of this process or another one; undefined: none is stored. */
  compare(lastSeen: number | undefined, { isStart }: { isStart: boolean }): void {
    if (lastSeen === undefined || this.#isWaiting) return
    const gap = this.#options.now() - lastSeen
    if (gap < -tolerance) this.#distrust('the clock is behind the time that was written down last', gap)
    if (!isStart || gap <= tolerance) return
    this.#doubt = { milliseconds: gap, until: this.#options.monotonic() + longWait }
    if (gap <= shortPause) return
    if (gap > longPause) this.#distrust('the clock is far ahead of the time that was written down last', gap)
    else this.#wait(shortWait)
  }

  /** Whether the clock can be trusted. Call it every few seconds. */
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
