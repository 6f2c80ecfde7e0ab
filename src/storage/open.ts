import { createMemoryStorage } from './memory.ts'
import type { PostgresOptions } from './postgres/postgres.ts'
import { SqlStorage } from './sql-storage.ts'
import { openSqlite, type SqliteHost } from './sqlite/open-sqlite.ts'
import type { OnDamagedRow, Storage } from './storage.ts'

/** The kind of the store, and its place. */
export type StoragePlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | ({ readonly kind: 'postgres' } & PostgresOptions)

/** Opens the storage and updates its schema. Throws StorageError. */
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
      // Loaded here, because the driver would make the start slower for users of SQLite.
      const { openPostgres } = await import('./postgres/postgres.ts')
      return new SqlStorage(await openPostgres(place), onDamaged)
    }
  }
}
