import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { StorageRefusedError } from '../../src/storage/storage.ts'
import { startPooler } from '../support/postgres-pooler.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { complaintOf, open, placeOf, withStorage } from '../support/postgres-storage.ts'

setDefaultTimeout(60_000)

const newDatabase = async () => (await sharedPostgres()).createDatabase()
const run = async (url: string, statements: string) => (await sharedPostgres()).run(url, statements)
const nameOf = (url: string) => new URL(url).pathname.slice(1)
const row = (id: string) => ({ id, value: { n: 1 } })

describe('a Unix socket', () => {
  test.each([
    [
      'in the place of the host',
      (url: string, folder: string, port: number) =>
        url.replace(/@[^/]*/, `@${encodeURIComponent(folder)}:${port}`),
    ],
    [
      'in the parameters',
      (url: string, folder: string, port: number) =>
        `${url.replace(/@[^/]*/, '@')}?host=${folder}&port=${port}`,
    ],
  ])('%s is connected to', async (_, write) => {
    const { folder, port } = await sharedPostgres()
    const url = write(await newDatabase(), folder, port)
    await withStorage(url, async (__, records) => {
      expect(await records.create(row('a'))).toBe(true)
      expect(await records.find('a')).toBeDefined()
    })
  })

  test('that is not there is named', async () => {
    const { message } = await complaintOf(open('postgres://me:hunter2@/d?host=/nowhere'))
    expect(message).toStartWith('Cannot use the Postgres database d at /nowhere/.s.PGSQL.5432: ')
    expect(message).toEndWith('; look whether the server runs, and at the folder of its socket in the URL')
  })
})

describe('a schema of its own', () => {
  const schemas = `select schemaname as name from pg_tables where tablename like 'grantd_%' order by 1`

  test('is made at the first start, by several at once, and holds every table', async () => {
    const url = await newDatabase()
    const storages = await Promise.all([1, 2, 3].map(() => open(`${url}?search_path=auth`)))
    expect(await run(url, schemas)).toEqual([{ name: 'auth' }, { name: 'auth' }])
    await Promise.all(storages.map((storage) => storage.close()))
  })

  test('keeps two of one database apart', async () => {
    const url = await newDatabase()
    await withStorage(`${url}?search_path=one`, async (_, ofOne) => {
      await withStorage(`${url}?search_path=two`, async (__, ofTwo) => {
        await ofOne.create(row('a'))
        expect(await ofTwo.find('a')).toBe(undefined)
        expect(await ofOne.find('a')).toBeDefined()
      })
    })
  })

  test('that is there needs no right to make one', async () => {
    const url = await newDatabase()
    const role = `tenant_of_${nameOf(url)}`
    await run(url, `create role ${role} login password 'pw'; create schema auth authorization ${role}`)
    const theirs = `${url.replace(/\/\/[^@]*@/, `//${role}:pw@`)}?search_path=auth`
    await withStorage(theirs, (_, records) => records.create(row('a')))
    expect(await run(url, schemas)).toHaveLength(2)
  })

  test('that may not be used is refused with the statement that lets it', async () => {
    const url = await newDatabase()
    const role = `stranger_of_${nameOf(url)}`
    await run(url, `create role ${role} login password 'pw'; create schema auth`)
    const refusal = await complaintOf(open(`${url.replace(/\/\/[^@]*@/, `//${role}:pw@`)}?search_path=auth`))
    expect(refusal).toBeInstanceOf(StorageRefusedError)
    expect(refusal.message).toBe(
      `${placeOf(url)} does not let ${role} work in the schema auth; run: grant usage, create on schema auth to ${role}; and where a pooler drops search_path: alter role ${role} set search_path = auth`,
    )
    await run(url, `grant usage, create on schema auth to ${role}`)
    await (await open(`${url.replace(/\/\/[^@]*@/, `//${role}:pw@`)}?search_path=auth`)).close()
  })

  test('for a pooler is that of the role, and any other is refused', async () => {
    const url = await newDatabase()
    const role = `pooled_of_${nameOf(url)}`
    await run(url, `create role ${role} login password 'pw'; create schema auth authorization ${role}`)
    const theirs = `${url.replace(/\/\/[^@]*@/, `//${role}:pw@`)}?search_path=auth&prepare=false`
    expect((await complaintOf(open(theirs))).message).toContain(`alter role ${role} set search_path = auth`)
    await run(url, `alter role ${role} set search_path = auth`)
    await withStorage(theirs, (_, records) => records.create(row('a')))
    expect(await run(url, schemas)).toEqual([{ name: 'auth' }, { name: 'auth' }])
  })
})

test('behind a pooler everything works', async () => {
  const { port } = await sharedPostgres()
  const pooler = startPooler(port)
  try {
    const url = (await newDatabase()).replace(`:${port}/`, `:${pooler.port}/`)
    await withStorage(url, async (storage, records) => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => records.create(row(`${n}`))))
      expect((await records.findMany(['1', '2', 'x'])).map(({ id }) => id).sort()).toEqual(['1', '2'])
      const ids = (await records.list({ after: '10', limit: 3 })).map(({ id }) => id)
      expect(ids).toEqual(['11', '12', '13'])
      expect(await records.find('x')).toBe(undefined)
      expect(await storage.of('acme').hasRows({ except: [] })).toBe(true)
    })
  } finally {
    pooler.stop(true)
  }
})
