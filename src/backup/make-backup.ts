import { createTarPacker, type TarPackController } from 'modern-tar'
import { isAnyKey } from '../keys/material/key-names.ts'
import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { tenantIdPattern } from '../protocol/names.ts'
import { removeLeftovers } from '../storage/sqlite/leftovers.ts'
import { snapshotSqlite } from '../storage/sqlite/snapshot-sqlite.ts'
import { BackupError } from './backup-error.ts'
import { encrypt, encrypterOf, type Protection } from './encryption.ts'
import {
  type BackupPart,
  backupFormat,
  configFolder,
  databaseName,
  type Manifest,
  manifestName,
  parseManifest,
} from './manifest.ts'

export type BackupHost = Pick<
  Platform,
  'files' | 'sqlite' | 'now' | 'hashing' | 'startSha256' | 'writeBytesPaced'
>

export interface BackupOptions {
  readonly dataDir: string
  /** The tenants of the configuration. */
  readonly tenants: readonly string[]
  /** Files of the configuration, by the name in the backup. */
  readonly configFiles: readonly { readonly name: string; readonly path: string }[]
  readonly leftOut: readonly string[]
  readonly protection: Protection
  readonly version: string
  /** A path, at which nothing may be yet; undefined: standard output. */
  readonly to: string | undefined
}

/** A small file, which is kept in memory until it is written. */
interface SmallFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Bytes. Key files and configurations are far smaller. */
const largestSmallFile = 64 * 1024 * 1024

/**
 * Writes a backup of a data_dir with SQLite; servers may go on. Its database is that of one moment, and it has every key that this database
 * names. A file appears whole, durable and of mode 0600, or not at all. Throws BackupError, StorageError and FileError.
 */
export async function makeBackup(options: BackupOptions, host: BackupHost): Promise<Manifest> {
  const { to, dataDir, protection } = options
  const { files } = host
  if (protection.kind !== 'plain') encrypterOf(protection)
  if (to !== undefined && (await files.facts(to))) throw takenName(to)
  const scratch = files.resolve(dataDir, databaseName)
  await removeLeftovers(scratch, await files.list(dataDir), host)
  let manifest: Manifest | undefined
  // The copy is the temporary file of a database, which never gets its name. The next start or backup removes it if this one is killed.
  await files
    .createPrivateWith(scratch, async (copy) => {
      manifest = await copyAndWrite(copy, options, host)
      throw new Discarded()
    })
    .catch((cause: unknown) => {
      if (!(cause instanceof Discarded)) throw cause
    })
  if (!manifest) throw new BackupError(`The database ${scratch} was not copied`)
  return manifest
}

/** Ends the making of a file that is not to have a name. */
class Discarded extends Error {}

function takenName(path: string): BackupError {
  return new BackupError(`${path} is there already, and a backup replaces nothing; choose another name`)
}

async function copyAndWrite(copy: string, options: BackupOptions, host: BackupHost): Promise<Manifest> {
  const { dataDir, configFiles, leftOut, version } = options
  const { files } = host
  // Keys of before and after the copy: a key that the database names at that moment is in one of them.
  const before = await readKeys(dataDir, host)
  const madeAt = new Date(host.now()).toISOString()
  const { schema, tenants } = await snapshotSqlite(files.resolve(dataDir, databaseName), copy, host)
  const keys = new Map([...before, ...(await readKeys(dataDir, host))])
  const configs = await Promise.all(
    configFiles.map(async ({ name, path }) => ({
      name: `${configFolder}/${name}`,
      bytes: await files.readSmall(path, largestSmallFile),
    })),
  )
  const small: SmallFile[] = [...[...keys].map(([name, bytes]) => ({ name, bytes })), ...configs]
  const parts: BackupPart[] = [
    await describeFile(databaseName, copy, host),
    ...small.map((file) => describe(file, host)),
  ]
  const manifest: Manifest = {
    ...{ format: backupFormat, made_by: version, made_at: madeAt, schema },
    tenants: [...new Set([...tenants, ...options.tenants])].sort(),
    ...{ parts, left_out: leftOut },
  }
  // What a restore would refuse is no backup.
  parseManifest(bytesOf(manifest))
  await writeArchive({ manifest, copy, small }, options, host)
  return manifest
}

