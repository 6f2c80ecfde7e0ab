import { openPostgres } from '../../../src/storage/postgres/postgres.ts'

export interface TlsAttempt {
  readonly url: string
  readonly caCertificate?: string
}

/** The version of TLS that a connection has, `none`, or the complaint of the one that could not be made. */
export async function outcomeOf(attempt: TlsAttempt): Promise<string> {
  try {
    const times = { pool: 1, connectTimeoutMs: 5000, statementTimeoutMs: 5000 }
    const database = await openPostgres({ ...attempt, ...times })
    const text = `select coalesce(version, 'none') as version from pg_stat_ssl where pid = pg_backend_pid()`
    const [row] = await database.read({ parts: [text], values: [] })
    await database.close()
    return String(row?.['version'])
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
