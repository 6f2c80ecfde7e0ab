import type { Platform } from '../platform/platform.ts'
import { placeRestored, removeTree, restoreNames, withRestoreLock } from '../storage/sqlite/restored-files.ts'
import { adoptSqlite, checkUnused, type SnapshotFacts } from '../storage/sqlite/snapshot-sqlite.ts'
import { BackupError } from './backup-error.ts'
import type { Opener } from './encryption.ts'
import { configFolder, databaseName, type Manifest } from './manifest.ts'
import { readBackup } from './read-backup.ts'

export type RestoreHost = Pick<Platform, 'files' | 'sqlite' | 'now' | 'startSha256'>

export interface RestoreOptions {
  readonly path: string
  readonly opener: Opener
  /** The data_dir. It may be missing, empty or, with `force`, in use before. */
  readonly into: string
  readonly force: boolean
  /** Called with the path of the database before it is in its place, to change it or to refuse it. */
  readonly prepare: (database: string, backup: RestoredFacts) => Promise<void>
}

export interface RestoredFacts extends SnapshotFacts {
  readonly manifest: Manifest
}

export interface Restored extends RestoredFacts {
  /** The folder with what was in the data_dir; undefined if it had nothing. */
  readonly replaced: string | undefined
}

/** Reads all of a backup and checks every part; keeps nothing. Throws BackupError. */
export function checkBackup(path: string, opener: Opener, host: RestoreHost): Promise<Manifest> {
  const drain = async (_: unknown, content: ReadableStream<Uint8Array>) =>
    content.pipeTo(new WritableStream())
  return readBackup(path, { opener, take: drain }, host)
}

/**
 * Puts a backup into a data_dir: all of it or nothing, also if it is killed. What was there stays in a folder beside it. Throws
 * BackupError, StorageError and FileError.
 */
export async function restoreBackup(options: RestoreOptions, host: RestoreHost): Promise<Restored> {
  const { into } = options
  const { files } = host
  const wasThere = (await files.facts(into)) !== undefined
  await files.makePrivateFolder(into)
  try {
    return await restoreLocked(options, host)
  } catch (cause) {
    if (!wasThere) await files.removeFolder(into).catch(() => {})
    throw cause
  }
}

function restoreLocked(options: RestoreOptions, host: RestoreHost): Promise<Restored> {
  const { into, force } = options
  const { files } = host
  return withRestoreLock(into, host, async () => {
    await placeRestored(into, host)
    const staging = files.resolve(into, restoreNames.staging)
    await removeTree(staging, files)
    const database = files.resolve(into, databaseName)
    const checkPlace = async () => {
      const names = await files.list(into)
      if (!names.some((name) => name.startsWith(databaseName) || name === 'keys')) return
      if (!force)
        throw new BackupError(
          `${into} has a database or keys already; restore into another folder, or replace them with --force, which keeps them in a folder beside`,
        )
      if (names.includes(databaseName)) await checkUnused(database, host)
    }
    await checkPlace()
    try {
      const facts = await stage(staging, options, host)
      await checkPlace()
      // From this rename on, the data_dir is the restored one.
      await files.rename(staging, files.resolve(into, restoreNames.ready))
      return { ...facts, replaced: await placeRestored(into, host) }
    } catch (cause) {
      await removeTree(staging, files).catch(() => {})
      throw cause
    }
  })
}

async function stage(staging: string, options: RestoreOptions, host: RestoreHost): Promise<RestoredFacts> {
  const { path, opener, prepare } = options
  const { files } = host
  await files.makePrivateFolder(files.resolve(staging, 'keys'))
  const manifest = await readBackup(
    path,
    {
      opener,
      take: async ({ name }, content) => {
        const place = files.resolve(staging, name)
        if (name.startsWith('keys/') || name.startsWith(`${configFolder}/`))
          await files.makePrivateFolder(files.folderOf(place))
        await files.createPrivateWith(place, (temporary) => files.fill(temporary, content))
      },
    },
    host,
  )
  const database = files.resolve(staging, databaseName)
  const facts = { manifest, ...(await adoptSqlite(database, host)) }
  await prepare(database, facts)
  // They belong to the database under its name in the staging folder.
  for (const suffix of ['.made', '.closed']) await files.remove(`${database}${suffix}`)
  return facts
}
