import { type Log, renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditEvent, AuditEventType, AuditSink } from '../protocol/audit-events.ts'
import { type NewRecord, type Storage, StorageError } from '../storage/storage.ts'
import { AppendConflict } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'
import {
  bucketOf,
  buildJournalRows,
  type SettleOptions,
  settleBucket,
  settleForgotten,
  writeJournal,
} from './audit-journal.ts'
import { JournalBook } from './journal-book.ts'
import { appendGroups, type Groups, groupByTenant, KnownHeads } from './known-heads.ts'
import { RefusalLimit } from './refusal-limit.ts'

export interface AuditLogOptions extends Pick<Platform, 'now' | 'hashing' | 'after' | 'randomBytes'> {
  readonly storage: Storage
  readonly log: Log
  readonly retainSeconds: number
  /** False: nothing is recorded. Default true. */
  readonly enabled?: boolean
  /** Whether the server has better things to do than to put its records in order. Default: never. */
  readonly isBusy?: () => boolean
  /** Events that are not kept; `audit.gap` is kept all the same. */
  readonly skip?: readonly AuditEventType[]
}

/** Milliseconds from an event to the write that it is in: what a crash can lose. */
const pause = 500
/** As many are written before the pause is over. */
const enough = 1000
/**
 * Events of one transaction. More would keep the event loop for longer than a few milliseconds, for SQLite works on it; fewer
 * would have it wait for the disk more often. A pause inside would keep other writers out meanwhile.
 */
const largestBatch = 1000
/** Events that wait while the storage is away; those beyond are counted and not kept. */
const mostWaiting = 10_000
/** Milliseconds between two tries while the storage is away. */
const longestPause = 30_000
/** One failure alone is what many replicas that write to one trail in the same moment see. */
const failuresToTell = 2
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
/** Tries when another process wrote in the same moment. */
const mostTries = 5

