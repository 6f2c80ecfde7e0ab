import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { openPostgres } from '../../src/storage/postgres/postgres.ts'
import { ownFault } from '../../src/storage/postgres/postgres-fault.ts'
import { PostgresSwaps } from '../../src/storage/postgres/postgres-swaps.ts'
import { type Sql, type SqlDatabase, type SwappedRow, sql } from '../../src/storage/sql.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
import { waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

let url: string
let database: SqlDatabase
/** The statements that were sent. */
let sent: Sql[]
let swaps: PostgresSwaps

beforeAll(async () => {
  url = await (await sharedPostgres()).createDatabase()
  database = await openPostgres({ url, ...longTimes, pool: 4 })
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.write(sql`delete from grantd_records`)
  sent = []
  swaps = createSwaps(database)
})

function createSwaps({ write }: Pick<SqlDatabase, 'write'>): PostgresSwaps {
  return new PostgresSwaps((statement) => {
    sent.push(statement)
    return write.call(database, statement)
  })
}

const key = (id: string) => ({ tenant: 'acme', kind: 'thing', id })

function create(...ids: string[]): Promise<unknown> {
  const rows = ids.map((id) => ({ ...key(id), value: '"old"', expires_at: 7, parent: 'p' }))
  return Promise.all(rows.map((row) => database.insert(row)))
}

const swap = (id: string, changed: Partial<SwappedRow> = {}) =>
  swaps.swap({ ...key(id), value: '"new"', ifVersion: 1, expires_at: undefined, ...changed })

async function find(id: string) {
  const [row] = await database.find({ tenant: 'acme', kind: 'thing', ids: [id] })
  return row
}

test('those that arrive together share few statements, and each row is swapped as by a statement of its own', async () => {
  await create(...Array.from({ length: 200 }, (_, n) => `${n}`))
  const swapped = await Promise.all(Array.from({ length: 200 }, (_, n) => swap(`${n}`)))
  expect(swapped).toEqual(Array.from({ length: 200 }, () => true))
  expect(sent.length).toBeLessThanOrEqual(4)
  const kept = { id: '150', value: '"new"', version: 2, expires_at: 7, used_at: null, parent: 'p' }
  expect(await find('150')).toEqual(kept)
})

test('the expiry stays, goes or changes, and odd values come back', async () => {
  await create('stays', 'goes', "changes '€😀\\")
  const value = JSON.stringify('a\0b\ud800 "quoted" \\ {é}\n')
  const group = [swap('stays'), swap('goes', { expires_at: null })]
  const odd = swap("changes '€😀\\", { value, expires_at: 1_893_456_000_000 })
  expect(await Promise.all([...group, odd])).toEqual([true, true, true])
  expect((await find('stays'))?.['expires_at']).toBe(7)
  expect((await find('goes'))?.['expires_at']).toBe(null)
  expect(await find("changes '€😀\\")).toMatchObject({ value, expires_at: 1_893_456_000_000, version: 2 })
})

test('a row that is missing, of another version or of another tenant stays as it is, and takes no other along', async () => {
  await create('a', 'b', 'c')
  const others = [swap('missing'), swap('b', { ifVersion: 2 }), swap('c', { tenant: 'other' })]
  const outcomes = await Promise.all([swap('a'), ...others])
  expect(outcomes).toEqual([true, false, false, false])
  expect([await find('b'), await find('c')].map((row) => row?.['version'])).toEqual([1, 1])
  expect(await database.read(sql`select id from grantd_records`)).toHaveLength(3)
})

test('of many that want one version of a row, one gets it, and one that wants the next version too', async () => {
  await create('a', 'b')
  const same = Array.from({ length: 50 }, (_, n) => swap('a', { value: `${n}` }))
  const next = swap('a', { ifVersion: 2, value: '"next"' })
  const outcomes = await Promise.all([...same, next, swap('b')])
  expect(outcomes.filter(Boolean)).toHaveLength(3)
  expect(await find('a')).toMatchObject({ version: 3, value: '"next"' })
  expect(sent.length).toBeLessThanOrEqual(5)
})

test('a row that the server refuses takes no other along', async () => {
  const ids = Array.from({ length: 20 }, (_, n) => `${n}`)
  await create(...ids)
  const outcomes = await Promise.allSettled([
    ...ids.map((id, n) => swap(id, n === 13 ? { value: 'a\0b' } : {})),
  ])
  expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(ids.map((_, n) => n !== 13))
  expect((await find('14'))?.['version']).toBe(2)
})

/** Swaps a and b in one group, while a transaction that has run the statement on one of them is not at its end. */
async function swapWhileHeld(statement: Sql): Promise<boolean[]> {
  const held = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const other = database.transaction(async (inside) => {
    await inside.write(statement)
    held.resolve()
    await goOn.promise
  })
  await held.promise
  const outcomes = Promise.all([swap('a'), swap('b')])
  await waitFor('the group waits for the row', async () => {
    const waiting = await database.read(sql`select 1 as one from pg_locks where not granted`)
    return waiting.length > 0
  })
  goOn.resolve()
  await other
  return outcomes
}

test('a row that a transaction deletes meanwhile is not there afterwards, and its swap is lost', async () => {
  await create('a', 'b')
  expect(await swapWhileHeld(sql`delete from grantd_records where id = ${'a'}`)).toEqual([false, true])
  expect(await find('a')).toBe(undefined)
})

test('a row whose use is noted meanwhile is swapped, and keeps the use', async () => {
  await create('a', 'b')
  expect(await swapWhileHeld(sql`update grantd_records set used_at = ${5} where id = ${'a'}`)).toEqual([
    true,
    true,
  ])
  expect(await find('a')).toMatchObject({ version: 2, used_at: 5 })
})

test('groups of several processes with the same rows do not lock one another out', async () => {
  const ids = Array.from({ length: 40 }, (_, n) => `${n}`)
  await create(...ids)
  const replica = await openPostgres({ url, ...longTimes, pool: 4 })
  const deadlocks = async () =>
    Number(
      (await database.read(sql`select sum(deadlocks)::int as count from pg_stat_database`))[0]?.['count'],
    )
  const before = await deadlocks()
  const swapAt = (place: SqlDatabase, order: readonly string[], ifVersion: number) =>
    order.map((id) => place.swap({ ...key(id), value: '1', ifVersion, expires_at: undefined }))
  for (let version = 1; version <= 20; version++) {
    const ours = swapAt(database, ids, version)
    const theirs = swapAt(replica, ids.toReversed(), version)
    const [here, there] = [await Promise.all(ours), (await Promise.all(theirs)).toReversed()]
    expect(here.map((won, index) => Number(won) + Number(there[index]))).toEqual(ids.map(() => 1))
  }
  expect((await deadlocks()) - before).toBe(0)
  await replica.close()
})

test('a connection that is lost fails every row of its statement, and none is tried again', async () => {
  const tried: Sql[] = []
  const broken = new PostgresSwaps(async (statement) => {
    tried.push(statement)
    throw ownFault('lost', 'the connection was lost')
  })
  const wanted = Array.from({ length: 50 }, (_, n) => ({
    ...key(`${n % 20}`),
    value: '1',
    ifVersion: n,
    expires_at: null,
  }))
  const outcomes = await Promise.allSettled(wanted.map((row) => broken.swap(row)))
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  expect(tried.length).toBeLessThanOrEqual(4)
})
