import { type Log, renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditEvent, AuditEventType, AuditSink } from '../protocol/audit-events.ts'
import { type Storage, StorageError } from '../storage/storage.ts'
import { AppendConflict, appendEvents, type KnownHead } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'
import { RefusalLimit } from './refusal-limit.ts'

export interface AuditLogOptions extends Pick<Platform, 'now' | 'hashing' | 'after'> {
  readonly storage: Storage
  readonly log: Log
  readonly retainSeconds: number
  /** False: nothing is recorded. Default true. */
  readonly enabled?: boolean
  /** Events that are not kept; `audit.gap` is kept all the same. */
  readonly skip?: readonly AuditEventType[]
}

/** Milliseconds from an event to the write that it is in: what a crash can lose. */
const pause = 500
/** As many are written before the pause is over. */
const enough = 1000
/**
 * What one transaction holds. More would keep the event loop for longer than a few milliseconds, for SQLite works on it;
 * fewer would have it wait for the disk more often. A pause inside would keep other writers out meanwhile.
 */
const largestBatch = { events: 1000, tenants: 200 } as const
/** Events that wait while the storage is away; those beyond are counted and not kept. */
const mostWaiting = 10_000
/** Milliseconds between two tries while the storage is away. */
const longestPause = 30_000
/** One failure alone is what many replicas that write to one trail in the same moment see. */
const failuresToTell = 2
/** Tenants whose heads are remembered, at some 300 bytes each. */
const mostHeads = 20_000
/** Tries when another process wrote in the same moment. */
const mostTries = 5

/** Writes events to the audit trail of their tenants, many at once and later, so that no request waits for it. */
export class AuditLog implements AuditSink {
  readonly #options: AuditLogOptions
  readonly #skipped: ReadonlySet<AuditEventType>
  #isOpen: boolean
  readonly #limit = new RefusalLimit()
  #waiting: WaitingEvent[] = []
  /** By tenant, as this process left them; the oldest first. */
  readonly #heads = new Map<string, KnownHead>()
  /** By tenant, how many found no room. */
  readonly #lost = new Map<string, number>()
  /** Times that the storage failed, one after the other. */
  #failures = 0
  #flushes = 0
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
      const batch = this.#takeBatch(left)
      const outcome = await this.#tryWriting(batch)
      if (outcome === 'kept') return
      this.#waiting.splice(0, batch.length)
      left -= batch.length
      if (outcome === 'written') left += this.#admitGaps()
    }
  }

  /** The first that wait, at most `most`; they stay until they are written. */
  #takeBatch(most: number): readonly WaitingEvent[] {
    const batch = this.#waiting.slice(0, Math.min(most, largestBatch.events))
    const tenants = new Set<string>()
    const end = batch.findIndex(({ event }) => tenants.add(event.tenant).size > largestBatch.tenants)
    return end < 0 ? batch : batch.slice(0, end)
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
    const { storage, hashing, retainSeconds } = this.#options
    const byTenant = Map.groupBy(batch, ({ event }) => event.tenant)
    // In one order everywhere, so that two processes never wait for each other's lock.
    const tenants = [...byTenant].sort(([a], [b]) => (a < b ? -1 : 1))
    const options = { hashing, retain: retainSeconds * 1000 }
    try {
      const heads = await storage.transaction(async (inside) => {
        const written: [string, KnownHead][] = []
        for (const [tenant, events] of tenants) {
          const known = this.#heads.get(tenant)
          written.push([tenant, await appendEvents(inside.of(tenant), events, { ...options, known })])
        }
        return written
      })
      for (const [tenant, head] of heads) this.#remember(tenant, head)
    } catch (cause) {
      // Whether it was committed is not always known.
      for (const [tenant] of tenants) this.#heads.delete(tenant)
      throw cause
    }
  }

  #remember(tenant: string, head: KnownHead): void {
    this.#heads.delete(tenant)
    this.#heads.set(tenant, head)
    const [oldest] = this.#heads.keys()
    if (this.#heads.size > mostHeads && oldest !== undefined) this.#heads.delete(oldest)
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
