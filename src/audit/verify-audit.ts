import { cleanings } from '../maintenance/cleaning-row.ts'
import type { Hashing } from '../platform/hashing.ts'
import {
  DamagedRowError,
  isDamaged,
  type ListedRecord,
  onlyReadable,
  type Storage,
  type StoredRecord,
  systemTenant,
  type TenantStorage,
} from '../storage/storage.ts'
import { unchecked } from '../storage/unchecked.ts'
import { beginning, type ChainEnd, eventsOf, hashOf, isChainEnd, numberOf, readHead } from './audit-chain.ts'
import { type AuditEntry, auditEvents } from './audit-row.ts'
import { walkTrail } from './audit-trail.ts'

export interface VerifyAuditOptions {
  readonly tenant: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly hashing: Hashing
}

export interface AuditVerdict {
  readonly ok: boolean
  /** How many events are kept. */
  readonly events: number
  /** Numbers of the first and of the last event that are kept; undefined if there is none. */
  readonly first: number | undefined
  readonly last: number | undefined
  /** The hash of the last event. A copy of it kept elsewhere proves later that nothing up to this event was changed. */
  readonly hash: string | undefined
  /** The faults, as at most a hundred sentences; empty if there is none. */
  readonly complaints: readonly string[]
}

const mostComplaints = 100

/**
 * Walks the whole trail of a tenant and reports missing or altered events, expiries and heads. Servers may write and delete meanwhile.
 * Throws StorageError.
 */
export async function verifyAudit(storage: Storage, options: VerifyAuditOptions): Promise<AuditVerdict> {
  const trail = storage.of(options.tenant)
  const due = async () => Math.max(options.now(), await findCutoff(storage))
  const walk = new Walk(trail, { ...options, due })
  const headBefore = await readHead(trail)
  for await (const row of walkTrail(trail)) await walk.meet(row, headBefore?.value)
  await walk.end(headBefore?.value, await readHead(trail))
  return walk.verdict()
}

/** The time up to which expired rows were deleted. The process that deleted them may have had a clock that is ahead of ours. */
async function findCutoff(storage: Storage): Promise<number> {
  const rows = await storage.of(systemTenant).of(cleanings).list({ limit: 10 })
  return Math.max(0, ...onlyReadable(rows).map(({ value }) => value.floor))
}

interface WalkOptions extends VerifyAuditOptions {
  /** Rows that expired by then (ms) may be gone. */
  readonly due: () => Promise<number>
}

/** An event that the walk has read. */
interface Met extends ChainEnd {
  /** The id of its row. */
  readonly row: string
}

class Walk {
  readonly #trail: TenantStorage
  readonly #options: WalkOptions
  readonly #complaints: string[] = []
  #events = 0
  #first: number | undefined
  #last: Met | undefined
  #metHead = false

  constructor(trail: TenantStorage, options: WalkOptions) {
    this.#trail = trail
    this.#options = options
  }

  verdict(): AuditVerdict {
    return {
      ok: this.#complaints.length === 0,
      events: this.#events,
      first: this.#first,
      last: this.#last?.number,
      hash: this.#last?.hash,
      complaints: this.#complaints,
    }
  }

  #complain(sentence: string): void {
    if (this.#complaints.length < mostComplaints) this.#complaints.push(sentence)
  }

  async meet(row: ListedRecord<unknown>, head: unknown): Promise<void> {
    const isWhole = !isDamaged(row) && numberOf(row.id) !== undefined
    const events = isWhole ? eventsOf(row.value) : undefined
    if (!isWhole || !events) {
      this.#complain(`After event ${this.#last?.number ?? 0} comes a row that holds no events`)
      return
    }
    for (const event of events) await this.#meetEvent(event, { row, head })
    const { id, version, usedAt, parent } = row
    const isUntouched = version === 1 && usedAt === null && parent === null
    if (numberOf(id) !== this.#last?.number || !isUntouched) {
      this.#complain(`The row ${id}, which ends with event ${this.#last?.number}, was altered`)
    }
  }

