import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { openPostgres } from '../../src/storage/postgres/postgres.ts'
import { ownFault } from '../../src/storage/postgres/postgres-fault.ts'
import { PostgresInserts } from '../../src/storage/postgres/postgres-inserts.ts'
import { type NewRow, type Sql, type SqlDatabase, sql } from '../../src/storage/sql.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'

setDefaultTimeout(60_000)

let database: SqlDatabase
/** The statements that were sent. */
let sent: Sql[]
let inserts: PostgresInserts

beforeAll(async () => {
  const url = await (await sharedPostgres()).createDatabase()
  database = await openPostgres({ url, ...longTimes, pool: 4 })
  inserts = new PostgresInserts((statement) => {
    sent.push(statement)
    return database.write(statement)
  })
})
afterAll(() => database.close())

const row = (id: string, changed: Partial<NewRow> = {}): NewRow => ({
  tenant: 'acme',
  kind: 'revocation',
  id,
  value: '{"before":1}',
  expires_at: 1_893_456_000_000,
  parent: null,
  ...changed,
})

/** How many rows there are whose id begins so. */
async function count(prefix: string): Promise<number> {
  const rows = await database.read(sql`select id from grantd_records where id like ${`${prefix}%`}`)
  return rows.length
}

test('rows that arrive together share few statements, and each is there', async () => {
  sent = []
  const added = await Promise.all(Array.from({ length: 200 }, (_, n) => inserts.insert(row(`together:${n}`))))
  expect(added).toEqual(Array.from({ length: 200 }, () => true))
  expect(sent.length).toBeLessThanOrEqual(4)
  expect(await count('together:')).toBe(200)
})

test('what is in a row comes back as it was', async () => {
  sent = []
  const odd = {
    tenant: '',
    value: JSON.stringify({ text: 'a\0b\ud800 "quoted" \\ {é}\n' }),
    expires_at: null,
    parent: 'a "parent", \\ {1}',
  }
  await inserts.insert(row('odd:alone', odd))
  await Promise.all(Array.from({ length: 9 }, (_, n) => inserts.insert(row(`odd:${n} '€😀`, odd))))
  const found = await database.read(
    sql`select tenant, kind, id, value, version, expires_at, used_at, parent from grantd_records where id = ${"odd:8 '€😀"}`,
  )
  expect(found).toEqual([{ ...row("odd:8 '€😀", odd), version: 1, used_at: null }])
  expect(sent).toHaveLength(2)
})

test('of many with one id, in one statement or in several, exactly one is new', async () => {
  sent = []
  const added = await Promise.all(Array.from({ length: 100 }, (_, n) => inserts.insert(row(`same:${n % 5}`))))
  expect(added.filter(Boolean)).toHaveLength(5)
  expect(await count('same:')).toBe(5)
})

test('a row that the server refuses takes no other along', async () => {
  sent = []
  const rows = Array.from({ length: 20 }, (_, n) => row(`apart:${n}`, n === 13 ? { parent: 'a\0b' } : {}))
  const outcomes = await Promise.allSettled(rows.map((each) => inserts.insert(each)))
  expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(rows.map((_, n) => n !== 13))
  expect(await count('apart:')).toBe(19)
})

test('a connection that is lost fails every row of its statement, and none is tried again', async () => {
  const tried: Sql[] = []
  const broken = new PostgresInserts(async (statement) => {
    tried.push(statement)
    throw ownFault('lost', 'the connection was lost')
  })
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => broken.insert(row(`${n}`))))
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  expect(tried.length).toBeLessThanOrEqual(4)
})
