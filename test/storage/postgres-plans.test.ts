import { expect, setDefaultTimeout, test } from 'bun:test'
import { openPostgres } from '../../src/storage/postgres/postgres.ts'
import { type SqlDatabase, sql } from '../../src/storage/sql.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
import { waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

const rows = 20_000

/** Keeps the plans of a connection that has made them while the table was tiny, and fills the table then. */
async function openGrown(): Promise<SqlDatabase> {
  const url = await (await sharedPostgres()).createDatabase()
  const database = await openPostgres({ url, ...longTimes, pool: 1 })
  await database.insert({ tenant: 'acme', kind: 'k', id: '1', value: '{}', expires_at: null, parent: null })
  await database.write(sql`alter table grantd_records set (autovacuum_enabled = false)`)
  await database.write(sql`analyze grantd_records`)
  // The server makes a plan for good of a statement that it has seen six times.
  for (let time = 0; time < 12; time++) await useEach(database)
  await database.write(
    sql`insert into grantd_records (tenant, kind, id, value, version)
        select 'acme', 'k', 'filler ' || number, '{}', 1 from generate_series(1, ${rows}) as number`,
  )
  return database
}

/** One row alone, and several together. */
async function useEach(database: SqlDatabase): Promise<void> {
  const find = (...ids: string[]) => database.find({ tenant: 'acme', kind: 'k', ids })
  await find('1')
  await Promise.all(Array.from({ length: 6 }, (_, index) => find('1', `${index}`)))
  const swap = (id: string) =>
    database.swap({ tenant: 'acme', kind: 'k', id, value: '{}', ifVersion: 0, expires_at: null })
  await swap('1')
  await Promise.all(Array.from({ length: 6 }, (_, index) => swap(`${index}`)))
}

test('plans that the server made for a tiny table read no large one from end to end', async () => {
  const database = await openGrown()
  const countRead = async () => {
    await database.read(sql`select pg_stat_force_next_flush()`)
    const [row] = await database.read(
      sql`select (seq_tup_read + idx_tup_fetch)::int as rows, (seq_scan + idx_scan)::int as scans
          from pg_stat_user_tables where relname = 'grantd_records'`,
    )
    return { rows: Number(row?.['rows']), scans: Number(row?.['scans']) }
  }
  const before = await countRead()
  await useEach(database)
  await waitFor('the server has counted', async () => (await countRead()).scans > before.scans)
  expect((await countRead()).rows - before.rows).toBeLessThan(100)
  await database.close()
})
