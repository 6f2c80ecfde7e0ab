import {
  findRows,
  insertOne,
  type NewRow,
  type Sql,
  type SqlDatabase,
  type SqlRow,
  type SwappedRow,
  sql,
  swapOne,
  type WantedRows,
} from '../sql.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { explainFault, ownFault, PostgresFault, readFault } from './postgres-fault.ts'
import { PostgresFinds } from './postgres-finds.ts'
import { PostgresInserts } from './postgres-inserts.ts'
import type { PostgresPool } from './postgres-pool.ts'
import { PostgresSwaps } from './postgres-swaps.ts'
import { Retries } from './retries.ts'

/**
 * A database of a server that speaks the protocol of Postgres. Retries a transaction that the server undid because of another one. Does not
 * retry work that was lost with its connection, because the server may have done it.
 */
export class PostgresDatabase implements SqlDatabase {
  readonly name = 'postgres'
  readonly #pool: PostgresPool
  readonly #place: string
  /** Separate, so that a single statement does not wait for transactions that are retried. */
  readonly #statements = new Retries(isConflict)
  readonly #transactions = new Retries(isConflict)
  readonly #finds = new PostgresFinds((statement) => this.read(statement))
  readonly #inserts = new PostgresInserts((statement) => this.write(statement))
  readonly #swaps = new PostgresSwaps((statement) => this.write(statement))

  constructor(pool: PostgresPool, place: string) {
    this.#pool = pool
    this.#place = place
  }

  read(statement: Sql): Promise<SqlRow[]> {
    return this.#use(this.#statements, (connection) => connection.read(statement))
  }

  find(rows: WantedRows): Promise<SqlRow[]> {
    return this.#finds.find(rows)
  }

  write(statement: Sql): Promise<SqlRow[]> {
    return this.#use(this.#statements, (connection) => connection.run(statement))
  }

  insert(row: NewRow): Promise<boolean> {
    return this.#inserts.insert(row)
  }

  swap(row: SwappedRow): Promise<boolean> {
    return this.#swaps.swap(row)
  }

  transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T> {
    const place = this.#place
    return this.#use(this.#transactions, (connection) => runTransaction(connection, { work, place }))
  }

  /** Checks that the server is still the primary. The server does its own housekeeping. */
  async tidy(): Promise<void> {
    try {
      await this.#pool.look()
    } catch (cause) {
      throw this.#explain(cause)
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #use<T>(retries: Retries, work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    try {
      return await this.#pool.use((connection) => retries.run(() => work(connection)))
    } catch (cause) {
      throw this.#explain(cause)
    }
  }

  #explain(cause: unknown): unknown {
    return cause instanceof PostgresFault ? explainFault(cause, this.#place) : cause
  }
}

function isConflict(cause: unknown): boolean {
  return cause instanceof PostgresFault && cause.isConflict
}

export interface PostgresWork<T> {
  readonly work: (database: SqlDatabase) => Promise<T>
  readonly place: string
  readonly isolation?: 'serializable' | 'read committed'
  /** For each statement (ms); default: the timeout of the connection. */
  readonly statementTimeoutMs?: number
}

/** Runs `work` once. Throws {@link PostgresFault}, or the error of `work`. */
export async function runTransaction<T>(
  connection: PostgresConnection,
  options: PostgresWork<T>,
): Promise<T> {
  const { work, isolation = 'serializable' } = options
  const inside = new Inside(connection, options)
  await connection.run({ parts: [`begin isolation level ${isolation}`], values: [] })
  try {
    const result = await work(inside)
    // After a failed statement the server answers `commit` with a rollback.
    if (inside.fault) throw inside.fault
    await connection.run(sql`commit`)
    return result
  } catch (cause) {
    await connection.run(sql`rollback`).catch(() => connection.close())
    throw inside.fault?.isConflict ? inside.fault : cause
  } finally {
    inside.isOver = true
  }
}

/** The database inside a transaction. */
class Inside implements SqlDatabase {
  readonly name = 'postgres'
  /** The error of the first failed statement. The transaction cannot go on after it. */
  fault: PostgresFault | undefined
  isOver = false
  readonly #connection: PostgresConnection
  readonly #options: Pick<PostgresWork<unknown>, 'place' | 'statementTimeoutMs'>

  constructor(
    connection: PostgresConnection,
    options: Pick<PostgresWork<unknown>, 'place' | 'statementTimeoutMs'>,
  ) {
    this.#connection = connection
    this.#options = options
  }

  read(statement: Sql): Promise<SqlRow[]> {
    return this.write(statement)
  }

  find(rows: WantedRows): Promise<SqlRow[]> {
    return findRows(this, rows)
  }

  async write(statement: Sql): Promise<SqlRow[]> {
    const { place, statementTimeoutMs } = this.#options
    try {
      // The connection may belong to another caller by now.
      if (this.isOver) throw ownFault('lost', 'the transaction is over', { endsConnection: false })
      return await this.#connection.run(statement, statementTimeoutMs)
    } catch (cause) {
      const fault = readFault(cause)
      this.fault ??= fault
      throw explainFault(fault, place)
    }
  }

  insert(row: NewRow): Promise<boolean> {
    return insertOne(this, row)
  }

  swap(row: SwappedRow): Promise<boolean> {
    return swapOne(this, row)
  }

  transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T> {
    return work(this)
  }

  async tidy(): Promise<void> {}

  async close(): Promise<void> {}
}