  async #meetEvent(
    event: unknown,
    { row, head }: { row: StoredRecord<unknown>; head: unknown },
  ): Promise<void> {
    const before = this.#last ?? beginning
    const { number: told, tenant, reason, prev_hash, prev_expires } = readMembers(event)
    const number = typeof told === 'number' && Number.isSafeInteger(told) ? told : before.number + 1
    if (told !== number) this.#complain(`Event ${number} was altered: it has no number`)
    if (tenant !== this.#options.tenant) {
      this.#complain(`Event ${number} was altered, or moved here: it says that it is of '${String(tenant)}'`)
    }
    if (reason === 'head_missing' || reason === 'head_altered') {
      this.#complain(`Event ${number} notes ${reason}: events before it may have been removed`)
    }
    await this.#checkLink({ number, prev_hash, prev_expires }, before)
    const met = {
      row: row.id,
      number,
      hash: hashOf(event, this.#options.hashing),
      expires_at: row.expiresAt ?? Number.POSITIVE_INFINITY,
    }
    if (isChainEnd(head) && head.number === number) this.#checkHead(head, met)
    this.#events++
    this.#first ??= number
    this.#last = met
  }

  /** Checks that the event follows the one before. */
  async #checkLink({ number, prev_hash, prev_expires }: Link, before: ChainEnd): Promise<void> {
    if (number === before.number + 1) {
      if (prev_hash !== before.hash) {
        const pair =
          number === 1 ? 'Event 1 was altered' : `Event ${number - 1} or event ${number} was altered`
        this.#complain(`${pair}: the one does not follow on the other`)
      } else if (prev_expires !== before.expires_at) {
        this.#complain(`The expiry of event ${number - 1} was altered`)
      }
      return
    }
    if (number <= before.number) {
      this.#complain(`Event ${number} comes after event ${before.number}`)
      return
    }
    const missing = renderRange(before.number + 1, number - 1)
    if (this.#last && !(await this.#isGone(this.#last))) this.#complain(missing)
    else if (typeof prev_expires !== 'number' || prev_expires > (await this.#options.due())) {
      this.#complain(`${missing}: the last of them was to be kept until ${renderTime(prev_expires)}`)
    }
  }

  /** Whether retention has deleted the event since the walk read it. */
  async #isGone({ row, expires_at }: Met): Promise<boolean> {
    if (expires_at > (await this.#options.due())) return false
    try {
      return (await this.#trail.of(unchecked(auditEvents)).find(row)) === undefined
    } catch (cause) {
      if (cause instanceof DamagedRowError) return false
      throw cause
    }
  }

  #checkHead(head: ChainEnd, met: Met): void {
    this.#metHead = true
    if (head.hash !== met.hash) this.#complain(`The last event, ${met.number}, or the head was altered`)
    else if (head.expires_at !== met.expires_at)
      this.#complain(`The expiry of event ${met.number} was altered`)
  }

  /** Checks the head after all events. */
  async end(before: unknown, after: StoredRecord<unknown> | undefined): Promise<void> {
    const last = this.#last
    const head = after?.value
    if (!isChainEnd(head)) {
      if (after || last) this.#complain(`The head is ${after ? 'altered' : 'missing'}`)
      return
    }
    if (head.number < (last?.number ?? 0)) {
      this.#complain(`The head is altered: it says that the last event is ${head.number}`)
    }
    // The last events may have been written after the walk began, so it must reach the head as it was then.
    const wanted = isChainEnd(before) ? before : head
    const isAllGone = last === undefined && wanted.expires_at <= (await this.#options.due())
    if (wanted.number > (last?.number ?? 0) && !isAllGone) {
      this.#complain(`${renderRange((last?.number ?? 0) + 1, wanted.number)} at the end`)
    }
    if (after?.expiresAt !== null) this.#complain('The head is altered: it expires')
    const isChecked = this.#metHead && wanted.number === head.number
    if (last?.number === head.number && !isChecked) this.#checkHead(head, last)
  }
}

interface Link {
  readonly number: number
  readonly prev_hash: unknown
  readonly prev_expires: unknown
}

function readMembers(event: unknown): { readonly [name in keyof AuditEntry]?: unknown } {
  return typeof event === 'object' && event !== null ? { ...event } : {}
}

function renderRange(from: number, to: number): string {
  return from === to ? `Event ${from} is missing` : `Events ${from} to ${to} are missing`
}

function renderTime(moment: unknown): string {
  const date = new Date(typeof moment === 'number' ? moment : Number.NaN)
  return Number.isNaN(date.getTime()) ? 'not told' : date.toISOString()
}
