import { createMemoryStorage } from './memory.ts'
import { openSqlite, type SqliteHost } from './open-sqlite.ts'
import type { PostgresOptions } from './postgres.ts'
import { SqlStorage } from './sql-storage.ts'
import type { Storage } from './storage.ts'

/** Where the memory is. */
export type StoragePlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | ({ readonly kind: 'postgres' } & PostgresOptions)

/** Opens the storage, and brings its schema up to date. Throws StorageError. */
export async function openStorage(place: StoragePlace, host: SqliteHost): Promise<Storage> {
  switch (place.kind) {
    case 'memory':
      return createMemoryStorage()
    case 'sqlite':
      return new SqlStorage(await openSqlite(place.path, host))
    case 'postgres': {
      // Loaded where it is used: the driver costs a part of the start of those who have none.
      const { openPostgres } = await import('./postgres.ts')
      return new SqlStorage(await openPostgres(place))
    }
  }
}
