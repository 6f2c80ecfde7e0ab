import postgres from 'postgres'
import { inTime } from './in-time.ts'
import { ownFault, readConnectFault, readFault } from './postgres-fault.ts'
import type { PostgresTarget } from './postgres-url.ts'
import { createTexts, type Sql, type SqlRow } from './sql.ts'

export interface PostgresTimes {
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
}

/** Seconds after which a connection that nobody uses is closed. */
const idleSeconds = 120
/** Milliseconds that the server has to say itself that a statement took too long. */
const grace = 500
/** Values of the largest statement that is prepared: there are few texts of so many, and each is kept by the server. */
const mostPreparedValues = 16

/**
 * One connection, by a client of the driver that has no other. A client with several takes up by itself what was asked
 * of a connection that broke: it ends the process when that was a transaction, and waits for ever when the server is
 * away. So this one is never used again once its connection broke.
 */
export class PostgresConnection {
  readonly #client: postgres.Sql<{ bigint: number }>
  readonly #target: PostgresTarget
  readonly #times: PostgresTimes
  #isBroken = false

  /** Connects. Throws {@link PostgresFault}, after the time for it at the latest. */
  static async open(target: PostgresTarget, times: PostgresTimes): Promise<PostgresConnection> {
    const connection = new PostgresConnection(target, times)
    try {
      await connection.#query({ parts: ['select 1'], values: [] }, times.connectTimeoutMs)
      return connection
    } catch (cause) {
      throw readConnectFault(cause, { hasTls: target.tls !== false })
    }
  }

  private constructor(target: PostgresTarget, times: PostgresTimes) {
    this.#target = target
    this.#times = times
    this.#client = connect(target, times, () => {
      this.#isBroken = true
    })
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Throws {@link PostgresFault}, after `milliseconds` and some grace at the latest. */
  run(statement: Sql, milliseconds = this.#times.statementTimeoutMs): Promise<SqlRow[]> {
    return this.#query(statement, milliseconds + grace)
  }

  async #query({ parts, values }: Sql, milliseconds: number): Promise<SqlRow[]> {
    if (this.#isBroken) throw ownFault('lost', 'the connection was lost')
    const text = textOf(parts)
    const prepare = this.#target.prepare && values.length <= mostPreparedValues
    const late = () => ownFault('noAnswer', `no answer within ${milliseconds} ms`)
    try {
      return [...(await inTime(this.#client.unsafe(text, [...values], { prepare }), { milliseconds, late }))]
    } catch (cause) {
      const fault = readFault(cause)
      if (fault.endsConnection) void this.close()
      throw fault
    }
  }

  /** Closes it at once; what runs on it is lost. */
  async close(): Promise<void> {
    this.#isBroken = true
    await this.#client.end({ timeout: 0 })
  }
}

const textOf = createTexts((parts) => parts.reduce((all, part, index) => `${all}$${index}${part}`))

function connect(target: PostgresTarget, times: PostgresTimes, onClose: () => void) {
  const { host, port, database, user, password, tls, prepare, applicationName } = target
  return postgres({
    host,
    port,
    database,
    user,
    ...(password !== undefined && { password }),
    ssl: tls,
    prepare,
    max: 1,
    connect_timeout: times.connectTimeoutMs / 1000,
    idle_timeout: idleSeconds,
    // The end of a lifetime would come in the middle of a transaction.
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => {},
    onclose: onClose,
    // int8, which the driver reads as text.
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    connection: {
      application_name: applicationName,
      // Poolers refuse settings that they cannot keep for each of their clients.
      ...(prepare && {
        statement_timeout: times.statementTimeoutMs,
        // Sets the rows free that a machine which vanished in a transaction holds.
        idle_in_transaction_session_timeout: times.statementTimeoutMs,
      }),
    },
  })
}
