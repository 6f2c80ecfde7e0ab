import { isDamaged, type ListedRecord, type Storage, type TenantStorage } from '../storage/storage.ts'
import { unchecked } from '../storage/unchecked.ts'
import { walkRows } from '../storage/walk-rows.ts'
import { idOf, numberOf } from './audit-chain.ts'
import { type AuditEntry, auditEvents } from './audit-row.ts'

export interface ReadAuditOptions {
  /** The page begins after the event with this number; default: with the first event that is kept. */
  readonly after?: number
  /** The most events of the page. */
  readonly limit: number
  /** Only events of these types; default: all. */
  readonly types?: readonly string[]
}

export interface AuditPage {
  /** In the order in which they were written. */
  readonly events: readonly AuditEntry[]
  /** The `after` of the next page; undefined on the last page. */
  readonly next: number | undefined
  /** The ids of damaged rows in this range. Their events are not on the page. */
  readonly damaged: readonly string[]
}

/** Reads the audit trails, with every event that was written by now. */
export interface AuditReader {
  /** See {@link readAudit}; an event that cannot be brought into the trail is left out. Throws StorageError. */
  read(tenant: string, options: ReadAuditOptions): Promise<AuditPage>
}

/** Events that are read for one page of some types. If there are more, the search goes on with the next page. */
const mostLookedThrough = 5000
/** Rows per read. A row has from 1 to 128 events. */
const rowsAtOnce = 20

/**
 * A page of the audit trail of a tenant. With `types` it may have fewer events than `limit`, even none, and not be the last. Events of
 * a damaged row are left out, and the row is named. Throws StorageError.
 */
export async function readAudit(
  storage: Storage,
  tenant: string,
  { after = 0, limit, types }: ReadAuditOptions,
): Promise<AuditPage> {
  const records = storage.of(tenant).of(auditEvents)
  const page: AuditEntry[] = []
  const damaged: string[] = []
  let at = after
  for (let seen = 0; seen < mostLookedThrough; ) {
    const from = at
    const rows = await records.list({ after: idOf(at), limit: rowsAtOnce })
    for (const row of rows) {
      if (isDamaged(row)) {
        damaged.push(row.id)
        at = Math.max(at, numberOf(row.id) ?? at)
        continue
      }
      for (const event of row.value.events) {
        if (event.number <= at) continue
        at = event.number
        seen++
        if (!types || types.includes(event.type)) page.push(event)
        if (page.length === limit) return { events: page, next: at, damaged }
      }
    }
    if (rows.length < rowsAtOnce || at === from) return { events: page, next: undefined, damaged }
  }
  return { events: page, next: at, damaged }
}

const largestPage = 50

/** Every row of a trail with events after the number `after`, unchecked. */
export async function* walkTrail(trail: TenantStorage, after = 0): AsyncGenerator<ListedRecord<unknown>> {
  const from = after === 0 ? '' : idOf(after)
  for await (const rows of walkRows(trail.of(unchecked(auditEvents)), {
    after: from,
    pageSize: largestPage,
  })) {
    yield* rows
  }
}
