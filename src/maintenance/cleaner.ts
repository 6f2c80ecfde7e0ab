import { writeOver } from '../storage/compare-and-swap.ts'
import { type Storage, systemTenant } from '../storage/storage.ts'
import { cleanings } from './cleaning-row.ts'
import type { ClockGuard } from './clock-guard.ts'

export interface CleanerOptions {
  readonly storage: Storage
  readonly guard: ClockGuard
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Resolves after the given milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>
}

const id = 'floor'
/** An expired row is kept for this time (ms): three times what a clock may be off before the guard distrusts it. See README.md. */
const keptExpired = 15 * 60_000
/** The cutoff is stored this time (ms) before its rows are deleted. Other processes read it every 30 seconds, so they know it by then. */
const cutoffLead = 3 * 60_000
/** Rows that one statement deletes. */
const batch = 500
/** Milliseconds between two statements, so that requests are served meanwhile. */
const batchPause = 50
/** Statements of one call. The next call goes on from there. */
const mostBatches = 100
/** Attempts to write while other processes write at the same time. */
const mostTries = 5
/** Milliseconds after which the current time is stored again. */
const seenEvery = 60_000

/**
 * Deletes expired rows, and stores the latest expiry among them, the cutoff. A token that expired before the cutoff stays expired even if a
 * clock is set back, so deleting its revocation cannot make it valid again.
 */
export class Cleaner {
  readonly #options: CleanerOptions
  #cutoff = 0

  constructor(options: CleanerOptions) {
    this.#options = options
  }

  /** The cutoff (ms since the epoch), which never goes back. A token that expired before it stays expired, because its rows may be deleted. */
  get cutoff(): number {
    return this.#cutoff
  }

  /** Reads the stored cutoff and time, before the first answer. Throws StorageError. */
  async begin(): Promise<void> {
    const found = await this.#read()
    this.#options.guard.compare(found?.value.last_seen, { isStart: true })
  }

  /** Stores the current time if the clock can be trusted. Returns whether it can. Throws StorageError. */
  async see(): Promise<boolean> {
    const { guard, now } = this.#options
    const wasWaiting = guard.isWaiting
    const found = await this.#read()
    // A clock that was right for the required time is trusted, even if it differs from the stored time.
    if (guard.isSteady() && !wasWaiting) guard.compare(found?.value.last_seen, { isStart: false })
    if (!guard.isSteady()) return false
    const lastSeen = found?.value.last_seen ?? Number.NEGATIVE_INFINITY
    const isTold = wasWaiting || Math.abs(now() - lastSeen) >= seenEvery
    for (let tries = 0; isTold && tries < mostTries && !(await this.#write(this.#cutoff)); tries++) {}
    return true
  }

  /** Deletes expired rows until there are none or `isStopped` says so. Throws StorageError. */
  async clean(isStopped: () => boolean): Promise<void> {
    const { storage, guard, pause } = this.#options
    if (!guard.isSteady()) return
    const due = (await this.#readTime()) - keptExpired
    const last = await storage.findLastExpiry(due + cutoffLead)
    if (last === undefined) return
    // The cutoff is stored before the deletion. Otherwise a crash in between could make an expired token valid again. It is the expiry of
    // a row and not the time of the clock, so a clock that is ahead does not raise it further.
    if (last > this.#cutoff && !(await this.#write(Math.ceil(last)))) return
    for (let count = 0; count < mostBatches && !isStopped(); count++) {
      if ((await storage.deleteExpired(Math.min(due, last), batch)) < batch) return
      await pause(batchPause)
    }
  }

  /** The time (ms) that it is at least: by this clock, and by that of a database which others share. */
  async #readTime(): Promise<number> {
    const { storage, guard, now } = this.#options
    const theirs = await storage.readClock()
    return Math.min(now() - guard.doubt, theirs ?? Number.POSITIVE_INFINITY)
  }

  async #read() {
    const found = await this.#options.storage.of(systemTenant).of(cleanings).find(id)
    this.#cutoff = Math.max(this.#cutoff, found?.value.floor ?? 0)
    return found
  }

  /** Returns false when another process wrote at the same time, because it did the same work. */
  async #write(cutoff: number): Promise<boolean> {
    const records = this.#options.storage.of(systemTenant).of(cleanings)
    const found = await this.#read()
    const value = { floor: Math.max(cutoff, this.#cutoff), last_seen: this.#options.now() }
    const isWritten = await writeOver(records, found, { id, value })
    if (isWritten) this.#cutoff = value.floor
    return isWritten
  }
}
