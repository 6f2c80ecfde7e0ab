import type { SqliteConnection } from '../../platform/sqlite-connection.ts'
import { StorageRefusedError } from '../storage.ts'

/** `grnt`: the PRAGMA application_id of our files. */
export const applicationId = 0x67726e74

/** Throws {@link StorageRefusedError} for a file of another program. */
export function checkApplicationId(connection: SqliteConnection, path: string): void {
  const [found] = connection.all('pragma application_id', [])
  const id = Number(Object.values(found ?? {})[0])
  if (id === applicationId) return
  throw new StorageRefusedError(
    `The database ${path} belongs to another program (application_id ${id}); choose another data_dir`,
  )
}
