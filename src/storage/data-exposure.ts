import { type Exposure, findExposure } from '../exposure.ts'
import type { Files } from '../platform/files.ts'

/** What of the SQLite file at `path`, its folder and that of the keys in it others reach; empty where nothing is there. */
export async function findOpenData(path: string, files: Files): Promise<Exposure[]> {
  const folder = files.folderOf(path)
  const places = [
    { path: folder, content: 'data-folder' },
    // Whoever may write there takes keys away, whatever their own mode is.
    { path: `${folder}/keys`, content: 'data-folder' },
    // Its companions, -wal and -shm, get their mode from it.
    { path, content: 'database' },
  ] as const
  const found: Exposure[] = []
  for (const place of places) {
    const facts = await files.facts(place.path)
    const exposure = facts && findExposure(place.path, { ...place, facts, user: files.user })
    if (exposure) found.push(exposure)
  }
  return found
}
