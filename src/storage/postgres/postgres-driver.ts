import postgres from 'postgres'
import type { PostgresHost, PostgresTarget } from './postgres-url.ts'

export interface PostgresTimes {
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
}

/** The parameters of a connection. */
export interface PostgresWay {
  readonly target: PostgresTarget
  readonly host: PostgresHost
  readonly times: PostgresTimes
}

/** A client of the driver with one connection. */
export type Driver = postgres.Sql<{ bigint: number }>

/** Events of a connection besides its answers. */
export interface DriverEvents {
  onClose(): void
  /** The server became read-only. Postgres 14 and later says so before its next answer. */
  onReadOnly(): void
  /** A commit was acknowledged without the standby that it should wait for. */
  onUnreplicated(): void
}

/** Seconds after which an unused connection is closed. */
const idleSeconds = 120

/** Returns a client that connects at its first statement. */
export function connectDriver({ target, host, times }: PostgresWay, events: DriverEvents): Driver {
  const { database, user, password, prepare } = target
  return postgres({
    host: host.host,
    port: host.port,
    ...(host.socket !== undefined && { path: host.socket }),
    database,
    user,
    ...(password !== undefined && { password }),
    ssl: host.tls,
    prepare: prepare !== false,
    max: 1,
    connect_timeout: times.connectTimeoutMs / 1000,
    idle_timeout: idleSeconds,
    // Otherwise a lifetime could end in the middle of a transaction.
    max_lifetime: null,
    fetch_types: false,
    onnotice: (notice) => {
      // The server only warns, and acknowledges the commit.
      if (notice['routine'] === 'SyncRepWaitForLSN') events.onUnreplicated()
    },
    onparameter: (name, value) => {
      if (name === 'default_transaction_read_only' && value === 'on') events.onReadOnly()
    },
    onclose: events.onClose,
    // int8, which the driver reads as text.
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    connection: {
      application_name: target.applicationName,
      // Poolers refuse settings that they cannot keep for each client.
      ...(prepare !== false && renderSettings(target, times.statementTimeoutMs)),
    },
  })
}

function renderSettings({ schema }: PostgresTarget, statementTimeoutMs: number) {
  return {
    statement_timeout: statementTimeoutMs,
    // Releases the row locks of a client that disappeared during a transaction.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    ...(schema !== undefined && { search_path: `"${schema}"` }),
  }
}
