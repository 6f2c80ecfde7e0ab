import type { Platform } from '../../platform/platform.ts'
import { StorageRefusedError } from '../storage.ts'
import { lostDatabase, markerOf } from './database-marker.ts'
import { nextSteps } from './next-steps.ts'

type FileHost = Pick<Platform, 'files'>

export const wantedFolder = 'give this user a folder that it can write, with data_dir'

/** Returns whether the file exists. Throws if it was removed. */
export async function checkDatabaseFile(path: string, { files }: FileHost): Promise<boolean> {
  const found = await files.facts(path)
  if (!found && !(await files.facts(markerOf(path)))) return false
  // Another process may have made both between the two looks, the database first.
  const facts = found ?? (await files.facts(path))
  if (!facts) throw lostDatabase(path)
  if (!facts.isFile)
    throw new StorageRefusedError(`The database ${path} is not a file; choose another data_dir`)
  if (facts.size === 0) {
    throw new StorageRefusedError(`The database ${path} is empty: it was cut off; restore it from a backup`)
  }
  return true
}

/** Throws if a server of this user could not make the file at `path`. */
export async function checkCanMake(path: string, { files }: FileHost): Promise<void> {
  const refuse = (complaint: string) =>
    new StorageRefusedError(`Cannot open the database ${path}: ${complaint}; ${wantedFolder}`)
  const place = await nearest(files.folderOf(path), files)
  const facts = await files.facts(place)
  if (facts?.isFile) throw refuse(`${place} is a file`)
  if (!facts) throw refuse(`${place} leads nowhere`)
  if (!(await files.mayWrite(place))) throw refuse(`this user may not write into ${place}`)
}

/** Throws if a server of this user could not write the file that is at `path`. */
export async function checkCanWrite(path: string, { files }: FileHost): Promise<void> {
  for (const place of [path, files.folderOf(path)])
    if (!(await files.mayWrite(place)))
      throw new StorageRefusedError(
        `Cannot use the database ${path}: this user may not write ${place}; ${nextSteps['read-only']}`,
      )
}

/** The folder, or else the first one above it at which there is something, and be it a link that leads nowhere. */
async function nearest(folder: string, files: FileHost['files']): Promise<string> {
  const above = files.folderOf(folder)
  const isThere = above === folder || (await files.facts(folder)) || (await files.isLink(folder))
  return isThere ? folder : nearest(above, files)
}
