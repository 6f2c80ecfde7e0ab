import { renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditEvent, AuditEventType, AuditSink } from '../protocol/audit-events.ts'
import { StorageError } from '../storage/storage.ts'
import { AppendConflict } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'
import { type AuditPage, type AuditReader, type ReadAuditOptions, readAudit } from './audit-trail.ts'
import { RefusalLimit } from './refusal-limit.ts'
import { TrailWriter, type TrailWriterOptions } from './trail-writer.ts'

/** `enabled`, `skip` and `retainSeconds` are read at each use. */
export interface AuditLogOptions extends TrailWriterOptions, Pick<Platform, 'after'> {
  /** False: nothing is recorded. Default true. */
  readonly enabled?: boolean
  /** Whether the server is too busy to move events from the journal. Default: never. */
  readonly isBusy?: () => boolean
  /** Events that are not recorded. `audit.gap` always is. */
  readonly skip?: readonly AuditEventType[]
}

/** What became of the events since the start, for metrics. */
export interface AuditState {
  /** Events that are not written yet. */
  readonly waiting: number
  /** The age (ms) of the oldest of them; 0 without any. */
  readonly lag: number
  readonly lost: number
  /** Attempts to write that failed. */
  readonly failures: number
}

/** Milliseconds from an event to its write. A crash loses the events of this time. */
const pause = 500
/** This many waiting events are written at once, before the pause is over. */
const enough = 1000
/**
 * Events of one transaction. More would block the event loop for more than a few milliseconds, because SQLite works on it. Fewer would
 * mean more waits for the disk. A pause inside the transaction would keep other writers out.
 */
const largestBatch = 1000
/** Events that wait while the storage is away. Further events are counted, not kept. */
const mostWaiting = 10_000
/** The longest pause (ms) between two attempts while the storage is away. */
const longestPause = 30_000
/** A single failure is normal where many replicas write to one trail at the same moment. */
const failuresToTell = 2
/** Attempts when another process wrote at the same moment. */
const mostTries = 5

/**
 * Collects audit events and writes them in batches, so that no request waits. This class decides when events are written, and what
 * happens while the storage is away; {@link TrailWriter} decides how. Other rooms call only `record` and know nothing of the journal.
 */
export class AuditLog implements AuditSink, AuditReader {
  readonly #options: AuditLogOptions
  #isOpen = true
  readonly #limit = new RefusalLimit()
  #waiting: WaitingEvent[] = []
  readonly #trails: TrailWriter
  #cancelSettling: (() => void) | undefined
  /** The number of events that were dropped because the list was full, by tenant. */
  readonly #lost = new Map<string, number>()
  /** Failures of the storage in a row. */
  #failures = 0
  #totalFailures = 0
  #totalLost = 0
  #flushes = 0
  #writing: Promise<void> = Promise.resolve()
  #cancelTimer: (() => void) | undefined

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#trails = new TrailWriter(options)
  }

  get state(): AuditState {
    const [oldest] = this.#waiting
    return {
      waiting: this.#waiting.length,
      lag: oldest ? Math.max(0, this.#options.now() - oldest.time) : 0,
      lost: this.#totalLost,
      failures: this.#totalFailures,
    }
  }

  record(event: AuditEvent): void {
    const { enabled = true, skip } = this.#options
    if (!this.#isOpen || !enabled || skip?.includes(event.type)) return
    const time = this.#options.now()
    for (const each of this.#limit.admit(event, time)) this.#push(each, time)
    if (this.#flushes === 0 && this.#waiting.length > 0) this.#schedule()
  }

  #push(event: AuditEvent, time: number): void {
    if (this.#waiting.length >= mostWaiting) this.#refuse(event.tenant)
    else this.#waiting.push({ event, time })
  }

  /** Resolves once all events so far are written, or the storage has failed; never rejects. */
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

  /** Takes no more events, and tries once to write the rest; never rejects. */
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

  /** Writes the events that wait now. Later events wait for the next write, because otherwise every few of them would be a commit. */
  async #writeAll(): Promise<void> {
    for (let left = this.#waiting.length; left > 0; ) {
      // The events stay in the list until they are written.
      const batch = this.#waiting.slice(0, this.#trails.unsure ?? Math.min(left, largestBatch))
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
        // An error in our code would repeat at each attempt, and nothing would be written any more.
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
    this.#totalFailures++
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
    this.#totalLost++
    this.#lost.set(tenant, (this.#lost.get(tenant) ?? 0) + 1)
  }

  /** Adds an `audit.gap` for each tenant whose events were dropped. Returns how many it added. */
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
