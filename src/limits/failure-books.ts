import type { Platform } from '../platform/platform.ts'
import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import type { Storage } from '../storage/storage.ts'
import { type CountRules, FailureBook, isForgotten, type NewFailures, ruleOf } from './failure-book.ts'
import { addFailures, type FailureCount } from './failure-count.ts'
import { hasWrite, type NumberedWrite, nameWriter, noteWrite } from './last-writes.ts'
import { failureCounts } from './limit-row.ts'

export interface FailureBooksOptions extends Pick<Platform, 'after' | 'now' | 'randomBytes'> {
  readonly storage: Storage
  readonly rules: CountRules
  /** Called when the storage cannot be used; the counts are kept for the next try. */
  readonly onError: (cause: unknown) => void
}

/** The id of the only row of each tenant. */
const id = 'counts'
/** Milliseconds between two writes of this process. A crash loses the failures since the last one, and replicas learn of them that late. */
const pause = 250
/** Milliseconds that a first failure waits for others, to be written with them. */
const shortPause = 10
/** Milliseconds between two tries while the storage is away. */
const longestPause = 30_000
/** Rows of one write: an attack on many tenants must not cause one write for each failure. */
const rowsAtOnce = 100
/** Counts in memory, at some hundred bytes each. Counts that are dropped are in the storage, if they could be written. */
const mostCounts = 100_000
const mostBooks = 5000

/** The failures of every tenant: counted in memory at once, shared with other processes by one row for each tenant. */
export class FailureBooks {
  readonly #options: FailureBooksOptions
  /** In the order of their last failure, the oldest first. */
  readonly #books = new Map<string, FailureBook>()
  /** Tenants whose book has something to write. */
  readonly #waiting = new Set<string>()
  readonly #writer: string
  #writes = 0
  #cancel: (() => void) | undefined
  #isWriting = false
  #lastWrite = Number.NEGATIVE_INFINITY
  #flushing: Promise<void> = Promise.resolve()
  #failures = 0

  constructor(options: FailureBooksOptions) {
    this.#options = options
    this.#writer = nameWriter(options.randomBytes)
  }

  /** Returns undefined when this process knows of no recent failure at this tenant. */
  find(tenantId: string): FailureBook | undefined {
    const book = this.#books.get(tenantId)
    if (!book?.isOver(this.#options.now())) return book
    this.#books.delete(tenantId)
    return undefined
  }

  /** Returns the book of a tenant, to count a failure in it. */
  open(tenantId: string): FailureBook {
    const book = this.#books.get(tenantId) ?? new FailureBook(this.#options.rules)
    this.#books.delete(tenantId)
    this.#books.set(tenantId, book)
    this.#waiting.add(tenantId)
    this.#schedule()
    return book
  }

  /** Writes all waiting books; never throws. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#flushing = this.#flushing.then(() => this.#writeSome())
    return this.#flushing
  }

  /** During a write nothing is planned: the end of the write plans the next. */
  #schedule(): void {
    if (this.#isWriting) return
    const { after, now } = this.#options
    const since = now() - this.#lastWrite
    const usual = since >= 0 && since < pause ? pause : shortPause
    const delay = this.#failures > 0 ? Math.min(longestPause, pause * 2 ** this.#failures) : usual
    this.#cancel ??= after(delay, () => void this.flush())
  }

  async #writeSome(): Promise<void> {
    this.#isWriting = true
    this.#lastWrite = this.#options.now()
    const tenants = [...this.#waiting].slice(0, rowsAtOnce)
    for (const tenantId of tenants) this.#waiting.delete(tenantId)
    const outcomes = await Promise.all(tenants.map((tenantId) => this.#writeBook(tenantId)))
    const failed = outcomes.filter((cause) => cause !== undefined)
    if (failed.length === 0) this.#failures = 0
    else if (this.#failures++ === 0) this.#options.onError(failed[0])
    this.#letGo()
    this.#isWriting = false
    if (this.#waiting.size > 0) this.#schedule()
  }

  /** Returns the error if the book cannot be written. */
  async #writeBook(tenantId: string): Promise<unknown> {
    const book = this.#books.get(tenantId)
    if (!book) return undefined
    try {
      // What may have been written has to be settled first.
      for (let left = book.isUnsure ? 2 : 1; left > 0 && book.hasNew; left--) {
        const { number, failures } = book.beginWrite(() => ++this.#writes)
        book.adopt(await this.#addToRow(tenantId, failures, { writer: this.#writer, number }))
      }
      return undefined
    } catch (cause) {
      this.#waiting.add(tenantId)
      return cause
    }
  }

  /** Drops the books of the tenants whose last failure is the longest ago. */
  #letGo(): void {
    let counts = 0
    for (const { size } of this.#books.values()) counts += size
    for (const [tenantId, { size }] of this.#books) {
      if (counts <= mostCounts && this.#books.size <= mostBooks) return
      this.#books.delete(tenantId)
      this.#waiting.delete(tenantId)
      counts -= size
    }
  }

  /** Adds failures to the counts of all processes, once, and returns the sum. Throws StorageError. */
  #addToRow(
    tenantId: string,
    added: ReadonlyMap<string, NewFailures>,
    write: NumberedWrite,
  ): Promise<ReadonlyMap<string, FailureCount>> {
    const { storage, rules, now } = this.#options
    const records = storage.of(tenantId).of(failureCounts)
    return untilWritten(async () => {
      const found = await records.find(id)
      const before = readCounts(found?.value.counts ?? {})
      if (hasWrite(found?.value.writes, write)) return before
      const counts = addAll(before, added, { rules, now: now() })
      const value = {
        counts: Object.fromEntries([...counts].map(([place, count]) => [place, pack(count)])),
        writes: noteWrite(found?.value.writes, write),
      }
      // Every count is forgotten by that time.
      const expiresAt = now() + 3 * rules.tenant.longest
      return (await writeOver(records, found, { id, value, expiresAt })) ? counts : lost
    })
  }
}

function addAll(
  counts: Map<string, FailureCount>,
  added: ReadonlyMap<string, NewFailures>,
  { rules, now }: { rules: CountRules; now: number },
): ReadonlyMap<string, FailureCount> {
  for (const [place, count] of counts) {
    if (isForgotten(count, ruleOf(place, rules), now)) counts.delete(place)
  }
  for (const [place, { failures, at }] of added) {
    counts.set(place, addFailures(counts.get(place), failures, { at, rule: ruleOf(place, rules) }))
  }
  return counts
}

type Packed = Readonly<Record<string, readonly [failures: number, at: number]>>

function readCounts(packed: Packed): Map<string, FailureCount> {
  return new Map(Object.entries(packed).map(([place, [failures, at]]) => [place, { failures, at }]))
}

function pack({ failures, at }: FailureCount): [number, number] {
  return [Math.round(failures * 100) / 100, at]
}
