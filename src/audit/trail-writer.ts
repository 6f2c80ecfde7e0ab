import { type Log, renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { NewRecord, Storage } from '../storage/storage.ts'
import type { WaitingEvent } from './audit-entry.ts'
import {
  bucketOf,
  buildJournalRows,
  type SettleOptions,
  settleBucket,
  settleForgotten,
  writeJournal,
} from './audit-journal.ts'
import { appendGroups, type Groups, groupByTenant } from './event-groups.ts'
import { JournalBook } from './journal-book.ts'
import { KnownHeads } from './known-heads.ts'

export interface TrailWriterOptions extends Pick<Platform, 'now' | 'hashing' | 'randomBytes'> {
  readonly storage: Storage
  readonly log: Log
  readonly retainSeconds: number
}

/** A tenant with as many events in one batch is worth a row of its trail. */
const enoughForRow = 4
/** A tenant with as many is worth moving what its bucket has in the journal first, others' too. */
const enoughToSettle = 32
/** Tenants with fewer than `enoughForRow` in one batch; when there are more of them, their events go by the journal. */
const mostLone = 32
/** Milliseconds after which a row of the journal is nobody's: whoever wrote it, however busy, would have moved it. */
const forgottenAfter = 900_000
/** Reasons why events could not be moved that are told. */
const mostTold = 100

/**
 * Brings events into the trails of their tenants: those of a tenant that has several at once, the others by the journal. Whoever
 * calls it waits for one call to end before the next.
 */
export class TrailWriter {
  readonly #options: TrailWriterOptions
  readonly #appending: SettleOptions & { readonly heads: KnownHeads }
  readonly #journal = new JournalBook()
  /** Why events could not be moved: each is told once, for it is met again and again. */
  readonly #told = new Set<string>()
  #batches = 0

  constructor(options: TrailWriterOptions) {
    const { hashing, retainSeconds } = options
    this.#options = options
    this.#appending = { hashing, retain: retainSeconds * 1000, heads: new KnownHeads() }
  }

  /** All of the batch or nothing of it. Throws StorageError, and AppendConflict when another process wrote in the same moment. */
  async write(batch: readonly WaitingEvent[]): Promise<void> {
    const groups = groupByTenant(batch)
    const lone = this.#findLone(groups)
    const own = lone.size === 0 ? groups : groups.filter((group) => !lone.has(group))
    // What these tenants have in the journal comes before what they get now.
    for (const [tenant] of own) if (this.#journal.holds(tenant)) await this.settle(tenant)
    const events = [...lone].flatMap(([, ofOne]) => ofOne)
    const rows = buildJournalRows(events, {
      ...this.#options,
      ...this.#appending,
      batch: this.#batches++,
    })
    await this.#commit(own, rows)
    this.#journal.note(rows, this.#options.now())
  }

  /** Those that go by the journal. */
  #findLone(groups: Groups): ReadonlySet<Groups[number]> {
    const areMany = groups.filter(([, { length }]) => length < enoughForRow).length > mostLone
    const isLone = ([tenant, { length }]: Groups[number]) =>
      (areMany && length < enoughForRow) || (length < enoughToSettle && this.#journal.holds(tenant))
    return new Set(groups.filter(isLone))
  }

  async #commit(groups: Groups, rows: readonly NewRecord<unknown>[]): Promise<void> {
    const { heads } = this.#appending
    try {
      const written = await this.#options.storage.transaction(async (inside) => {
        await writeJournal(inside, rows)
        return appendGroups(inside, groups, this.#appending)
      })
      heads.remember(written)
    } catch (cause) {
      // Whether it was committed is not always known.
      heads.forget(groups.map(([tenant]) => tenant))
      throw cause
    }
  }

  /** In how many milliseconds there may be something to move; undefined when nothing waits. */
  findDelay({ isBusy }: { readonly isBusy: boolean }): number | undefined {
    return this.#journal.findDelay(this.#options.now(), { isBusy })
  }

  /** Moves what has waited longest, when it is due; a busy server waits for a quieter moment. Never rejects. */
  async settleDue({ isBusy }: { readonly isBusy: boolean }): Promise<void> {
    const bucket = this.#journal.findDue(this.#options.now(), { isBusy })
    if (bucket !== undefined) await this.#settle(bucket)
  }

  /** Moves what the journal has of a tenant into its trail, as far as it can be. Never rejects. */
  settle(tenant: string): Promise<void> {
    return this.#settle(bucketOf(tenant))
  }

  /** What cannot be moved now stays in the journal, and others come first. */
  async #settle(bucket: string): Promise<void> {
    const { storage, log, now } = this.#options
    try {
      await settleBucket(storage, bucket, this.#appending)
      this.#journal.strike(bucket)
    } catch (cause) {
      this.#journal.putOff(bucket, now())
      const reason = renderCause(cause)
      if (this.#told.has(reason) || this.#told.size >= mostTold) return
      this.#told.add(reason)
      log('warn', 'audit events wait in the journal: they could not be moved', { reason })
    }
  }

  /** Moves what processes left in the journal that have ended. Throws StorageError. */
  settleForgotten(): Promise<void> {
    const { storage, hashing, now, retainSeconds } = this.#options
    const before = now() - forgottenAfter
    return settleForgotten(storage, { hashing, retain: retainSeconds * 1000, before })
  }
}
