import { renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditEvent, AuditEventType, AuditSink } from '../protocol/audit-events.ts'
import { StorageError } from '../storage/storage.ts'
import { AppendConflict } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'
import { type AuditPage, type AuditReader, type ReadAuditOptions, readAudit } from './audit-trail.ts'
import { RefusalLimit } from './refusal-limit.ts'
import { TrailWriter, type TrailWriterOptions } from './trail-writer.ts'

export interface AuditLogOptions extends TrailWriterOptions, Pick<Platform, 'after'> {
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
/** Tries when another process wrote in the same moment. */
const mostTries = 5

/**
 * Takes events for the audit trails and has them written, many at once and later, so that no request waits for it: when that is,
 * and what becomes of them while it cannot be. How they are written: {@link TrailWriter}.
 */
export class AuditLog implements AuditSink, AuditReader {
  readonly #options: AuditLogOptions
  readonly #skipped: ReadonlySet<AuditEventType>
  #isOpen: boolean
  readonly #limit = new RefusalLimit()
  #waiting: WaitingEvent[] = []
  readonly #trails: TrailWriter
  #cancelSettling: (() => void) | undefined
  /** By tenant, how many found no room. */
  readonly #lost = new Map<string, number>()
  /** Times that the storage failed, one after the other. */
  #failures = 0
  #flushes = 0
  #writing: Promise<void> = Promise.resolve()
  #cancelTimer: (() => void) | undefined

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#trails = new TrailWriter(options)
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
        await this.#trails.write(batch)
        this.#planSettling()
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

  #planSettling(isBusy = false): void {
    const delay = this.#trails.findDelay({ isBusy })
    if (delay === undefined || this.#cancelSettling || !this.#isOpen) return
    this.#cancelSettling = this.#options.after(delay, () => {
      this.#cancelSettling = undefined
      this.#writing = this.#writing.then(() => this.#settleDue())
    })
  }

  async #settleDue(): Promise<void> {
    const isBusy = this.#options.isBusy?.() ?? false
    if (this.#isOpen) await this.#trails.settleDue({ isBusy })
    this.#planSettling(isBusy)
  }

  async read(tenant: string, options: ReadAuditOptions): Promise<AuditPage> {
    const turn = this.#writing.then(() => this.#trails.settle(tenant))
    this.#writing = turn
    await turn
    return readAudit(this.#options.storage, tenant, options)
  }

  /** See {@link TrailWriter.settleForgotten}. */
  settleForgotten(): Promise<void> {
    return this.#trails.settleForgotten()
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
