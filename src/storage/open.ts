import { MeasuredDatabase, type StorageMeter } from './measured-database.ts'
import { createMemoryStorage } from './memory.ts'
import type { PostgresOptions } from './postgres/postgres.ts'
import type { SqlDatabase } from './sql.ts'
import { SqlStorage } from './sql-storage.ts'
import { openSqlite, type SqliteHost } from './sqlite/open-sqlite.ts'
import type { OnDamagedRow, Storage } from './storage.ts'

/** The kind of the store, and its place. */
export type StoragePlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | ({ readonly kind: 'postgres' } & PostgresOptions)

interface OpenOptions {
  readonly onDamaged?: OnDamagedRow
  /** Learns how long a database takes; a storage in memory is not measured. Default: nobody. */
  readonly meter?: StorageMeter | undefined
}

/** Opens the storage and updates its schema. Throws StorageError. */
export async function openStorage(
  place: StoragePlace,
  host: SqliteHost,
  { onDamaged, meter }: OpenOptions = {},
): Promise<Storage> {
  const over = (database: SqlDatabase) => {
    const { monotonic } = host
    return new SqlStorage(meter ? new MeasuredDatabase(database, { meter, monotonic }) : database, onDamaged)
  }
  switch (place.kind) {
    case 'memory':
      return createMemoryStorage(onDamaged)
    case 'sqlite':
      return over(await openSqlite(place.path, host))
    case 'postgres': {
      // Loaded here, because the driver would make the start slower for users of SQLite.
      const { openPostgres } = await import('./postgres/postgres.ts')
      return over(await openPostgres(place))
    }
  }
}
