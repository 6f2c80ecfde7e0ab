import { type SqliteConnection, SqliteError, type SqliteErrorKind } from '../../platform/sqlite-connection.ts'
import {
  createTexts,
  findRows,
  insertOne,
  type NewRow,
  type Sql,
  type SqlDatabase,
  type SqlRow,
  type SwappedRow,
  swapOne,
  type WantedRows,
} from '../sql.ts'
import { StorageError } from '../storage.ts'
import { insideTransaction } from './inside-transaction.ts'
import { nextSteps } from './next-steps.ts'
import type { SqliteFiles } from './sqlite-files.ts'

export interface SqliteOptions {
  /** For messages. */
  readonly path: string
  /** The connection for writes. */
  readonly writer: SqliteConnection
  /** The connection for reads. It sees committed data only. */
  readonly reader: SqliteConnection
  readonly files: SqliteFiles
  /** Called once the file is closed. */
  readonly onClosed: () => Promise<void>
  readonly host: SqliteTiming
}

export interface SqliteTiming {
  after(milliseconds: number, callback: () => void): () => void
  nextTurn(callback: () => void): void
  monotonic(): number
}

/** The longest time (ms) that a write waits for another process that writes. */
const longestLock = 2000
/** Milliseconds between two attempts to get the lock. A process that has waited long tries more often, so that it is not always last. */
const lockPauses = { atFirst: 4, afterAWhile: 1 } as const
/** Milliseconds after which a wait is long. */
const aWhile = 20
/** The most writes of one commit. */
const largestGroup = 500

interface Query {
  readonly statement: Sql
  readonly resolve: (rows: SqlRow[]) => void
  readonly reject: (cause: unknown) => void
}

/**
 * A SQLite file of one process, or of several on one machine. Writes that arrive together share one commit, and so one wait for the
 * disk. A transaction has its own commit. Reads of one turn of the event loop share one lock of the file and run one after the other. That
 * is much faster than single reads between the other work of requests.
 */
export class SqliteDatabase implements SqlDatabase {
  readonly name = 'sqlite'
  readonly #options: SqliteOptions
  #reads: Query[] = []
  #writes: Query[] = []
  #transactions: (() => Promise<void>)[] = []
  #draining: Promise<void> | undefined
  #closed = false

  constructor(options: SqliteOptions) {
    this.#options = options
  }

