import type { NewRow, Sql, SqlDatabase, SqlRow, SwappedRow, WantedRows } from './sql.ts'
import { DamagedRowError, StorageError } from './storage.ts'

/** Learns how long each operation took (ms), waits included, and whether the database failed. */
export interface StorageMeter {
  observe(operation: 'read' | 'write' | 'transaction', milliseconds: number, hasFailed: boolean): void
}

interface MeasuredOptions {
  readonly meter: StorageMeter
  readonly monotonic: () => number
}

/** A database whose operations are measured. What runs inside a transaction counts as that transaction. */
export class MeasuredDatabase implements SqlDatabase {
  readonly #database: SqlDatabase
  readonly #options: MeasuredOptions

  constructor(database: SqlDatabase, options: MeasuredOptions) {
    this.#database = database
    this.#options = options
  }

  get name() {
    return this.#database.name
  }

  read(statement: Sql): Promise<SqlRow[]> {
    return this.#measure('read', this.#now(), this.#database.read(statement))
  }

  find(rows: WantedRows): Promise<SqlRow[]> {
    return this.#measure('read', this.#now(), this.#database.find(rows))
  }

  write(statement: Sql): Promise<SqlRow[]> {
    return this.#measure('write', this.#now(), this.#database.write(statement))
  }

  insert(row: NewRow): Promise<boolean> {
    return this.#measure('write', this.#now(), this.#database.insert(row))
  }

  swap(row: SwappedRow): Promise<boolean> {
    return this.#measure('write', this.#now(), this.#database.swap(row))
  }

  transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T> {
    return this.#measure('transaction', this.#now(), this.#database.transaction(work))
  }

  tidy(): Promise<void> {
    return this.#measure('read', this.#now(), this.#database.tidy())
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  #now(): number {
    return this.#options.monotonic()
  }

  /** `started` is read before the work begins, because a part of it may be done at once. */
  #measure<T>(
    operation: Parameters<StorageMeter['observe']>[0],
    started: number,
    work: Promise<T>,
  ): Promise<T> {
    const { meter, monotonic } = this.#options
    return work.then(
      (result) => {
        meter.observe(operation, monotonic() - started, false)
        return result
      },
      (cause: unknown) => {
        // An error of the work inside a transaction is none of the database, and neither is a damaged row.
        const hasFailed = cause instanceof StorageError && !(cause instanceof DamagedRowError)
        meter.observe(operation, monotonic() - started, hasFailed)
        throw cause
      },
    )
  }
}
