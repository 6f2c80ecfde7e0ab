import { expect, test } from 'bun:test'
import { MeasuredDatabase } from '../../src/storage/measured-database.ts'
import { type SqlDatabase, sql } from '../../src/storage/sql.ts'
import { StorageError } from '../../src/storage/storage.ts'

const row = { tenant: 'a', kind: 'k', id: '1', value: '{}', expires_at: null, parent: null }

/** A database whose operations take 5 ms by a clock of ours, and fail with `fault` if there is one. */
function createMeasured() {
  const state = { now: 0, fault: undefined as Error | undefined }
  const work = async <T>(result: T): Promise<T> => {
    state.now += 5
    if (state.fault) throw state.fault
    return result
  }
  const inner: SqlDatabase = {
    name: 'sqlite',
    read: () => work([{ one: 1 }]),
    find: () => work([{ one: 1 }]),
    write: () => work([]),
    insert: () => work(true),
    swap: () => work(false),
    transaction: async (inside) => {
      const result = await inside(inner)
      return work(result)
    },
    tidy: () => work(undefined),
    close: async () => {},
  }
  const seen: string[] = []
  const meter = {
    observe: (operation: string, milliseconds: number, hasFailed: boolean) =>
      void seen.push(`${operation} ${milliseconds}${hasFailed ? ' failed' : ''}`),
  }
  return { state, seen, database: new MeasuredDatabase(inner, { meter, monotonic: () => state.now }) }
}

test('each operation is measured by its kind, and gives what the database gives', async () => {
  const { database, seen } = createMeasured()
  expect(await database.read(sql`select 1`)).toEqual([{ one: 1 }])
  expect(await database.write(sql`delete`)).toEqual([])
  expect(await database.insert(row)).toBe(true)
  expect(await database.swap({ ...row, ifVersion: 1 })).toBe(false)
  expect(await database.transaction(async (inside) => (await inside.read(sql`select 1`)).length)).toBe(1)
  expect(seen).toEqual(['read 5', 'write 5', 'write 5', 'write 5', 'transaction 10'])
  expect(database.name).toBe('sqlite')
})

test('an error of the database counts, an error of the work in a transaction does not, and both are thrown', async () => {
  const { database, seen, state } = createMeasured()
  state.fault = new StorageError('the disk is full')
  expect(database.write(sql`insert`)).rejects.toThrow('the disk is full')
  await Promise.resolve()
  state.fault = undefined
  const lost = database.transaction(() => Promise.reject(new Error('somebody else was faster')))
  await expect(lost).rejects.toThrow('somebody else was faster')
  expect(seen).toEqual(['write 5 failed', 'transaction 0'])
})
