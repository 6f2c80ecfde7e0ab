import type { StoragePlace } from './open.ts'
import type { ExamineHost, StorageFacts } from './storage-facts.ts'

/**
 * Looks at the store and changes nothing: makes no database, and leaves an old schema as it is. Throws {@link StorageError} for a store
 * that cannot be reached, only reads, or is none of grantd.
 */
export async function examineStorage(place: StoragePlace, host: ExamineHost): Promise<StorageFacts> {
  const none = { schema: null, latency: null, clock: null }
  switch (place.kind) {
    case 'memory':
      return { kind: 'memory', place: 'memory', known: 0, ...none }
    case 'sqlite':
      return (await import('./sqlite/examine-sqlite.ts')).examineSqlite(place.path, host)
    case 'postgres':
      // Loaded here, because of the driver.
      return (await import('./postgres/examine-postgres.ts')).examinePostgres(place, host)
  }
}
