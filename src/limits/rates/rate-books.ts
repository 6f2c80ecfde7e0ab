import { BoundedMap } from '../../bounded-map.ts'
import type { Platform } from '../../platform/platform.ts'
import { lost, untilWritten, writeOver } from '../../storage/compare-and-swap.ts'
import type { Storage } from '../../storage/storage.ts'
import { RateCount } from './rate-count.ts'
import { usedAt } from './rate-level.ts'
import { rateCounts } from './rate-row.ts'

export interface RateBooksOptions extends Pick<Platform, 'after' | 'now'> {
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
/** Counts of a tenant that are shared; those that used the greatest part of their rate. */
const mostShared = 500
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
  readonly #writing = new Map<string, Promise<unknown>>()
  #cancel: (() => void) | undefined
  #isUrgent = false
  #lastWrite = Number.NEGATIVE_INFINITY
  #failures = 0

  constructor(options: RateBooksOptions) {
    this.#options = options
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
    this.#counts.set(key, count)
    return count
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
    return this.#share(unknown.tenantId).then(() => undefined)
  }

  #willShare(count: RateCount): boolean {
    this.#wait(count)
    return this.#writing.has(count.tenantId) || this.#waiting.get(count.tenantId)?.has(count) === true
  }

  /** Writes all waiting counts; never throws. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#isUrgent = false
    this.#lastWrite = this.#options.now()
    const tenants = [...this.#waiting.keys()].slice(0, rowsAtOnce)
    await Promise.all(tenants.map((tenantId) => this.#share(tenantId)))
    if (this.#waiting.size > 0) this.#schedule(false)
  }

  #wait(count: RateCount): void {
    const waiting = this.#waiting.get(count.tenantId)
    if (waiting) {
      if (waiting.size < mostShared) waiting.add(count)
    } else if (this.#waiting.size < mostWaiting) this.#waiting.set(count.tenantId, new Set([count]))
  }

  #schedule(isUrgent: boolean): void {
    const { after, now } = this.#options
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
  #share(tenantId: string): Promise<unknown> {
    const before = this.#writing.get(tenantId) ?? Promise.resolve()
    const after = before.then(() => this.#write(tenantId))
    this.#writing.set(tenantId, after)
    return after.finally(() => {
      if (this.#writing.get(tenantId) === after) this.#writing.delete(tenantId)
    })
  }

  async #write(tenantId: string): Promise<void> {
    const now = this.#options.now()
    const waiting = [...(this.#waiting.get(tenantId) ?? [])]
    this.#waiting.delete(tenantId)
    const taken = waiting
      .map((count) => ({ count, units: count.takeFresh(now) }))
      .filter(({ units }) => units !== 0)
    if (taken.length === 0) return
    try {
      await this.#addToRow(tenantId, taken)
      this.#failures = 0
    } catch (cause) {
      for (const { count } of taken) {
        count.giveBackFresh()
        this.#wait(count)
      }
      if (this.#failures++ === 0) this.#options.onError(cause)
      this.#schedule(false)
    }
  }

  async #addToRow(tenantId: string, taken: readonly Taken[]): Promise<void> {
    const { storage, now, id, findStoredNames } = this.#options
    const nameOf = (await findStoredNames?.()) ?? ((name: string) => name)
    const records = storage.of(tenantId).of(rateCounts)
    await untilWritten(async () => {
      const found = await records.find(id)
      const at = now()
      const levels = readLevels(found?.value.counts ?? {}, at)
      const sums = taken.map(({ count, units }) => addTo(levels, nameOf(count.name), { count, units }))
      const value = { counts: packLevels(levels, at) }
      // Each level of a usual rate is empty by then.
      if (!(await writeOver(records, found, { id, value, expiresAt: at + longestLife }))) return lost
      for (const [index, { count }] of taken.entries()) count.adopt(sums[index] ?? 0, at)
      return undefined
    })
  }
}

/** Milliseconds after which a row that nobody writes is deleted. */
const longestLife = 10 * 60_000

interface Taken {
  readonly count: RateCount
  readonly units: number
}

type Packed = Readonly<Record<string, readonly [used: number, at: number, perMinute: number]>>
type Levels = Map<string, { used: number; perMinute: number }>

function isPart(fresh: number, part: number, { perMinute }: RateCount): boolean {
  return fresh >= Math.max(1, perMinute * part)
}

/** The levels at `now`; empty ones are left out. */
function readLevels(packed: Packed, now: number): Levels {
  const levels: Levels = new Map()
  for (const [name, [used, at, perMinute]] of Object.entries(packed)) {
    const left = usedAt({ used, at }, perMinute, now)
    if (left > 0) levels.set(name, { used: left, perMinute })
  }
  return levels
}

function addTo(levels: Levels, name: string, { count, units }: Taken): number {
  const { perMinute } = count
  const used = Math.max(0, (levels.get(name)?.used ?? 0) + units)
  levels.set(name, { used, perMinute })
  return used
}

function packLevels(levels: Levels, now: number): Record<string, [number, number, number]> {
  const most = [...levels]
    .sort(([, a], [, b]) => b.used / b.perMinute - a.used / a.perMinute)
    .slice(0, mostShared)
  return Object.fromEntries(
    most.map(([name, { used, perMinute }]) => [name, [Math.round(used * 1000) / 1000, now, perMinute]]),
  )
}
