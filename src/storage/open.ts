import { createMemoryStorage } from './memory.ts'
import type { PostgresOptions } from './postgres/postgres.ts'
import { SqlStorage } from './sql-storage.ts'
import { openSqlite, type SqliteHost } from './sqlite/open-sqlite.ts'
import type { OnDamagedRow, Storage } from './storage.ts'

/** Where the memory is. */
export type StoragePlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | ({ readonly kind: 'postgres' } & PostgresOptions)

/** Opens the storage, and brings its schema up to date. Throws StorageError. */
export async function openStorage(
  place: StoragePlace,
  host: SqliteHost,
  onDamaged?: OnDamagedRow,
): Promise<Storage> {
  switch (place.kind) {
    case 'memory':
      return createMemoryStorage(onDamaged)
    case 'sqlite':
      return new SqlStorage(await openSqlite(place.path, host), onDamaged)
    case 'postgres': {
      // Loaded where it is used: the driver costs a part of the start of those who have none.
      const { openPostgres } = await import('./postgres/postgres.ts')
      return new SqlStorage(await openPostgres(place), onDamaged)
    }
  }
}