  async read(statement: Sql): Promise<SqlRow[]> {
    this.#checkOpen()
    return new Promise((resolve, reject) => {
      this.#reads.push({ statement, resolve, reject })
      if (this.#reads.length === 1) this.#options.host.nextTurn(() => this.#readAll())
    })
  }

  find(rows: WantedRows): Promise<SqlRow[]> {
    return findRows(this, rows)
  }

  async write(statement: Sql): Promise<SqlRow[]> {
    this.#checkOpen()
    return new Promise((resolve, reject) => {
      this.#writes.push({ statement, resolve, reject })
      this.#drainSoon()
    })
  }

  insert(row: NewRow): Promise<boolean> {
    return insertOne(this, row)
  }

  swap(row: SwappedRow): Promise<boolean> {
    return swapOne(this, row)
  }

  async transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T> {
    this.#checkOpen()
    return new Promise((resolve, reject) => {
      this.#transactions.push(() => this.#runTransaction(work).then(resolve, reject))
      this.#drainSoon()
    })
  }

  /** Moves committed data from the -wal into the file, but does not wait for readers and writers. So a lost -wal loses little. */
  async tidy(): Promise<void> {
    const { files, reader } = this.#options
    this.#checkOpen()
    files.check()
    this.#attempt(() => reader.execute('pragma wal_checkpoint(passive)'))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#draining
    this.#options.reader.close()
    this.#options.writer.close()
    await this.#options.onClosed()
  }

  #checkOpen(): void {
    if (this.#closed) throw new StorageError(`The database ${this.#options.path} is closed`)
    this.#options.files.checkFault()
  }

  /** Each read sees all commits from before the call, and maybe later ones. */
  #readAll(): void {
    const reads = this.#reads
    this.#reads = []
    try {
      this.#checkOpen()
      this.#options.files.checkLately()
      if (reads.length > 1) this.#attempt(() => this.#options.reader.execute('begin'))
      for (const read of reads) this.#readOne(read)
      if (reads.length > 1) this.#attempt(() => this.#options.reader.execute('commit'))
    } catch (cause) {
      rollBack(this.#options.reader)
      for (const { reject } of reads) reject(cause)
    }
  }

  #readOne({ statement, resolve, reject }: Query): void {
    try {
      resolve(this.#attempt(() => run(this.#options.reader, statement)))
    } catch (cause) {
      reject(cause)
    }
  }

  #drainSoon(): void {
    this.#draining ??= new Promise((resolve) => {
      this.#options.host.nextTurn(() => {
        void this.#drain().then(resolve)
      })
    })
  }

  async #drain(): Promise<void> {
    while (this.#writes.length > 0 || this.#transactions.length > 0) {
      if (this.#writes.length > 0) await this.#commitGroup(this.#writes.splice(0, largestGroup))
      await this.#transactions.shift()?.()
    }
    this.#draining = undefined
  }

  async #commitGroup(group: readonly Query[]): Promise<void> {
    try {
      await this.#begin()
      const done = group.map((write) => ({ write, rows: this.#runInGroup(write) }))
      this.#commit()
      for (const { write, rows } of done) if (rows) write.resolve(rows)
    } catch (cause) {
      // A write that failed alone was rejected before. Its promise ignores a second outcome.
      for (const { reject } of group) reject(cause)
    }
  }

  /** A broken constraint is the fault of one write. After any other error the outcome of the whole group is unknown. */
  #runInGroup({ statement, reject }: Query): SqlRow[] | undefined {
    try {
      return this.#attempt(() => run(this.#options.writer, statement))
    } catch (cause) {
      const isConstraint = cause instanceof StorageError && kindOf(cause) === 'constraint'
      if (!isConstraint) {
        rollBack(this.#options.writer)
        throw cause
      }
      reject(cause)
      return undefined
    }
  }

  async #runTransaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T> {
    await this.#begin()
    let result: T
    const faults: unknown[] = []
    try {
      result = await work(this.#inside(faults))
      if (faults.length > 0) throw faults[0]
    } catch (cause) {
      rollBack(this.#options.writer)
      throw cause
    }
    this.#commit()
    return result
  }

  /** The database inside a transaction. It keeps the first error, which makes the transaction fail. */
  #inside(faults: unknown[]): SqlDatabase {
    return insideTransaction(async (statement) => {
      try {
        return this.#attempt(() => run(this.#options.writer, statement))
      } catch (cause) {
        faults.push(cause)
        throw cause
      }
    })
  }

  /** Waits for the lock without blocking the event loop. */
  async #begin(): Promise<void> {
    const { writer, host } = this.#options
    const started = host.monotonic()
    for (;;) {
      try {
        this.#attempt(() => writer.execute('begin immediate'))
        return
      } catch (cause) {
        const isBusy = cause instanceof StorageError && kindOf(cause) === 'busy'
        if (!isBusy || host.monotonic() - started > longestLock) throw cause
      }
      const pause = host.monotonic() - started < aWhile ? lockPauses.atFirst : lockPauses.afterAWhile
      await new Promise<void>((resolve) => void host.after(pause, resolve))
    }
  }

  #commit(): void {
    try {
      this.#attempt(() => this.#options.writer.execute('commit'))
    } catch (cause) {
      rollBack(this.#options.writer)
      throw cause
    }
    // Checked after the commit, so that a commit to a file that lost its name is not acknowledged.
    this.#options.files.check()
  }

  #attempt<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw explainSqlite(cause, this.#options.path)
    }
  }
}

function rollBack(connection: SqliteConnection): void {
  try {
    connection.execute('rollback')
  } catch {
    // SQLite reports an error if it has rolled back already, or if the transaction never began.
  }
}

function run(connection: SqliteConnection, { parts, values }: Sql): SqlRow[] {
  return connection.all(textOf(parts), values)
}

const textOf = createTexts((parts) => parts.join('?'))

function kindOf({ cause }: StorageError): SqliteErrorKind | undefined {
  return cause instanceof SqliteError ? cause.kind : undefined
}

/** Turns an error of SQLite into a StorageError with the next step. */
export function explainSqlite(cause: unknown, path: string): unknown {
  if (!(cause instanceof SqliteError)) return cause
  const message = `Cannot use the database ${path}: ${cause.message}; ${nextSteps[cause.kind]}`
  return new StorageError(message, { cause })
}