/** The key files of all tenants, by their names in data_dir. A file that is removed meanwhile is left out. */
async function readKeys(dataDir: string, { files }: BackupHost): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  const folder = files.resolve(dataDir, 'keys')
  for (const tenant of (await files.list(folder)).filter((name) => tenantIdPattern.test(name))) {
    for (const name of (await files.list(files.resolve(folder, tenant))).filter(isKeyToKeep)) {
      try {
        const bytes = await files.readSmall(files.resolve(folder, tenant, name), largestSmallFile)
        found.set(`keys/${tenant}/${name}`, bytes)
      } catch (cause) {
        if (!(cause instanceof FileError && cause.code === 'ENOENT')) throw cause
      }
    }
  }
  return found
}

/** Not one that is being written. */
function isKeyToKeep(name: string): boolean {
  return isAnyKey(name) && !name.endsWith('.tmp')
}

function describe({ name, bytes }: SmallFile, { hashing }: BackupHost): BackupPart {
  return { name, size: bytes.length, sha256: hashing.sha256(bytes).toHex() }
}

async function describeFile(
  name: string,
  path: string,
  { files, startSha256 }: BackupHost,
): Promise<BackupPart> {
  const hash = await startSha256()
  let size = 0
  for await (const chunk of files.stream(path)) {
    hash.update(chunk)
    size += chunk.length
  }
  return { name, size, sha256: hash.finish() }
}

interface Contents {
  readonly manifest: Manifest
  /** The path of the copy of the database. */
  readonly copy: string
  readonly small: readonly SmallFile[]
}

async function writeArchive(
  contents: Contents,
  { protection, to }: BackupOptions,
  host: BackupHost,
): Promise<void> {
  const { readable, controller } = createTarPacker()
  const pack = packAll(contents, controller, host).catch((cause: unknown) => {
    controller.error(cause)
    throw cause
  })
  const writeAll = async () => {
    const sealed = await encrypt(readable, protection)
    if (to === undefined) return await printAll(sealed, host)
    const isNew = await host.files.createPrivateWith(to, (temporary) => host.files.fill(temporary, sealed))
    if (!isNew) throw takenName(to)
  }
  // The packer would wait for ever for a reader that never began to read.
  const write = writeAll().catch((cause: unknown) => {
    controller.error(cause)
    throw cause
  })
  // The writer is asked first, because the packer only learns that its reader is gone.
  const [written, packed] = await Promise.allSettled([write, pack])
  if (written.status === 'rejected') throw written.reason
  if (packed.status === 'rejected') throw packed.reason
}

function bytesOf(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`)
}

async function printAll(content: ReadableStream<Uint8Array>, { writeBytesPaced }: BackupHost): Promise<void> {
  for await (const chunk of content)
    if (!(await writeBytesPaced(chunk)))
      throw new BackupError('The reader of the backup is gone; it has a part of it')
}

async function packAll(
  { manifest, copy, small }: Contents,
  controller: TarPackController,
  { files }: BackupHost,
): Promise<void> {
  const mtime = new Date(manifest.made_at)
  const add = (name: string, size: number) => controller.add({ name, size, mtime, mode: 0o600, type: 'file' })
  const addSmall = async ({ name, bytes }: SmallFile) => {
    const writer = add(name, bytes.length).getWriter()
    await writer.write(bytes)
    await writer.close()
  }
  await addSmall({ name: manifestName, bytes: bytesOf(manifest) })
  const [database] = manifest.parts
  await files.stream(copy).pipeTo(add(databaseName, database?.size ?? 0))
  for (const file of small) await addSmall(file)
  controller.finalize()
}
