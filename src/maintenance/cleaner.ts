import { writeOver } from '../storage/compare-and-swap.ts'
import { type Storage, systemTenant } from '../storage/storage.ts'
import { cleanings } from './cleaning-row.ts'
import type { ClockGuard } from './clock-guard.ts'

export interface CleanerOptions {
  readonly storage: Storage
  readonly guard: ClockGuard
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Resolves after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>
}

const id = 'floor'
/** An expired row is there for so long; clocks of several machines differ (ms). */
const keptExpired = 86_400_000
/** Rows of one statement. */
const batch = 500
/** Milliseconds between two statements, for requests to come through. */
const batchPause = 50
/** Statements of one call; what is left waits for the next. */
const mostBatches = 100
/** Tries to write when other processes do in the same moment. */
const mostTries = 5
/** Milliseconds after which the time that was seen is written down again. */
const seenEvery = 60_000

/**
 * Deletes expired rows, and writes down the latest expiry among them: a token that expired by then stays expired whatever a clock
 * says, so that deleting its revocation cannot revive it.
 */
export class Cleaner {
  readonly #options: CleanerOptions
  #cutoff = 0

  constructor(options: CleanerOptions) {
    this.#options = options
  }

  /** Whatever expired by this time (ms since the epoch) may be forgotten, and so it is expired for good. Never falls. */
  get cutoff(): number {
    return this.#cutoff
  }

  /** Reads what is written down, before the first answer. Throws StorageError. */
  async begin(): Promise<void> {
    const found = await this.#read()
    this.#options.guard.compare(found?.value.last_seen, { isStart: true })
  }

  /** Writes down the time, unless it cannot be believed. Answers whether it can. Throws StorageError. */
  async see(): Promise<boolean> {
    const { guard, now } = this.#options
    const wasWaiting = guard.isWaiting
    const found = await this.#read()
    // A clock that went right for as long as was asked is believed, whatever was written down before.
    if (guard.isSteady() && !wasWaiting) guard.compare(found?.value.last_seen, { isStart: false })
    if (!guard.isSteady()) return false
    const lastSeen = found?.value.last_seen ?? Number.NEGATIVE_INFINITY
    const isTold = wasWaiting || Math.abs(now() - lastSeen) >= seenEvery
    for (let tries = 0; isTold && tries < mostTries && !(await this.#write(this.#cutoff)); tries++) {}
    return true
  }

  /** Deletes expired rows until there are none or `isStopped` says so. Throws StorageError. */
  async clean(isStopped: () => boolean): Promise<void> {
    const { storage, guard, now, pause } = this.#options
    if (!guard.isSteady()) return
    const last = await storage.findLastExpiry(now() - keptExpired)
    if (last === undefined) return
    // The cutoff first: a row that is gone must not have been the last to know. A clock that is ahead raises it no further than that.
    if (last > this.#cutoff && !(await this.#write(Math.ceil(last)))) return
    for (let count = 0; count < mostBatches && !isStopped(); count++) {
      if ((await storage.deleteExpired(last, batch)) < batch) return
      await pause(batchPause)
    }
  }

  async #read() {
    const found = await this.#options.storage.of(systemTenant).of(cleanings).find(id)
    this.#cutoff = Math.max(this.#cutoff, found?.value.floor ?? 0)
    return found
  }

  /** Answers false when another process wrote in the same moment; it then did the same. */
  async #write(cutoff: number): Promise<boolean> {
    const records = this.#options.storage.of(systemTenant).of(cleanings)
    const found = await this.#read()
    const value = { floor: Math.max(cutoff, this.#cutoff), last_seen: this.#options.now() }
    const isWritten = await writeOver(records, found, { id, value })
    if (isWritten) this.#cutoff = value.floor
    return isWritten
  }
}
