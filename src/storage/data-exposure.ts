import { type Exposure, findExposure } from '../exposure.ts'
import type { Files } from '../platform/platform.ts'

/** What of the SQLite file at `path` and its folder others reach; empty where nothing is there. */
export async function findOpenData(path: string, files: Files): Promise<Exposure[]> {
  const places = [
    { path: files.folderOf(path), content: 'data-folder' },
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
