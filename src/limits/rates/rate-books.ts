import { FreshRun } from '../../async/fresh-run.ts'
import { BoundedMap } from '../../bounded-map.ts'
import type { Platform } from '../../platform/platform.ts'
import { lost, untilWritten, writeOver } from '../../storage/compare-and-swap.ts'
import type { Storage } from '../../storage/storage.ts'
import { hasWrite, nameWriter, noteWrite } from '../last-writes.ts'
import { RateCount } from './rate-count.ts'
import { usedAt } from './rate-level.ts'
import { addLevel, type Levels, packLevels, readLevels } from './rate-levels.ts'
import { rateCounts } from './rate-row.ts'

export interface RateBooksOptions extends Pick<Platform, 'after' | 'now' | 'randomBytes'> {
  readonly storage: Storage
  /** The id of the rows: the sort of the rate. */
  readonly id: string
  /** Returns the names under which counts are stored. Default: their own. Throws StorageError. */
  readonly findStoredNames?: () => Promise<(name: string) => string>
  /** Called when the storage cannot be used; the counts are kept for the next try. */
  readonly onError: (cause: unknown) => void
}

/** Milliseconds between two writes of this process. */
const pause = 250
/** Milliseconds until a write where many units are fresh, or where there was no write for a while. */
const shortPause = 10
/** Milliseconds between two tries while the storage is away. */
const longestPause = 30_000
/** Rows of one write. */
const rowsAtOnce = 100
/** Counts in memory, at some two hundred bytes each; twice as many at most. A count that is dropped lets its sender begin anew. */
const mostCounts = 25_000
/** Counts of a tenant that wait to be shared. */
const mostShared = 500
/** Rows that are remembered, and their levels, at some hundred bytes each; twice as many at most. */
const mostRows = 1000
const mostLevels = 10_000
/** Tenants whose counts wait to be shared. */
const mostWaiting = 5000

/** Parts of the rate of a minute. A process that used less than `shared` says nothing to the others. */
const parts = { shared: 1 / 32, urgent: 1 / 8, known: 1 / 4 } as const

