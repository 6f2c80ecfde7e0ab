import { Type } from '@sinclair/typebox'
import { openPostgres, type PostgresOptions } from '../../src/storage/postgres/postgres.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { type RecordKind, type Records, type Storage, StorageError } from '../../src/storage/storage.ts'
import { longTimes } from './postgres-times.ts'

const Number_ = Type.Object({ n: Type.Integer() })
export const numbers: RecordKind<typeof Number_> = { name: 'number', schema: Number_ }

export async function open(url: string, options: Partial<PostgresOptions> = {}): Promise<Storage> {
  return new SqlStorage(await openPostgres({ url, ...longTimes, ...options }))
}

/** Opens a store for the time of `work`. */
export async function withStorage<T>(
  url: string,
  work: (storage: Storage, records: Records<{ n: number }>) => Promise<T>,
  options: Partial<PostgresOptions> = {},
): Promise<T> {
  const storage = await open(url, options)
  try {
    return await work(storage, storage.of('acme').of(numbers))
  } finally {
    await storage.close()
  }
}

/** The StorageError that `work` throws; anything else fails the test. */
export async function complaintOf(work: Promise<unknown>): Promise<StorageError> {
  const error = await work.then(
    () => new TypeError('It did not fail'),
    (cause: unknown) => cause,
  )
  if (!(error instanceof StorageError)) throw error
  return error
}

/** Every verb, each as somebody asks it. */
export function verbsOf(storage: Storage): Record<string, () => Promise<unknown>> {
  const records = storage.of('acme').of(numbers)
  const value = { n: 1 }
  return {
    find: () => records.find('a'),
    findMany: () => records.findMany(['a']),
    list: () => records.list({ limit: 1 }),
    create: () => records.create({ id: 'b', value }),
    createMany: () => records.createMany([{ id: 'b', value }]),
    replace: () => records.replace('a', value, { ifVersion: 1 }),
    delete: () => records.delete('a'),
    touch: () => records.touch('a', 1),
    deleteAll: () => storage.of('acme').deleteAll({ except: [] }),
    deleteExpired: () => storage.deleteExpired(1, 1),
    findLastExpiry: () => storage.findLastExpiry(1),
    transaction: () => storage.transaction((store) => store.of('acme').of(numbers).find('a')),
    check: () => storage.check(),
  }
}

/** How messages name the database of `url`. */
export function placeOf(url: string): string {
  const { pathname, host } = new URL(url)
  return `the Postgres database ${pathname.slice(1)} at ${host}`
}
