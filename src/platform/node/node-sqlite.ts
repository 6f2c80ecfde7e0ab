import { backup, DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import {
  type Sqlite,
  type SqliteConnection,
  SqliteError,
  type SqliteErrorKind,
} from '../sqlite-connection.ts'

/** SQLite over node:sqlite, which Bun and Deno both have. */
export const nodeSqlite: Sqlite = {
  open(path) {
    const database = attempt(() => new DatabaseSync(path))
    return connect(database)
  },
}

/** The most statements that stay prepared. grantd has fewer different ones. */
const mostPrepared = 200

function connect(database: DatabaseSync): SqliteConnection {
  const prepared = new Map<string, StatementSync>()
  const prepare = (text: string) => {
    const known = prepared.get(text)
    if (known) return known
    const statement = database.prepare(text)
    if (prepared.size >= mostPrepared) prepared.clear()
    prepared.set(text, statement)
    return statement
  }
  return {
    all: (text, values) => attempt(() => allOf(prepare(text), values)),
    execute: (text) => attempt(() => database.exec(text)),
    copyTo: (path) => copyTo(database, path),
    close: () => attempt(() => database.close()),
  }
}

/** `vacuum into` leaves out what was deleted. Deno refuses it unless all of its permissions are given, and then all pages are copied. */
async function copyTo(database: DatabaseSync, path: string): Promise<void> {
  try {
    attempt(() => database.prepare('vacuum into ?').run(path))
  } catch (cause) {
    if (!(cause instanceof SqliteError && cause.message.includes('too many attached databases'))) throw cause
    // In one step: a copy in several begins anew whenever another process writes.
    await backup(database, path, { rate: -1 }).catch(fail)
  }
}

type Rows = ReturnType<SqliteConnection['all']>
type Values = Parameters<SqliteConnection['all']>[1]

/**
 * Returns a 64-bit number that JavaScript cannot represent as the nearest one, which is not a safe integer. So only its own row is
 * damaged.
 */
function allOf(statement: StatementSync, values: Values): Rows {
  try {
    return statement.all(...values) as Rows
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_OUT_OF_RANGE')) throw cause
  }
  statement.setReadBigInts(true)
  try {
    return statement.all(...values).map(withNumbers) as Rows
  } finally {
    statement.setReadBigInts(false)
  }
}

function withNumbers(row: Record<string, SQLOutputValue>): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    return fail(cause)
  }
}

function fail(cause: unknown): never {
  const message = cause instanceof Error ? cause.message : String(cause)
  throw new SqliteError(kindOf(message), message, { cause })
}

/** Reads the message of SQLite, because Deno gives no codes. */
const kinds: readonly (readonly [words: RegExp, kind: SqliteErrorKind])[] = [
  [/database (?:table )?is locked/, 'busy'],
  [/database or disk is full/, 'full'],
  [/readonly database/, 'read-only'],
  [/malformed|not a database/, 'corrupt'],
  [/unable to open database file/, 'unreachable'],
  [/disk I\/O error/, 'io'],
  [/constraint failed/, 'constraint'],
]

function kindOf(message: string): SqliteErrorKind {
  return kinds.find(([words]) => words.test(message))?.[1] ?? 'other'
}
