import { type Log, renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import {
  DamagedRowError,
  type NewRecord,
  type Storage,
  StorageError,
  systemTenant,
} from '../storage/storage.ts'
import { unchecked } from '../storage/unchecked.ts'
import { eventsOf, hashOf, idOf, type KnownHead } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'
import {
  bucketOf,
  buildJournalRows,
  type SettleOptions,
  settleBucket,
  settleForgotten,
  writeJournal,
} from './audit-journal.ts'
import { auditEvents, auditJournal } from './audit-row.ts'
import { appendGroups, type Groups, groupByTenant } from './event-groups.ts'
import { JournalBook } from './journal-book.ts'
import { KnownHeads } from './known-heads.ts'

export interface TrailWriterOptions extends Pick<Platform, 'now' | 'hashing' | 'randomBytes'> {
  readonly storage: Storage
  readonly log: Log
  readonly retainSeconds: number
}

/** A tenant with at least this many events in one batch gets a row in its own trail. */
const enoughForRow = 4
/** For a tenant with at least this many events in one batch, its bucket is moved from the journal first. */
const enoughToSettle = 32
/** If more tenants than this have fewer than `enoughForRow` events in one batch, their events go to the journal. */
const mostLone = 32
/** Milliseconds after which a journal row is an orphan, because even a busy process would have moved it by then. */
const forgottenAfter = 900_000
/** The most different reasons that are logged. */
const mostTold = 100

/**
 * Writes events into the trails of their tenants: directly for a tenant that has several at once, through the journal for the others.
 * Callers wait for one call to end before the next.
 */
export class TrailWriter {
  readonly #options: TrailWriterOptions
  readonly #appending: SettleOptions & { readonly heads: KnownHeads }
  readonly #journal = new JournalBook()
  /** Reasons that were logged. Each is logged once, because it repeats. */
  readonly #told = new Set<string>()
  #batches = 0
  #unsure: UnsureBatch | undefined

  constructor(options: TrailWriterOptions) {
    this.#options = options
    this.#appending = {
      hashing: options.hashing,
      get retain() {
        return options.retainSeconds * 1000
      },
      heads: new KnownHeads(),
    }
  }

  /** The number of events of the last batch if it is not known whether they were written. The next batch has to be the same. */
  get unsure(): number | undefined {
    return this.#unsure?.events
  }

  /**
   * Writes all of the batch or nothing; nothing more if it was written and the answer of the storage was lost. Throws StorageError, and
   * AppendConflict if another process wrote at the same moment.
   */
  async write(batch: readonly WaitingEvent[]): Promise<void> {
    const isWritten = this.#unsure && (await isThere(this.#unsure, this.#options))
    if (isWritten) this.#journal.note(this.#unsure?.journal ?? [], this.#options.now())
    this.#unsure = undefined
    if (isWritten) return
    const groups = groupByTenant(batch)
    const lone = this.#findLone(groups)
    const own = lone.size === 0 ? groups : groups.filter((group) => !lone.has(group))
    // Events that wait in the journal come before the new ones.
    for (const [tenant] of own) if (this.#journal.holds(tenant)) await this.settle(tenant)
    const events = [...lone].flatMap(([, ofOne]) => ofOne)
    const rows = buildJournalRows(events, {
      ...this.#options,
      ...this.#appending,
      batch: this.#batches++,
    })
    await this.#commit(own, rows, batch.length)
    this.#journal.note(rows, this.#options.now())
  }

  /** The groups that go to the journal. */
  #findLone(groups: Groups): ReadonlySet<Groups[number]> {
    const areMany = groups.filter(([, { length }]) => length < enoughForRow).length > mostLone
    const isLone = ([tenant, { length }]: Groups[number]) =>
      (areMany && length < enoughForRow) || (length < enoughToSettle && this.#journal.holds(tenant))
    return new Set(groups.filter(isLone))
  }

  async #commit(groups: Groups, journal: readonly NewRecord<unknown>[], events: number): Promise<void> {
    const { heads } = this.#appending
    let unsure: UnsureBatch | undefined
    try {
      const written = await this.#options.storage.transaction(async (inside) => {
        unsure = undefined
        await writeJournal(inside, journal)
        const trails = await appendGroups(inside, groups, this.#appending)
        unsure = { events, journal, trails }
        return trails
      })
      heads.remember(written)
    } catch (cause) {
      // It is not always known whether the transaction was committed.
      if (cause instanceof StorageError) this.#unsure = unsure
      heads.forget(groups.map(([tenant]) => tenant))
      throw cause
    }
  }

  /** Milliseconds until there may be something to move; undefined if nothing waits. */
  findDelay({ isBusy }: { readonly isBusy: boolean }): number | undefined {
    return this.#journal.findDelay(this.#options.now(), { isBusy })
  }

  /** Moves the oldest bucket if it is due; a busy server waits. Never rejects. */
  async settleDue({ isBusy }: { readonly isBusy: boolean }): Promise<void> {
    const bucket = this.#journal.findDue(this.#options.now(), { isBusy })
    if (bucket !== undefined) await this.#settle(bucket)
  }

  /** Moves the journal's events of a tenant into its trail, as far as possible. Never rejects. */
  settle(tenant: string): Promise<void> {
    return this.#settle(bucketOf(tenant))
  }

  /** A bucket that cannot be moved stays in the journal, and others come first. */
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

  /** Moves the journal events of processes that have ended. Throws StorageError. */
  settleForgotten(): Promise<void> {
    const { storage, hashing, now, retainSeconds } = this.#options
    const before = now() - forgottenAfter
    return settleForgotten(storage, { hashing, retain: retainSeconds * 1000, before })
  }
}

/** A batch that may have been written. */
interface UnsureBatch {
  /** How many it has. */
  readonly events: number
  readonly journal: readonly NewRecord<unknown>[]
  /** The heads of the trails after it. */
  readonly trails: readonly (readonly [tenant: string, head: KnownHead])[]
}

/** Whether the batch was written: one transaction has all of its rows. Throws StorageError. */
async function isThere(
  { trails, journal }: UnsureBatch,
  { storage, hashing }: Pick<TrailWriterOptions, 'storage' | 'hashing'>,
): Promise<boolean> {
  const [trail] = trails
  const [row] = journal
  try {
    if (!trail)
      return (
        row !== undefined &&
        (await storage.of(systemTenant).of(unchecked(auditJournal)).find(row.id)) !== undefined
      )
    const [tenant, { end }] = trail
    const found = await storage.of(tenant).of(unchecked(auditEvents)).find(idOf(end.number))
    return found !== undefined && hashOf(eventsOf(found.value)?.at(-1), hashing) === end.hash
  } catch (cause) {
    if (cause instanceof DamagedRowError) return false
    throw cause
  }
}
