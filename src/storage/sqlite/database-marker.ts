import { StorageRefusedError } from '../storage.ts'

/** The text of the marker, for people. */
export const markerText =
  'grantd made its database beside this file. If the database is lost, restore it from a backup.\n'

/** A file beside a database at `path`, which says that there was one. */
export function markerOf(path: string): string {
  return `${path}.made`
}

/** The error for a database that is gone while its marker is there. */
export function lostDatabase(path: string): StorageRefusedError {
  return new StorageRefusedError(
    `The database ${path} is missing, though it was there once; restore it from a backup, or remove ${markerOf(path)} to start with an empty one, in which nothing is revoked`,
  )
}
