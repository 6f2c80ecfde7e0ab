import type { Platform } from '../../platform/platform.ts'
import { type SqliteConnection, SqliteError } from '../../platform/sqlite-connection.ts'
import { StorageError } from '../storage.ts'
import { applicationId } from './application-id.ts'
import { explainSqlite } from './sqlite.ts'

type SnapshotHost = Pick<Platform, 'files' | 'sqlite'>

/** What a copy of a database has in it. */
export interface SnapshotFacts {
  readonly schema: number
  /** The ids of all tenants that have a row, sorted. */
  readonly tenants: readonly string[]
}

/** The longest time (ms) that a command waits for a process that repairs or closes the file. */
const longestWait = 5000

/**
 * Copies the database at `path`, as it is at one moment, into the empty file `copy`; servers may go on writing. Changes nothing of the
 * database, whose schema may be older. Throws StorageError.
 */
export async function snapshotSqlite(path: string, copy: string, host: SnapshotHost): Promise<SnapshotFacts> {
  const facts = await host.files.facts(path)
  if (!facts?.isFile) throw new StorageError(`There is no database ${path}, so there is nothing to back up`)
  await use(path, host, async (connection) => {
    checkOurs(connection, path)
    await connection.copyTo(copy)
  })
  return adoptSqlite(copy, host)
}

/**
 * Makes a copy ready for use under its path, and returns what is in it. Throws StorageError if the copy is damaged, or of another program.
 */
export function adoptSqlite(copy: string, host: SnapshotHost): Promise<SnapshotFacts> {
  return use(copy, host, (connection) => {
    checkOurs(connection, copy)
    const [verdict] = connection.all('pragma integrity_check(1)', [])
    const found = String(Object.values(verdict ?? {})[0])
    if (found !== 'ok') throw new SqliteError('corrupt', `the file is malformed: ${found}`)
    connection.execute('pragma journal_mode = wal')
    const [schema] = connection.all('select max(version) as version from grantd_schema', [])
    const tenants = connection.all(
      "select distinct tenant from grantd_records where tenant <> '' order by tenant",
      [],
    )
    return { schema: Number(schema?.['version']), tenants: tenants.map(({ tenant }) => String(tenant)) }
  })
}

/** Throws StorageError while a process has the database open. A database that SQLite cannot read is open nowhere: its server refuses it. */
export async function checkUnused(path: string, host: SnapshotHost): Promise<void> {
  try {
    await use(path, host, (connection) => {
      connection.execute('pragma busy_timeout = 200')
      connection.execute('pragma locking_mode = exclusive')
      connection.execute('begin exclusive')
      connection.execute('rollback')
    })
  } catch (cause) {
    const kind =
      cause instanceof StorageError && cause.cause instanceof SqliteError ? cause.cause.kind : 'other'
    if (kind === 'corrupt') return
    if (kind !== 'busy') throw cause
    throw new StorageError(
      `The database ${path} is in use; stop the server and every command that has it open`,
      { cause },
    )
  }
}

async function use<T>(
  path: string,
  { sqlite }: SnapshotHost,
  work: (connection: SqliteConnection) => T | Promise<T>,
): Promise<T> {
  let connection: SqliteConnection | undefined
  try {
    connection = sqlite.open(path)
    connection.execute(`pragma busy_timeout = ${longestWait}`)
    return await work(connection)
  } catch (cause) {
    throw explainSqlite(cause, path)
  } finally {
    connection?.close()
  }
}

function checkOurs(connection: SqliteConnection, path: string): void {
  const [found] = connection.all('pragma application_id', [])
  const id = Number(Object.values(found ?? {})[0])
  if (id !== applicationId) throw new StorageError(`${path} is no database of grantd (application_id ${id})`)
}
