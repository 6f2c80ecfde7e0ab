import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { StorageRefusedError } from '../../src/storage/storage.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { complaintOf, open, placeOf, withStorage } from '../support/postgres-storage.ts'

setDefaultTimeout(60_000)

const newDatabase = async () => (await sharedPostgres()).createDatabase()
const run = async (url: string, statements: string) => (await sharedPostgres()).run(url, statements)

describe('the schema', () => {
  test('of an empty database is made once by several that open it at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const url = await newDatabase()
      const storages = await Promise.all(Array.from({ length: 6 }, () => open(url)))
      expect(await run(url, 'select version, name from grantd_schema')).toEqual([
        { version: 1, name: 'records' },
      ])
      await Promise.all(storages.map((storage) => storage.close()))
    }
  })

  test('that is up to date needs no right to create anything', async () => {
    const url = await newDatabase()
    await withStorage(url, (_, records) => records.create({ id: 'a', value: { n: 1 } }))
    const { pathname } = new URL(url)
    const role = `reader_of_${pathname.slice(1)}`
    await run(
      url,
      `create role ${role} login password 'pw'; grant select, insert, update, delete on all tables in schema public to ${role}`,
    )
    const theirs = url.replace(/\/\/[^@]*@/, `//${role}:pw@`)
    await withStorage(theirs, async (_, records) => {
      expect(await records.touch('a', 1)).toBe(true)
    })
  })

  test('cannot be made by a user that may not, which is refused', async () => {
    const url = await newDatabase()
    const role = `nobody_of_${new URL(url).pathname.slice(1)}`
    await run(url, `create role ${role} login password 'pw'`)
    const refusal = await complaintOf(open(url.replace(/\/\/[^@]*@/, `//${role}:pw@`)))
    expect(refusal).toBeInstanceOf(StorageRefusedError)
    expect(refusal.message).toBe(
      `Cannot use ${placeOf(url)}: permission denied for schema public (42501); let this user create tables in the database, or use the user that made them`,
    )
  })

  test('of a newer grantd is refused and left alone', async () => {
    const url = await newDatabase()
    await withStorage(url, (_, records) => records.create({ id: 'a', value: { n: 1 } }))
    await run(url, `insert into grantd_schema values (99, 'from the future')`)
    const refusal = await complaintOf(open(url))
    expect(refusal).toBeInstanceOf(StorageRefusedError)
    expect(refusal.message).toStartWith(`${placeOf(url)} has schema 99, and this grantd knows 1: `)
    expect(await run(url, 'select version from grantd_schema order by 1')).toEqual([
      { version: 1 },
      { version: 99 },
    ])
    expect(await run(url, 'select id from grantd_records')).toEqual([{ id: 'a' }])
  })

  test.each([
    ['grantd_records without grantd_schema', 'drop table grantd_schema', 'grantd_records', 'grantd_schema'],
    ['grantd_schema without grantd_records', 'drop table grantd_records', 'grantd_schema', 'grantd_records'],
    [
      'grantd_records and an empty grantd_schema',
      'delete from grantd_schema',
      'grantd_records',
      'grantd_schema',
    ],
  ])('with %s is refused and left alone', async (_, statement, there, missing) => {
    const url = await newDatabase()
    await withStorage(url, (_, records) => records.create({ id: 'a', value: { n: 1 } }))
    await run(url, statement)
    const tables = `select tablename from pg_tables where schemaname = 'public' order by 1`
    const before = await run(url, tables)
    const refusal = await complaintOf(open(url))
    expect(refusal).toBeInstanceOf(StorageRefusedError)
    expect(refusal.message).toBe(
      `${placeOf(url)} has the table ${there} without what belongs into ${missing}: another program made it, or half a backup was restored; name another database in the URL, or restore a whole backup into an empty one`,
    )
    expect(await run(url, tables)).toEqual(before)
  })
})
