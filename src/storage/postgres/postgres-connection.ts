import type postgres from 'postgres'
import { inTime } from '../../async/in-time.ts'
import { createTexts, type Sql, type SqlRow, type SqlValue } from '../sql.ts'
import { connectDriver, type Driver, type PostgresTimes, type PostgresWay } from './postgres-driver.ts'
import { notPrimary, ownFault, type PostgresFault, readConnectFault, readFault } from './postgres-fault.ts'
import { complaintOfRole, guardRead, isGuardFault, type Lineage, roleText } from './postgres-role.ts'

/** We wait this much longer (ms) than the timeout of a statement, so that the server can report the timeout first. */
const grace = 500
/** The most values of a prepared statement. Larger statements are rare, and the server keeps each prepared one. */
const mostPreparedValues = 16

/**
 * One connection to a server that takes writes. Each connection has its own client of the driver. A client with several connections would
 * repeat the work of a broken connection. That ends the process if the work is a transaction, and waits for ever if the server is away.
 * A broken connection is never used again.
 */
export class PostgresConnection {
  /** The lineage of the server; undefined if it was not asked or cannot say. */
  lineage: Lineage | undefined
  /** See PostgresPrimary.isCurrent. */
  generation = 0
  readonly #client: Driver
  readonly #times: PostgresTimes
  readonly #prepare: boolean | undefined
  #isBroken = false
  /** Whether a pooler is in between, which can send each transaction to another server; undefined: not known yet. */
  #isPooled: boolean | undefined
  /** The reason why answers of the server must not be trusted any more. */
  #distrust: PostgresFault | undefined

  /** Connects. Throws {@link PostgresFault} at a timeout, and for a server that is read-only. */
  static async open(way: PostgresWay): Promise<PostgresConnection> {
    try {
      const connection = new PostgresConnection(way)
      await connection.#checkRole()
      await connection.#preferIndexes()
      return connection
    } catch (cause) {
      throw readConnectFault(cause, { hasTls: way.host.tls !== false })
    }
  }

  private constructor(way: PostgresWay) {
    this.#times = way.times
    this.#prepare = way.target.prepare
    this.#client = connectDriver(way, {
      onClose: () => {
        this.#isBroken = true
      },
      onReadOnly: () => {
        // Does not count behind a pooler, because a pooler repeats notices that the server sent to another client.
        if (this.#isPooled === false) this.#distrust ??= notPrimary('only reads now')
      },
      onUnreplicated: () => {
        this.#distrust ??= ownFault('unreplicated', 'the wait for a standby was cut off')
      },
    })
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  get isPooled(): boolean {
    return this.#isPooled === true
  }

  get #mayPrepare(): boolean {
    return this.#prepare ?? this.#isPooled === false
  }

  /** Throws {@link PostgresFault}, at the latest a little after `milliseconds`. */
  run({ parts, values }: Sql, milliseconds = this.#times.statementTimeoutMs): Promise<SqlRow[]> {
    return this.#query(textOf(parts), values, milliseconds + grace)
  }

  /** Like {@link run}, for a read outside of a transaction. A read-only server does not answer it. */
  read(statement: Sql): Promise<SqlRow[]> {
    return this.#isPooled ? this.#readGuarded(statement) : this.run(statement)
  }

  async #readGuarded({ parts, values }: Sql): Promise<SqlRow[]> {
    try {
      return await this.#query(guardedTextOf(parts), values, this.#times.statementTimeoutMs + grace)
    } catch (cause) {
      if (!isGuardFault(cause)) throw cause
      void this.close()
      throw notPrimary('only reads')
    }
  }

  async #checkRole(): Promise<void> {
    const rows = await this.#query(roleText, [], this.#times.connectTimeoutMs)
    // A pooler has its own process numbers.
    this.#isPooled = rows[0]?.['pid'] !== rows.state.pid
    const complaint = complaintOfRole(rows[0])
    if (complaint === undefined) return
    void this.close()
    throw notPrimary(complaint)
  }

  /**
   * The server keeps the plans of prepared statements until it next analyzes the table, up to a minute under load. Without this, a plan that was
   * made while the table was tiny reads all of it. Every statement has an index. Not behind a pooler, whose connections are of others too.
   */
  async #preferIndexes(): Promise<void> {
    if (this.#isPooled === false)
      await this.#query('set enable_seqscan = off', [], this.#times.connectTimeoutMs)
  }

  async #query(
    text: string,
    values: readonly SqlValue[],
    milliseconds: number,
  ): Promise<postgres.RowList<SqlRow[]>> {
    if (this.#isBroken) throw ownFault('lost', 'the connection was lost')
    const late = () => ownFault('noAnswer', `no answer within ${milliseconds} ms`)
    const prepare = this.#mayPrepare && values.length <= mostPreparedValues
    try {
      const asked = this.#client.unsafe<SqlRow[]>(text, [...values], { prepare })
      const rows = await inTime(asked, { milliseconds, late })
      if (this.#distrust) throw this.#distrust
      return rows
    } catch (cause) {
      const fault = readFault(cause)
      if (fault.endsConnection) void this.close()
      throw fault
    }
  }

  /** Closes the connection at once. Running statements are lost. */
  async close(): Promise<void> {
    this.#isBroken = true
    await this.#client.end({ timeout: 0 })
  }
}

const renderText = (parts: readonly string[]) => parts.reduce((all, part, index) => `${all}$${index}${part}`)
const textOf = createTexts(renderText)
const guardedTextOf = createTexts((parts) => guardRead(renderText(parts)))
