import { knownSchema, migrate } from '../migrate.ts'
import { type SqlDatabase, sql } from '../sql.ts'
import { StorageRefusedError } from '../storage.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { PostgresDatabase, runTransaction } from './postgres-database.ts'
import { explainOpening, findFault } from './postgres-fault.ts'
import { PostgresPool, type PostgresPoolOptions } from './postgres-pool.ts'
import { isInSchema, makeSchema } from './postgres-schema.ts'
import { type PostgresTarget, type PostgresUrlOptions, parsePostgresUrl } from './postgres-url.ts'
import { Retries } from './retries.ts'

export interface PostgresOptions extends PostgresUrlOptions, PostgresPoolOptions {}

/** The timeout (ms) of each statement of a migration, and of the wait for another process that migrates. */
const migrationTimeoutMs = 60_000
/** The key of the lock. Other programs of the database are unlikely to use this number. */
const migrationLock = 0x67726e74

/**
 * Connects and updates the schema. Throws {@link StorageRefusedError} for faults that a restart cannot fix: a wrong URL, a wrong user, a
 * foreign table, a newer schema. Throws {@link StorageError} while the server is away.
 */
export async function openPostgres(options: PostgresOptions): Promise<SqlDatabase> {
  const target = parsePostgresUrl(options)
  const pool = new PostgresPool(target, options)
  try {
    await pool.use((connection) => new Retries(isLostRace).run(() => migrateAlone(connection, target)))
    return new PostgresDatabase(pool, target.place)
  } catch (cause) {
    await pool.close()
    const fault = findFault(cause)
    throw fault ? explainOpening(fault, target.place) : cause
  }
}

/**
 * Whether another process created the same table at the same moment. This can happen if the advisory lock does nothing (CockroachDB).
 */
function isLostRace(cause: unknown): boolean {
  const fault = findFault(cause)
  return fault !== undefined && (fault.isConflict || ['42P07', '23505', '42710'].includes(fault.code))
}

function migrateAlone(connection: PostgresConnection, target: PostgresTarget): Promise<void> {
  const { place } = target
  return runTransaction(connection, {
    place,
    // Every statement must see the changes of another process while this one waited for the lock.
    isolation: 'read committed',
    statementTimeoutMs: migrationTimeoutMs,
    work: async (database) => {
      if (await isUpToDate(database, target)) return
      await database.write({ parts: [`set local statement_timeout = ${migrationTimeoutMs}`], values: [] })
      await database.read(sql`select pg_advisory_xact_lock(${migrationLock})`)
      if (!(await isInSchema(database, target))) await makeSchema(database, target)
      checkSchema(await readSchema(database), place)
      await migrate(database, place)
    },
  })
}

async function isUpToDate(database: SqlDatabase, target: PostgresTarget): Promise<boolean> {
  if (!(await isInSchema(database, target))) return false
  const { version, hasRecords } = await readSchema(database)
  return version === knownSchema.postgres && hasRecords
}

interface FoundSchema {
  /** 0: none. */
  readonly version: number
  readonly hasRecords: boolean
}

/**
 * Reads the schema before anything is created, because not every user may run `create table`, not even with `if not exists`. Uses the
 * catalogue, because to_regclass() may return the state from before the lock.
 */
export async function readSchema(database: Pick<SqlDatabase, 'read'>): Promise<FoundSchema> {
  const tables = await database.read(
    sql`select c.relname::text as name from pg_catalog.pg_class c
        where c.relname in ('grantd_schema', 'grantd_records') and pg_catalog.pg_table_is_visible(c.oid)`,
  )
  const has = (table: string) => tables.some(({ name }) => name === table)
  const [row] = has('grantd_schema')
    ? await database.read(sql`select coalesce(max(version), 0) as version from grantd_schema`)
    : []
  return { version: Number(row?.['version'] ?? 0), hasRecords: has('grantd_records') }
}

function checkSchema({ version, hasRecords }: FoundSchema, place: string): void {
  if (hasRecords === version > 0) return
  const [there, missing] = hasRecords
    ? ['grantd_records', 'grantd_schema']
    : ['grantd_schema', 'grantd_records']
  throw new StorageRefusedError(
    `${place} has the table ${there} without what belongs into ${missing}: another program made it, or half a backup was restored; name another database in the URL, or restore a whole backup into an empty one`,
  )
}
