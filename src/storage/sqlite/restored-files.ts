import type { Platform } from '../../platform/platform.ts'
import { type SqliteConnection, SqliteError } from '../../platform/sqlite-connection.ts'
import { StorageError } from '../storage.ts'
import { markerOf, markerText } from './database-marker.ts'
import { nextSteps } from './next-steps.ts'

export type RestoreHost = Pick<Platform, 'files' | 'sqlite' | 'now'>

/**
 * The names that a restore uses in a data_dir.
 *
 * - `staging`: what is being read from the backup. A kill leaves it, and the next restore removes it.
 * - `ready`: the same, whole and checked. The rename from one to the other is the moment at which the data_dir becomes the restored one. Whoever
 *   opens the database next, a restore or a server, moves the files to their places if a kill came in between.
 * - `lock`: an empty file that a restore locks. The system unlocks it when the process ends.
 */
export const restoreNames = {
  staging: 'grantd.restore.tmp',
  ready: 'grantd.restore',
  lock: 'grantd.restore.lock',
  replaced: 'replaced',
} as const

/** The database first: from then on, until the new one has its name, no start takes what is there for a whole data_dir. */
const oldFiles = [
  'grantd.db',
  'grantd.db-wal',
  'grantd.db-shm',
  'grantd.db.closed',
  'keys',
  'restored-config',
] as const
/** The database last, because what it names has to be there. */
const newFiles = ['keys', 'restored-config', 'grantd.db'] as const

/** Runs `work` while no other process restores into the folder. Throws StorageError if one does. */
export async function withRestoreLock<T>(
  folder: string,
  host: RestoreHost,
  work: () => Promise<T>,
): Promise<T> {
  const path = host.files.resolve(folder, restoreNames.lock)
  const connection = await lock(path, host)
  try {
    return await work()
  } finally {
    // Windows removes no open file, and an empty one that stays does no harm.
    await host.files.remove(path).catch(() => {})
    connection.close()
  }
}

async function lock(path: string, { files, sqlite }: RestoreHost): Promise<SqliteConnection> {
  for (;;) {
    await files.createPrivate(path, '')
    const identity = files.identityNow(path)
    const connection = sqlite.open(path)
    try {
      connection.execute('pragma busy_timeout = 5000')
      connection.execute('begin exclusive')
    } catch (cause) {
      connection.close()
      throw new StorageError(`Cannot lock ${path}: ${reasonOf(cause)}`, { cause })
    }
    // The process before may have removed the file between the opening and the lock.
    if (identity !== undefined && identity === files.identityNow(path)) return connection
    connection.close()
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof SqliteError)) return String(cause)
  if (cause.kind === 'busy') return 'another process restores into this folder; wait for it'
  return `${cause.message}; ${nextSteps[cause.kind]}`
}

/**
 * Moves restored files to their places, and those that were there into a folder `replaced-TIME`. Every step may be repeated after a kill.
 * Returns that folder; undefined if nothing was there. Call it with the lock of {@link withRestoreLock}.
 */
export async function placeRestored(
  folder: string,
  { files, now }: RestoreHost,
): Promise<string | undefined> {
  const inside = (...names: string[]) => files.resolve(folder, ...names)
  const exists = async (path: string) => (await files.facts(path)) !== undefined
  const ready = inside(restoreNames.ready)
  if (!(await exists(ready))) return undefined
  await files.createPrivate(markerOf(inside('grantd.db')), markerText)
  const replaced = inside(restoreNames.ready, restoreNames.replaced)
  // Once the new database has its place, everything that is in a place is new.
  if (await exists(inside(restoreNames.ready, 'grantd.db'))) {
    await files.makePrivateFolder(replaced)
    for (const name of oldFiles) {
      const isOld =
        !newFiles.some((each) => each === name) || (await exists(inside(restoreNames.ready, name)))
      if (isOld && (await exists(inside(name))))
        await files.rename(inside(name), files.resolve(replaced, name))
    }
    for (const name of newFiles)
      if (await exists(inside(restoreNames.ready, name)))
        await files.rename(inside(restoreNames.ready, name), inside(name))
  }
  let kept: string | undefined
  if (!(await files.removeFolder(replaced))) {
    kept = await findFreeName(
      inside(`replaced-${new Date(now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`),
      files,
    )
    await files.rename(replaced, kept)
  }
  await files.removeFolder(ready)
  return kept
}

async function findFreeName(wanted: string, { facts }: RestoreHost['files']): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (!(await facts(name))) return name
  }
}

/** Removes a folder with everything in it, and of a link the link alone. Does nothing if it is missing. */
export async function removeTree(folder: string, files: RestoreHost['files']): Promise<void> {
  if (await files.isLink(folder)) return files.remove(folder)
  for (const name of await files.list(folder)) {
    const path = files.resolve(folder, name)
    const facts = (await files.isLink(path)) ? undefined : await files.facts(path)
    if (facts && !facts.isFile) await removeTree(path, files)
    else await files.remove(path)
  }
  await files.removeFolder(folder)
}
