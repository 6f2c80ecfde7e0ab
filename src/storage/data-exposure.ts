import { type Exposure, findExposure } from '../exposure.ts'
import type { Files } from '../platform/files.ts'

/**
 * Finds out which of these other users can reach: the SQLite file at `path`, its folder, the folder of the keys. Missing ones are
 * skipped.
 */
export async function findOpenData(path: string, files: Files): Promise<Exposure[]> {
  const folder = files.folderOf(path)
  const places = [
    { path: folder, content: 'data-folder' },
    // Users who can write to the folder can remove keys, even if they cannot write to the keys.
    { path: `${folder}/keys`, content: 'data-folder' },
    // The -wal and -shm files get their modes from it.
    { path, content: 'database' },
  ] as const
  const found: Exposure[] = []
  for (const place of places) {
    const facts = await files.facts(place.path)
    const exposure = facts && findExposure(place.path, { ...place, facts, runner: files })
    if (exposure) found.push(exposure)
  }
  return found
}
