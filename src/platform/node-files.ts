import { type Stats, statSync } from 'node:fs'
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import process from 'node:process'
import { FileError, type FileFacts, type Files } from './platform.ts'

/** Files over node:fs, which Bun and Deno both have. */
export const nodeFiles: Files = {
  user: process.geteuid?.() ?? process.getuid?.(),
  resolve,
  folderOf: dirname,
  facts: (path) => attempt('look at', path, () => findFacts(path)),
  identityNow,
  isLink: (path) => attempt('look at', path, () => isLink(path)),
  read: (path) => attempt('read', path, () => readFile(path)),
  readSmall: (path, limit) => attempt('read', path, () => readSmall(path, limit)),
  checkWritable: (folder) => attempt('write into', folder, () => checkWritable(folder)),
  list: (folder) => attempt('list', folder, () => listFolder(folder)),
  makeFolder: (folder) =>
    attempt('create', folder, async () => void (await mkdir(folder, { recursive: true }))),
  create: (path, content) => attempt('write', path, () => create(path, content)),
  makePrivateFolder: (folder) => attempt('create', folder, () => makePrivateFolder(folder)),
  createPrivate: (path, content) => attempt('write', path, () => createPrivate(path, content)),
  createPrivateFolder: (folder, fileName, content) =>
    attempt('write', folder, () => createPrivateFolder(folder, fileName, content)),
  createPrivateWith,
  remove: (path) => attempt('remove', path, () => rm(path, { force: true })),
}

async function attempt<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new FileError(action, path, codeOf(cause), { cause })
  }
}

function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause ? String(cause.code) : cause.message
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

async function findFacts(path: string): Promise<FileFacts | undefined> {
  let found: Stats
  try {
    found = await stat(path)
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
  return {
    size: found.size,
    mode: process.platform === 'win32' ? undefined : found.mode & 0o777,
    owner: process.platform === 'win32' ? undefined : found.uid,
    isFile: found.isFile(),
    identity: renderIdentity(found),
    modifiedAt: found.mtimeMs,
    changedAt: found.ctimeMs,
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch (cause) {
    if (isMissing(cause)) return false
    throw cause
  }
}

async function readSmall(path: string, limit: number): Promise<Uint8Array> {
  const facts = await stat(path)
  if (!facts.isFile()) throw new Error('it is not a file')
  if (facts.size > limit) throw new Error(`it has ${facts.size} bytes, wanted at most ${limit}`)
  return readFile(path)
}

async function checkWritable(folder: string): Promise<void> {
  const probe = besides(resolve(folder, 'probe'))
  await writeDurably(probe, '')
  await rm(probe, { force: true })
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (cause) {
    if (isMissing(cause)) return []
    throw cause
  }
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' })
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    throw cause
  }
}

async function makePrivateFolder(folder: string, { isRetry = false } = {}): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST' && (await stat(folder)).isDirectory()) return
    // /proc takes no folder and says for ever that something is missing.
    if (isRetry || !isMissing(cause) || dirname(folder) === folder) throw cause
    await makePrivateFolder(dirname(folder))
    return makePrivateFolder(folder, { isRetry: true })
  }
  await chmod(folder, 0o700)
  await keepOwner(folder)
  await syncFolder(dirname(folder))
}

async function createPrivate(path: string, content: string): Promise<boolean> {
  const temporary = besides(path)
  await writeDurably(temporary, content)
  return moveInto(temporary, path)
}

async function createPrivateWith(path: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
  const temporary = besides(path)
  await attempt('write', path, () => writeDurably(temporary, ''))
  try {
    // What `fill` throws is its own and stays as it is.
    await fill(temporary)
    await attempt('write', path, () => syncFile(temporary))
    return await attempt('write', path, () => moveInto(temporary, path))
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Gives a durable file its name, unless something has it already. */
async function moveInto(temporary: string, path: string): Promise<boolean> {
  try {
    // A hard link, unlike a rename, refuses to take the place of a file that is there.
    await link(temporary, path)
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    // The other process may not have made its file durable yet, and what we answer next rests on it.
    await syncFolder(dirname(path))
    return false
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(dirname(path))
  return true
}

async function createPrivateFolder(folder: string, fileName: string, content: string): Promise<boolean> {
  const temporary = besides(folder)
  await mkdir(temporary, { mode: 0o700 })
  await chmod(temporary, 0o700)
  await keepOwner(temporary)
  try {
    await writeDurably(resolve(temporary, fileName), content)
    await syncFolder(temporary)
    // A folder's rename takes the place of an empty folder only, so one of two processes wins.
    await rename(temporary, folder)
  } catch (cause) {
    await rm(temporary, { force: true, recursive: true })
    if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(cause))) throw cause
    await syncFolder(dirname(folder))
    return false
  }
  await syncFolder(dirname(folder))
  return true
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.chmod(0o600)
    await keepOwner(path)
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** What root makes in the folder of a service belongs to the service: it could not read its own key otherwise. */
async function keepOwner(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(dirname(path))
  if (uid !== 0) await chown(path, uid, gid)
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folder; its file system journals the rename by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function besides(path: string): string {
  return resolve(dirname(path), `.${basename(path)}.${crypto.getRandomValues(new Uint8Array(8)).toHex()}.tmp`)
}

function isMissing(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(cause))
}