/** Writes events to the audit trail of their tenants, many at once and later, so that no request waits for it. */
export class AuditLog implements AuditSink {
  readonly #options: AuditLogOptions
  readonly #skipped: ReadonlySet<AuditEventType>
  #isOpen: boolean
  readonly #limit = new RefusalLimit()
  #waiting: WaitingEvent[] = []
  readonly #heads = new KnownHeads()
  readonly #journal = new JournalBook()
  #cancelSettling: (() => void) | undefined
  /** Why events could not be moved: each is told once, for it is met again and again. */
  readonly #told = new Set<string>()
  /** By tenant, how many found no room. */
  readonly #lost = new Map<string, number>()
  /** Times that the storage failed, one after the other. */
  #failures = 0
  #flushes = 0
  #batches = 0
  #writing: Promise<void> = Promise.resolve()
  #cancelTimer: (() => void) | undefined

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#isOpen = options.enabled ?? true
    this.#skipped = new Set(options.skip)
  }

  record(event: AuditEvent): void {
    if (!this.#isOpen || this.#skipped.has(event.type)) return
    const time = this.#options.now()
    for (const each of this.#limit.admit(event, time)) this.#push(each, time)
    if (this.#flushes === 0 && this.#waiting.length > 0) this.#schedule()
  }

  #push(event: AuditEvent, time: number): void {
    if (this.#waiting.length >= mostWaiting) this.#refuse(event.tenant)
    else this.#waiting.push({ event, time })
  }

  /** Resolves once all that was recorded by now is written, or the storage has refused it; never rejects. */
  flush(): Promise<void> {
    this.#stopTimer()
    this.#flushes++
    this.#writing = this.#writing.then(async () => {
      await this.#writeAll()
      this.#flushes--
      if (this.#flushes === 0 && this.#waiting.length > 0) this.#schedule()
    })
    return this.#writing
  }

  /** Takes no more events and writes what is left, once; never rejects. */
  async close(): Promise<void> {
    if (this.#isOpen) for (const event of this.#limit.finish()) this.#push(event, this.#options.now())
    this.#isOpen = false
    await this.flush()
    this.#stopTimer()
    this.#cancelSettling?.()
    const events = this.#waiting.length + [...this.#lost.values()].reduce((sum, count) => sum + count, 0)
    if (events > 0) this.#options.log('error', 'audit events are lost: they could not be written', { events })
  }

  #schedule(): void {
    if (!this.#isOpen) return
    if (this.#failures === 0 && this.#waiting.length >= enough) void this.flush()
    else this.#cancelTimer ??= this.#options.after(this.#delay(), () => void this.flush())
  }

  #delay(): number {
    return Math.min(longestPause, pause * 2 ** this.#failures)
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  /** Writes what waits by now. What comes meanwhile is left for the next time, for else each few would be a commit. */
  async #writeAll(): Promise<void> {
    for (let left = this.#waiting.length; left > 0; ) {
      // They stay until they are written.
      const batch = this.#waiting.slice(0, Math.min(left, largestBatch))
      const outcome = await this.#tryWriting(batch)
      if (outcome === 'kept') return
      this.#waiting.splice(0, batch.length)
      left -= batch.length
      if (outcome === 'written') left += this.#admitGaps()
    }
  }

  async #tryWriting(batch: readonly WaitingEvent[]): Promise<'written' | 'kept' | 'lost'> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#write(batch)
        if (this.#failures >= failuresToTell) this.#options.log('info', 'audit events are written again')
        this.#failures = 0
        return 'written'
      } catch (cause) {
        if (cause instanceof AppendConflict && tries < mostTries) continue
        if (cause instanceof StorageError) return this.#keep(cause)
        // A fault of ours would be met again at each try, and nothing would be written any more.
        this.#options.log('error', 'audit events are lost: they could not be written', {
          events: batch.length,
          reason: renderCause(cause),
        })
        for (const { event } of batch) this.#countLost(event.tenant)
        return 'lost'
      }
    }
  }

  #keep(cause: StorageError): 'kept' {
    this.#failures++
    if (this.#failures === failuresToTell) {
      const reason = renderCause(cause)
      this.#options.log('error', 'audit events cannot be written; they wait in memory', { reason })
    }
    return 'kept'
  }

  async #write(batch: readonly WaitingEvent[]): Promise<void> {
    const groups = groupByTenant(batch)
    const lone = this.#findLone(groups)
    const own = lone.size === 0 ? groups : groups.filter((group) => !lone.has(group))
    // What these tenants have in the journal comes before what they get now.
    for (const [tenant] of own) if (this.#journal.holds(tenant)) await this.#settle(bucketOf(tenant))
    const events = [...lone].flatMap(([, ofOne]) => ofOne)
    const rows = buildJournalRows(events, {
      ...this.#options,
      ...this.#appending,
      batch: this.#batches++,
    })
    await this.#commit(own, rows)
    this.#journal.note(rows, this.#options.now())
    this.#planSettling()
  }

  /** Those that go by the journal. */
  #findLone(groups: Groups): ReadonlySet<Groups[number]> {
    const areMany = groups.filter(([, { length }]) => length < enoughForRow).length > mostLone
    const isLone = ([tenant, { length }]: Groups[number]) =>
      (areMany && length < enoughForRow) || (length < enoughToSettle && this.#journal.holds(tenant))
    return new Set(groups.filter(isLone))
  }

  get #appending(): SettleOptions & { readonly heads: KnownHeads } {
    const { hashing, retainSeconds } = this.#options
    return { hashing, retain: retainSeconds * 1000, heads: this.#heads }
  }

  #planSettling(isBusy = false): void {
    const { now, after } = this.#options
    const delay = this.#journal.findDelay(now(), { isBusy })
    if (delay === undefined || this.#cancelSettling || !this.#isOpen) return
    this.#cancelSettling = after(delay, () => {
      this.#cancelSettling = undefined
      this.#writing = this.#writing.then(() => this.#settleOldest())
    })
  }

  async #settleOldest(): Promise<void> {
    const isBusy = this.#options.isBusy?.() ?? false
    const bucket = this.#isOpen ? this.#journal.findDue(this.#options.now(), { isBusy }) : undefined
    if (bucket !== undefined) await this.#settle(bucket)
    this.#planSettling(isBusy)
  }

  /** Never rejects: what cannot be moved now stays in the journal, and others come first. */
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

  /** See AuditSink. */
  async settle(tenant: string): Promise<void> {
    const turn = this.#writing.then(() => this.#settle(bucketOf(tenant)))
    this.#writing = turn
    await turn
  }

  /** Moves what processes left in the journal that have ended. Throws StorageError. */
  settleForgotten(): Promise<void> {
    const { storage, hashing, now, retainSeconds } = this.#options
    const before = now() - forgottenAfter
    return settleForgotten(storage, { hashing, retain: retainSeconds * 1000, before })
  }

  async #commit(groups: Groups, rows: readonly NewRecord<unknown>[]): Promise<void> {
    const { storage } = this.#options
    try {
      const heads = await storage.transaction(async (inside) => {
        await writeJournal(inside, rows)
        return appendGroups(inside, groups, this.#appending)
      })
      this.#heads.remember(heads)
    } catch (cause) {
      // Whether it was committed is not always known.
      this.#heads.forget(groups.map(([tenant]) => tenant))
      throw cause
    }
  }

  #refuse(tenant: string): void {
    if (this.#lost.size === 0) {
      const waiting = this.#waiting.length
      this.#options.log('error', 'audit events are lost: too many wait to be written', { waiting })
    }
    this.#countLost(tenant)
  }

  #countLost(tenant: string): void {
    this.#lost.set(tenant, (this.#lost.get(tenant) ?? 0) + 1)
  }

  /** Puts an event in the place of those that found no room; answers how many there are of these. */
  #admitGaps(): number {
    const gaps = [...this.#lost].slice(0, mostWaiting - this.#waiting.length)
    for (const [tenant, count] of gaps) {
      const detail = { events: String(count) }
      const event: AuditEvent = {
        type: 'audit.gap',
        tenant,
        outcome: 'success',
        reason: 'no_room',
        detail,
      }
      this.#waiting.push({ event, time: this.#options.now() })
      this.#lost.delete(tenant)
    }
    return gaps.length
  }
}
