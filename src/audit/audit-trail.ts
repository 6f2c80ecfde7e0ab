import { type AuditEntry, auditEvents } from '../storage/records.ts'
import type { Storage, StoredRecord, TenantStorage } from '../storage/storage.ts'
import { idOf, listAsFound, numberOf } from './audit-chain.ts'

export interface ReadAuditOptions {
  /** The number of the event to go on after; default: from the first that is kept. */
  readonly after?: number
  /** The most events of the page. */
  readonly limit: number
  /** Events of these types alone; default: all. */
  readonly types?: readonly string[]
}

export interface AuditPage {
  /** In the order in which they were written. */
  readonly events: readonly AuditEntry[]
  /** What to give as `after` for the next page; undefined when this one reaches the end. */
  readonly next: number | undefined
}

/** Events that are looked through for one page of some types; more of them take more pages. */
const mostLookedThrough = 5000
/** A row has one event or many. */
const rowsAtOnce = 20

/**
 * A page of the audit trail of a tenant. With `types` it may hold fewer than `limit`, even none, and not be the last.
 * Throws StorageError for a row that is not what grantd writes.
 */
export async function readAudit(
  storage: Storage,
  tenant: string,
  { after = 0, limit, types }: ReadAuditOptions,
): Promise<AuditPage> {
  const records = storage.of(tenant).of(auditEvents)
  const page: AuditEntry[] = []
  let at = after
  for (let seen = 0; seen < mostLookedThrough; ) {
    const rows = await records.list({ after: idOf(at), limit: rowsAtOnce })
    const events = rows.flatMap(({ value }) => value.events).filter(({ number }) => number > at)
    for (const event of events) {
      at = event.number
      if (!types || types.includes(event.type)) page.push(event)
      if (page.length === limit) return { events: page, next: at }
    }
    if (rows.length < rowsAtOnce || events.length === 0) return { events: page, next: undefined }
    seen += events.length
  }
  return { events: page, next: at }
}

/** A row of a trail, whatever is in it; undefined in the place of one or more that cannot be read at all. */
export type FoundRow = StoredRecord<unknown> | undefined

const largestPage = 50

/** Every row of a trail with events after the number `after`, whatever is in it, a few of them at a time. */
export async function* walkTrail(trail: TenantStorage, after = 0): AsyncGenerator<FoundRow> {
  let at = after === 0 ? '' : idOf(after)
  for (let limit = largestPage; ; ) {
    const rows = await listAsFound(trail, { after: at, limit })
    if (rows) {
      yield* rows
      const last = rows.at(-1)
      if (!last) return
      at = last.id
      limit = Math.min(largestPage, limit * 2)
    } else if (limit > 1) {
      limit = Math.ceil(limit / 4)
    } else {
      yield undefined
      const readable = await findReadable(trail, at)
      if (readable === undefined) return
      at = readable
    }
  }
}

/** An id after `at` from which on reading works again; undefined when there is none. */
async function findReadable(trail: TenantStorage, at: string): Promise<string | undefined> {
  const from = at === '' ? 0 : (numberOf(at) ?? Number.POSITIVE_INFINITY)
  for (let step = 1; ; step *= 2) {
    const id = idOf(from + step)
    if (numberOf(id) === undefined) return undefined
    if (await listAsFound(trail, { after: id, limit: 1 })) return id
  }
}
