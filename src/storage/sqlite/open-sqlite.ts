import { FileError } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import { type SqliteConnection, SqliteError } from '../../platform/sqlite-connection.ts'
import { knownSchema, migrate } from '../migrate.ts'
import { type SqlDatabase, sql } from '../sql.ts'
import { StorageError, StorageRefusedError } from '../storage.ts'
import { applicationId, checkApplicationId } from './application-id.ts'
import { leaveCleanShutdown, takeCleanShutdown } from './clean-shutdown.ts'
import { checkDatabaseFile, wantedFolder } from './database-file.ts'
import { markerOf, markerText } from './database-marker.ts'
import { insideTransaction } from './inside-transaction.ts'
import { removeLeftovers } from './leftovers.ts'
import { explainSqlite, SqliteDatabase } from './sqlite.ts'
import { SqliteFiles } from './sqlite-files.ts'

export type SqliteHost = Pick<Platform, 'files' | 'sqlite' | 'after' | 'nextTurn' | 'monotonic' | 'now'>

/** Larger files (bytes) are not checked as a whole at the start. */
const largestFullCheck = 256 * 1024 * 1024

/**
 * Opens the SQLite file at `path`, and creates it if there was never one. Throws {@link StorageRefusedError} for a file that was removed,
 * is broken, or belongs to another program or a newer grantd. Never puts another file in its place.
 */
export async function openSqlite(path: string, host: SqliteHost): Promise<SqlDatabase> {
  try {
    await host.files.makePrivateFolder(host.files.folderOf(path))
    const names = await host.files.list(host.files.folderOf(path))
    await removeLeftovers(path, names, host)
    await finishRestore(path, names, host)
    if (!(await checkDatabaseFile(path, host))) await create(path, host)
    const isChecked = await takeCleanShutdown(path, host.files)
    const database = await connect(path, { isChecked, host })
    // Notes that a database exists, because an empty database in its place would have no revocations.
    if (!(await host.files.facts(markerOf(path)))) await host.files.createPrivate(markerOf(path), markerText)
    return database
  } catch (cause) {
    throw explainOpening(cause, path)
  }
}

/** Finishes a restore that was killed after everything was there. */
async function finishRestore(path: string, names: readonly string[], host: SqliteHost): Promise<void> {
  if (!names.includes('grantd.restore')) return
  const folder = host.files.folderOf(path)
  const { placeRestored, withRestoreLock } = await import('./restored-files.ts')
  await withRestoreLock(folder, host, () => placeRestored(folder, host))
}

/** Creates the file under another name and renames it, so that a killed start does not leave an incomplete database. */
async function create(path: string, host: SqliteHost): Promise<void> {
  await host.files.createPrivateWith(path, async (temporary) => {
    const connection = host.sqlite.open(temporary)
    try {
      connection.execute(`pragma application_id = ${applicationId}`)
      connection.execute('pragma journal_mode = wal')
      connection.execute('begin immediate')
      await migrate(inTransaction(connection), path)
      connection.execute('commit')
    } finally {
      connection.close()
    }
  })
}

/** The longest time (ms) that a call waits for other processes inside SQLite, on the event loop. */
const waits = {
  /** The wait may be long, because no request is served yet. Another process may be closing the file, or repairing it after a crash. */
  opening: 2000,
  /** Readers wait only for a process that repairs the -wal. */
  reading: 100,
  /** Writers do not wait here. They wait off the event loop; see SqliteDatabase. */
  writing: 0,
} as const

function setWait(connection: SqliteConnection, wait: keyof typeof waits): void {
  connection.execute(`pragma busy_timeout = ${waits[wait]}`)
}

interface Opening {
  /** Whether the file is known to be undamaged. */
  readonly isChecked: boolean
  readonly host: SqliteHost
}

async function connect(path: string, { isChecked, host }: Opening): Promise<SqlDatabase> {
  const identify = (file: string) => identifyNow(file, host)
  const identity = identify(path)
  const writer = host.sqlite.open(path)
  try {
    setWait(writer, 'opening')
    prepare(writer, path)
    if (!isChecked) await checkWhole(writer, path, host)
    const reader = host.sqlite.open(path)
    setWait(reader, 'reading')
    reader.execute('pragma query_only = 1')
    // The file must be the same as before the opening. Otherwise it is not known which of two files is open.
    const files = new SqliteFiles({ path, identify, identity: identity ?? '', monotonic: host.monotonic })
    // Without the note, the next start only takes longer.
    const onClosed = () => leaveCleanShutdown(path, host.files).catch(() => {})
    const database = new SqliteDatabase({ path, writer, reader, host, files, onClosed })
    await migrateIfOld(database, path)
    files.check()
    setWait(writer, 'writing')
    return database
  } catch (cause) {
    writer.close()
    throw cause
  }
}

function identifyNow(path: string, { files }: SqliteHost): string | undefined {
  try {
    return files.identityNow(path)
  } catch (cause) {
    throw explainOpening(cause, path)
  }
}

function prepare(connection: SqliteConnection, path: string): void {
  checkApplicationId(connection, path)
  // A commit is acknowledged when it is on the disk, even if power is lost.
  connection.execute('pragma synchronous = full')
}

async function checkWhole(connection: SqliteConnection, path: string, { files }: SqliteHost): Promise<void> {
  const size = (await files.facts(path))?.size ?? 0
  if (size > largestFullCheck) return
  const [found] = connection.all('pragma quick_check(1)', [])
  const verdict = String(Object.values(found ?? {})[0])
  if (verdict !== 'ok') throw new SqliteError('corrupt', `the file is malformed: ${verdict}`)
}

/** Migrates an older file. A file with the current schema is not locked. Our files always have the table of the schema. */
async function migrateIfOld(database: SqlDatabase, path: string): Promise<void> {
  const [row] = await database.read(sql`select max(version) as version from grantd_schema`)
  if (Number(row?.['version']) === knownSchema.sqlite) return
  await database.transaction((inside) => migrate(inside, path))
}

function inTransaction(connection: SqliteConnection): SqlDatabase {
  return insideTransaction(async ({ parts, values }) => connection.all(parts.join('?'), values))
}

/** Turns errors that a restart cannot fix into StorageRefusedError. A lock or a full disk may be gone at the next start. */
function explainOpening(cause: unknown, path: string): unknown {
  if (cause instanceof FileError) {
    const message = `Cannot open the database ${path}: ${cause.message}; ${wantedFolder}`
    return new StorageRefusedError(message, { cause })
  }
  const explained = explainSqlite(cause, path)
  return explained instanceof StorageError && isLasting(explained.cause)
    ? new StorageRefusedError(explained.message, { cause })
    : explained
}

function isLasting(cause: unknown): boolean {
  return cause instanceof SqliteError && ['corrupt', 'read-only', 'unreachable'].includes(cause.kind)
}
