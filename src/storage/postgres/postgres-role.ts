import type { SqlRow } from '../sql.ts'
import { PostgresFault } from './postgres-fault.ts'

/** Whether a server takes writes (`read-write` in libpq), and its process number for this connection. */
export const roleText = `select pg_is_in_recovery()::int as standby, pg_backend_pid() as pid,
  (current_setting('transaction_read_only') = 'on')::int as read_only`

/** The fault of a server by its answer to {@link roleText}; undefined if the server takes writes. */
export function complaintOfRole(row: SqlRow | undefined): string | undefined {
  if (row?.['standby'] !== 0) return 'is a standby, which only reads'
  return row['read_only'] === 0 ? undefined : 'only reads'
}

/**
 * Changes the statement `text` so that it fails on a read-only server, because a standby learns of a revocation later than its
 * primary. The condition names no column, so the server evaluates it first, and even without rows.
 */
export function guardRead(text: string): string {
  return `select * from (${text}) as guarded where (select 1 / (case
    when pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' then 0 else 1 end)) = 1`
}

/** Whether the fault is the division by zero of {@link guardRead}. */
export function isGuardFault(cause: unknown): boolean {
  return cause instanceof PostgresFault && cause.code === '22012'
}

/** The cluster of a server, and how many times a standby of the cluster was promoted. */
export interface Lineage {
  /** The identifier of the cluster. */
  readonly system: string
  readonly timeline: number
}

/** Postgres answers this query. Other servers with its protocol may fail. */
export const lineageText = `select (select system_identifier::text from pg_control_system()) as system,
  pg_walfile_name(pg_current_wal_lsn()) as file`

export function readLineage(row: SqlRow | undefined): Lineage | undefined {
  // The first eight digits of the name of a WAL file.
  const timeline = Number.parseInt(String(row?.['file']).slice(0, 8), 16)
  return Number.isNaN(timeline) ? undefined : { system: String(row?.['system']), timeline }
}

/** Whether a server of lineage `a` became outdated when the one of `b` was promoted. */
export function isOlder(a: Lineage, b: Lineage): boolean {
  return a.system === b.system && a.timeline < b.timeline
}