/** The rates of senders: counted in memory at once, and shared with other processes by one row for each tenant. */
export class RateBooks {
  readonly #options: RateBooksOptions
  readonly #counts = new BoundedMap<RateCount>({ most: mostCounts })
  /** By tenant, the counts to share. */
  readonly #waiting = new Map<string, Set<RateCount>>()
  /** By tenant, its row as it was written last. */
  readonly #shared = new BoundedMap<SharedLevels>({
    most: mostRows,
    weigh: (_, { levels }) => levels.size,
    mostWeight: mostLevels,
  })
  readonly #sharing = new Map<string, FreshRun<void>>()
  /** By tenant, what may have been written. */
  readonly #unsure = new Map<string, RateWrite>()
  readonly #writer: string
  #writes = 0
  #cancel: (() => void) | undefined
  #flushes = 0
  /** Counts the flushes. */
  #round = 0
  #failedRound = 0
  #isUrgent = false
  #lastWrite = Number.NEGATIVE_INFINITY
  #failures = 0

  constructor(options: RateBooksOptions) {
    this.#options = options
    this.#writer = nameWriter(options.randomBytes)
  }

  /** The count of a sender. No id of a tenant has a space in it. */
  open(tenantId: string, name: string, perMinute: number): RateCount {
    const key = `${tenantId} ${name}`
    const known = this.#counts.get(key)
    if (known) {
      known.perMinute = perMinute
      return known
    }
    const count = new RateCount(tenantId, name, perMinute)
    this.#beginAsShared(count)
    this.#counts.set(key, count)
    return count
  }

  /** A sender that is new here may have used its rate at another process. */
  #beginAsShared(count: RateCount): void {
    const shared = this.#shared.get(count.tenantId)
    const level = shared?.levels.get(shared.nameOf(count.name))
    if (!shared || !level) return
    const now = this.#options.now()
    count.adopt(usedAt({ used: level.used, at: shared.at }, level.perMinute, now), now)
  }

  /** Counts a unit at `now` (ms since the epoch). */
  add(count: RateCount, now: number): void {
    count.add(1, now)
    const fresh = count.fresh(now)
    if (!isPart(fresh, parts.shared, count)) return
    this.#wait(count)
    this.#schedule(isPart(fresh, parts.urgent, count))
  }

  /**
   * Shares the counts if the other processes do not know of a quarter of the rate. Until then nothing more of it may be used, or each process
   * would let in all of it at once; who waited has to ask again, because others that waited may have used the next quarter. Undefined: it may be
   * used. While the storage is away, or too many others wait to be shared, each process counts alone.
   */
  settle(counts: readonly RateCount[], now: number): Promise<void> | undefined {
    if (this.#failures > 0) return undefined
    const unknown = counts.find((count) => isPart(count.unknown(now), parts.known, count))
    if (!unknown || !this.#willShare(unknown)) return undefined
    return this.#share(unknown.tenantId)
  }

  #willShare(count: RateCount): boolean {
    this.#wait(count)
    return this.#sharing.has(count.tenantId) || this.#waiting.get(count.tenantId)?.has(count) === true
  }

  /** Writes all waiting counts; never throws. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#isUrgent = false
    this.#lastWrite = this.#options.now()
    const tenants = [...new Set([...this.#unsure.keys(), ...this.#waiting.keys()])].slice(0, rowsAtOnce)
    this.#round++
    this.#flushes++
    await Promise.all(tenants.map((tenantId) => this.#share(tenantId)))
    this.#flushes--
    if (this.#waiting.size + this.#unsure.size > 0) this.#schedule(this.#isUrgent)
  }

  #wait(count: RateCount): void {
    const waiting = this.#waiting.get(count.tenantId)
    if (waiting) {
      if (waiting.size < mostShared) waiting.add(count)
    } else if (this.#waiting.size < mostWaiting) this.#waiting.set(count.tenantId, new Set([count]))
  }

  #schedule(isUrgent: boolean): void {
    const { after, now } = this.#options
    if (this.#flushes > 0) {
      // The end of the write plans the next.
      this.#isUrgent ||= isUrgent
      return
    }
    if (isUrgent && !this.#isUrgent && this.#failures === 0) {
      this.#cancel?.()
      this.#cancel = undefined
    }
    if (this.#cancel) return
    this.#isUrgent = isUrgent
    const since = now() - this.#lastWrite
    const usual = !isUrgent && since >= 0 && since < pause ? pause : shortPause
    const delay = this.#failures > 0 ? Math.min(longestPause, pause * 2 ** this.#failures) : usual
    this.#cancel = after(delay, () => void this.flush())
  }

  /** Of several calls at once for one tenant, each waits for a write that begins after it. */
  async #share(tenantId: string): Promise<void> {
    const sharing = this.#sharing.get(tenantId) ?? new FreshRun(() => this.#write(tenantId))
    this.#sharing.set(tenantId, sharing)
    await sharing.run()
    if (sharing.isIdle && this.#sharing.get(tenantId) === sharing) this.#sharing.delete(tenantId)
  }

  /** Never throws. */
  async #write(tenantId: string): Promise<void> {
    try {
      // What may have been written has to be settled first.
      if (this.#unsure.has(tenantId)) await this.#settleWrite(tenantId)
      if (this.#begin(tenantId)) await this.#settleWrite(tenantId)
    } catch (cause) {
      if (this.#failures === 0) this.#options.onError(cause)
      // Rows that fail together are one failure, or the next try would be much later.
      if (this.#failures === 0 || this.#failedRound !== this.#round) this.#failures++
      this.#failedRound = this.#round
      this.#schedule(false)
    }
  }

  /** Whether there is something to write. */
  #begin(tenantId: string): boolean {
    const now = this.#options.now()
    const counts = [...(this.#waiting.get(tenantId) ?? [])].filter((count) => count.fresh(now) !== 0)
    this.#waiting.delete(tenantId)
    if (counts.length === 0) return false
    for (const count of counts) count.beginWrite(now)
    this.#unsure.set(tenantId, { number: ++this.#writes, counts })
    return true
  }

  async #settleWrite(tenantId: string): Promise<void> {
    const write = this.#unsure.get(tenantId)
    if (!write) return
    await this.#addToRow(tenantId, write)
    this.#unsure.delete(tenantId)
    this.#failures = 0
  }

  async #addToRow(tenantId: string, { number, counts }: RateWrite): Promise<void> {
    const { storage, now, id, findStoredNames } = this.#options
    const nameOf = (await findStoredNames?.()) ?? ((name: string) => name)
    const records = storage.of(tenantId).of(rateCounts)
    const write = { writer: this.#writer, number }
    await untilWritten(async () => {
      const found = await records.find(id)
      const at = now()
      const levels = readLevels(found?.value.counts ?? {}, at)
      const isDone = hasWrite(found?.value.writes, write)
      const sums = counts.map((count) =>
        addLevel(levels, nameOf(count.name), {
          perMinute: count.perMinute,
          units: isDone ? 0 : count.inWriting(at),
        }),
      )
      const value = { counts: packLevels(levels, at), writes: noteWrite(found?.value.writes, write) }
      // Each level of a usual rate is empty by then.
      const row = { id, value, expiresAt: at + longestLife }
      if (!isDone && !(await writeOver(records, found, row))) return lost
      this.#shared.set(tenantId, { levels, at, nameOf })
      for (const [index, count] of counts.entries()) count.adopt(sums[index] ?? 0, at)
      return undefined
    })
  }
}

/** Milliseconds after which a row that nobody writes is deleted. */
const longestLife = 10 * 60_000

/** The row of a tenant at one moment (ms since the epoch). */
interface SharedLevels {
  readonly levels: Levels
  readonly at: number
  /** The name under which a count is stored. */
  readonly nameOf: (name: string) => string
}

/** Counts that are written together. The number is the same each time that is tried. */
interface RateWrite {
  readonly number: number
  readonly counts: readonly RateCount[]
}

function isPart(fresh: number, part: number, { perMinute }: RateCount): boolean {
  return fresh >= Math.max(1, perMinute * part)
}
