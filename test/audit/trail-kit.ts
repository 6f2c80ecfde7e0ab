import { join } from 'node:path'
import type { TUnknown } from '@sinclair/typebox'
import { AuditLog, type AuditLogOptions } from '../../src/audit/audit-log.ts'
import { type AuditEntry, auditEvents } from '../../src/audit/audit-row.ts'
import { type AuditVerdict, verifyAudit } from '../../src/audit/verify-audit.ts'
import type { LogFields } from '../../src/log.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import type { AuditEvent } from '../../src/protocol/audit-events.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { openPostgres } from '../../src/storage/postgres/postgres.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { onlyReadable, type RecordKind, type Storage } from '../../src/storage/storage.ts'
import { unchecked } from '../../src/storage/unchecked.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
import { withTempFolder } from '../support/temp-folder.ts'

export const platform = bunPlatform()
export const { hashing } = platform

/** 2030-01-01T00:00:00Z, where the clock of every trail starts. */
export const start = 1_893_456_000_000
export const day = 86_400_000
/** How long the events of the kit are kept. */
export const retain = 90 * day

/** Every store, each new and empty for the time of `work`. */
export const stores: readonly (readonly [
  string,
  (work: (storage: Storage) => Promise<void>) => Promise<void>,
])[] = [
  ['memory', (work) => work(createMemoryStorage())],
  [
    'sqlite',
    (work) =>
      withTempFolder(async (folder) => {
        const storage = new SqlStorage(await openSqlite(join(folder, 'grantd.db'), platform))
        try {
          await work(storage)
        } finally {
          await storage.close()
        }
      }),
  ],
  [
    'postgres',
    async (work) => {
      const url = await (await sharedPostgres()).createDatabase()
      const storage = new SqlStorage(await openPostgres({ url, ...longTimes }))
      try {
        await work(storage)
      } finally {
        await storage.close()
      }
    },
  ],
]

/** A timer that rings when it is told to. */
export interface ManualTimer {
  readonly after: AuditLogOptions['after']
  /** The milliseconds of the timer that runs; undefined when none does. */
  readonly delay: () => number | undefined
  readonly ring: () => void
}

function manualTimer(): ManualTimer {
  let running: { delay: number; callback: () => void } | undefined
  return {
    after: (delay, callback) => {
      running = { delay, callback }
      return () => {
        running = undefined
      }
    },
    delay: () => running?.delay,
    ring: () => {
      const { callback } = running ?? {}
      running = undefined
      callback?.()
    },
  }
}

export interface Trail {
  readonly audit: AuditLog
  readonly timer: ManualTimer
  readonly log: { level: string; message: string; fields: LogFields | undefined }[]
  /** Milliseconds; to be set. */
  time: number
}

/** An AuditLog over a storage, with a clock and a timer that stand still. */
export function openTrail(storage: Storage, options: Partial<AuditLogOptions> = {}): Trail {
  const timer = manualTimer()
  const trail = { timer, log: [] as Trail['log'], time: start }
  const audit = new AuditLog({
    storage,
    hashing,
    randomBytes: platform.randomBytes,
    now: () => trail.time,
    after: timer.after,
    log: (level, message, fields) => trail.log.push({ level, message, fields }),
    retainSeconds: retain / 1000,
    ...options,
  })
  return Object.assign(trail, { audit })
}

/** An event of the tenant `acme` that can be told from others. */
export function eventOf(number: number, changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    type: 'token.issued',
    tenant: 'acme',
    outcome: 'success',
    client: 'billing',
    detail: { mark: String(number) },
    ...changes,
  }
}

/** Writes events to the trail of a tenant, `rows` rows of `inRow` each. */
export async function fill(storage: Storage, { rows = 3, inRow = 3, tenant = 'acme' } = {}): Promise<Trail> {
  const trail = openTrail(storage)
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < inRow; at++) trail.audit.record(eventOf(row * inRow + at + 1, { tenant }))
    await trail.audit.flush()
    trail.time += 1000
  }
  return trail
}

export function verify(storage: Storage, { tenant = 'acme', now = start } = {}): Promise<AuditVerdict> {
  return verifyAudit(storage, { tenant, now: () => now, hashing })
}

/** The events that are kept, in their order. */
export async function entriesOf(storage: Storage, tenant = 'acme'): Promise<readonly AuditEntry[]> {
  const rows = onlyReadable(await storage.of(tenant).of(auditEvents).list({ limit: 100_000 }))
  return rows.flatMap(({ value }) => value.events)
}

/** The marks of the events that are kept. */
export async function marksOf(storage: Storage, tenant = 'acme'): Promise<readonly (string | undefined)[]> {
  return (await entriesOf(storage, tenant)).map(({ detail }) => detail?.['mark'])
}

interface TamperedRow {
  id: string
  value: unknown
  expiresAt: number | null
}

/** Changes a row as somebody with a shell on the database would: nothing else tells that it was. */
export async function tamper(
  storage: Storage,
  place: { readonly id: string; readonly kind?: RecordKind<TUnknown>; readonly tenant?: string },
  change: (row: TamperedRow) => TamperedRow | undefined,
): Promise<void> {
  const records = storage.of(place.tenant ?? 'acme').of(place.kind ?? unchecked(auditEvents))
  const found = await records.find(place.id)
  if (!found) throw new Error(`There is no row ${place.id}`)
  const { id, value, expiresAt } = found
  await records.delete(id)
  const changed = change({ id, value, expiresAt })
  if (changed) await records.create(changed)
}
