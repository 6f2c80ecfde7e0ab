import { knownSchema } from '../migrate.ts'
import { sql } from '../sql.ts'
import type { ExamineHost, StorageFacts } from '../storage-facts.ts'
import type { PostgresOptions } from './postgres.ts'
import { readSchema } from './postgres.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { explainOpening, findFault } from './postgres-fault.ts'
import { PostgresPool } from './postgres-pool.ts'
import { parsePostgresUrl } from './postgres-url.ts'

/** See examineStorage. A server that only reads is refused, so facts are those of a primary. */
export async function examinePostgres(options: PostgresOptions, host: ExamineHost): Promise<StorageFacts> {
  const target = parsePostgresUrl(options)
  const pool = new PostgresPool(target, { ...options, pool: 1 })
  try {
    const facts = await pool.use((connection) => examine(connection, host))
    return { kind: 'postgres', place: target.place, known: knownSchema.postgres, ...facts }
  } catch (cause) {
    const fault = findFault(cause)
    throw fault ? explainOpening(fault, target.place) : cause
  } finally {
    await pool.close()
  }
}

async function examine(
  connection: PostgresConnection,
  { now, monotonic }: ExamineHost,
): Promise<Pick<StorageFacts, 'schema' | 'latency' | 'clock'>> {
  // The first statement of a connection takes longer than those that follow.
  await connection.read(sql`select 1 as one`)
  const [startedAt, askedAt] = [monotonic(), now()]
  const [row] = await connection.read(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as at`,
  )
  const clock = { at: Number(row?.['at']), askedAt, answeredAt: now() }
  const latency = monotonic() - startedAt
  const { version } = await readSchema(connection)
  return { schema: version === 0 ? null : version, latency, clock }
}
