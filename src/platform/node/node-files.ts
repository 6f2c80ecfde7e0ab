import { Buffer } from 'node:buffer'
import { constants, type Stats, statSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import * as nodeFs from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { codeOf, DurableFiles, type FileSystem, isMissing } from '../durable-files.ts'
import { type DiskSpace, FileError, type FileFacts, type Files } from '../files.ts'
import { fillFile, streamFile } from './node-streams.ts'

/** Files over node:fs, which Bun and Deno both have. */
export function createFiles(fs: FileSystem): Files {
  const durable = new DurableFiles(fs)
  return {
    user: process.geteuid?.() ?? process.getuid?.(),
    inKubernetes: Boolean(process.env['KUBERNETES_SERVICE_HOST']),
    resolve,
    folderOf: dirname,
    facts: (path) => attempt('look at', path, () => findFacts(path, fs)),
    identityNow,
    isLink: (path) => attempt('look at', path, () => isLink(path, fs)),
    space: findSpace,
    readSmall: (path, limit) => attempt('read', path, () => readSmall(path, limit, fs)),
    mayWrite: (path) => attempt('look at', path, () => mayWrite(path, fs)),
    checkWritable: (folder) => attempt('write into', folder, () => durable.checkWritable(folder)),
    list: (folder) => attempt('list', folder, () => listFolder(folder, fs)),
    makeFolder: (folder) =>
      attempt('create', folder, async () => void (await fs.mkdir(folder, { recursive: true }))),
    create: (path, content) => attempt('write', path, () => create(path, content, fs)),
    makePrivateFolder: (folder) => attempt('create', folder, () => durable.makeFolder(folder)),
    createPrivate: (path, content) => attempt('write', path, () => durable.create(path, content)),
    createPrivateWith: (path, fill) => createWith(path, fill, durable),
    stagePrivate: (path, content) => attempt('write', path, () => durable.stage(path, content)),
    giveName: (staged, path) => attempt('write', path, () => durable.giveName(staged, path)),
    stream: (path) => streamFile(path, fs),
    fill: (path, content) => fillFile(path, content, fs),
    rename: (from, to) => attempt('rename', from, () => durable.rename(from, to)),
    remove: (path) => attempt('remove', path, () => fs.rm(path, { force: true })),
    removeFolder: (folder) => attempt('remove', folder, () => removeFolder(folder, fs)),
  }
}

export const nodeFiles: Files = createFiles(nodeFs)

async function attempt<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new FileError(action, path, codeOf(cause), { cause })
  }
}

/** Errors of `fill` are passed on as they are. */
async function createWith(
  path: string,
  fill: (temporary: string) => Promise<void>,
  durable: DurableFiles,
): Promise<boolean> {
  let own: { readonly cause: unknown } | undefined
  const work = () =>
    durable.createWith(path, (temporary) =>
      fill(temporary).catch((cause: unknown) => {
        own = { cause }
        throw cause
      }),
    )
  try {
    return await attempt('write', path, work)
  } catch (cause) {
    throw own ? own.cause : cause
  }
}

function identityNow(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found && renderIdentity(found)
  } catch (cause) {
    throw new FileError('look at', path, codeOf(cause), { cause })
  }
}

function renderIdentity({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`
}

async function findFacts(path: string, fs: FileSystem): Promise<FileFacts | undefined> {
  let found: Stats
  try {
    found = await fs.stat(path)
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
  const hasModes = process.platform !== 'win32'
  return {
    size: found.size,
    mode: hasModes ? found.mode & 0o777 : undefined,
    owner: hasModes ? found.uid : undefined,
    isFile: found.isFile(),
    identity: renderIdentity(found),
    modifiedAt: found.mtimeMs,
    changedAt: found.ctimeMs,
  }
}

async function findSpace(path: string): Promise<DiskSpace | undefined> {
  try {
    const { bsize, bavail, blocks, files, ffree } = await nodeFs.statfs(path)
    return { free: bavail * bsize, total: blocks * bsize, freeFiles: files > 0 ? ffree : undefined }
  } catch {
    return undefined
  }
}

async function isLink(path: string, fs: FileSystem): Promise<boolean> {
  try {
    return (await fs.lstat(path)).isSymbolicLink()
  } catch (cause) {
    if (isMissing(cause)) return false
    throw cause
  }
}

async function mayWrite(path: string, fs: FileSystem): Promise<boolean> {
  try {
    await fs.access(path, constants.W_OK)
    return true
  } catch (cause) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(cause) ?? '')) return false
    throw cause
  }
}

async function readSmall(path: string, limit: number, fs: FileSystem): Promise<Uint8Array> {
  const facts = await fs.stat(path)
  if (!facts.isFile()) throw new Error('it is not a file')
  if (facts.size > limit) throw new Error(`it has ${facts.size} bytes, wanted at most ${limit}`)
  return facts.size > 0 ? fs.readFile(path) : readUnsized(path, limit, fs)
}

/** Bytes that are read at once of a file that does not tell its size. */
const unsizedChunk = 64 * 1024

/**
 * Reads a file whose size is said to be 0. Those of /proc are such files, and some of them never end or wait for more, so that a plain
 * read would keep a thread for ever.
 */
async function readUnsized(path: string, limit: number, fs: FileSystem): Promise<Uint8Array> {
  const opened = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const chunks: Uint8Array[] = []
    for (let size = 0; ; ) {
      const { bytesRead, buffer } = await opened.read(new Uint8Array(unsizedChunk), 0, unsizedChunk, null)
      if (bytesRead === 0) return Buffer.concat(chunks)
      chunks.push(buffer.subarray(0, bytesRead))
      size += bytesRead
      if (size > limit) throw new Error(`it has more than ${limit} bytes`)
    }
  } catch (cause) {
    throw codeOf(cause) === 'EAGAIN' ? new Error('it waits for more, wanted a file with an end') : cause
  } finally {
    await opened.close()
  }
}

async function listFolder(folder: string, fs: FileSystem): Promise<string[]> {
  try {
    return (await fs.readdir(folder)).sort()
  } catch (cause) {
    if (isMissing(cause)) return []
    throw cause
  }
}

async function create(path: string, content: string, fs: FileSystem): Promise<boolean> {
  let file: FileHandle
  try {
    file = await fs.open(path, 'wx')
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    throw cause
  }
  try {
    await file.writeFile(content)
    return true
  } catch (cause) {
    // On a full disk the file exists and has a part.
    await fs.rm(path, { force: true }).catch(() => {})
    throw cause
  } finally {
    await file.close()
  }
}

async function removeFolder(folder: string, fs: FileSystem): Promise<boolean> {
  try {
    await fs.rmdir(folder)
    return true
  } catch (cause) {
    if (isMissing(cause)) return true
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(cause))) return false
    throw cause
  }
}
