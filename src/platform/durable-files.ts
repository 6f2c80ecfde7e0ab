import type * as nodeFs from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import process from 'node:process'

/** The functions of node:fs/promises that this class uses. A test replaces them by functions that fail or end the process. */
export type FileSystem = Pick<
  typeof nodeFs,
  | 'access'
  | 'chmod'
  | 'chown'
  | 'link'
  | 'lstat'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'readFile'
  | 'rename'
  | 'rm'
  | 'rmdir'
  | 'stat'
  | 'writeFile'
>

/**
 * Private files that are on the disk when a method resolves. A failure leaves nothing behind; a kill may leave a file with a
 * temporary name.
 */
export class DurableFiles {
  readonly #fs: FileSystem

  constructor(fs: FileSystem) {
    this.#fs = fs
  }

  async checkWritable(folder: string): Promise<void> {
    const probe = besides(resolve(folder, 'probe'))
    await this.#write(probe, '')
    await this.#fs.rm(probe, { force: true })
  }

  async makeFolder(folder: string, { isRetry = false } = {}): Promise<void> {
    const { mkdir, stat, chmod } = this.#fs
    try {
      await mkdir(folder, { mode: 0o700 })
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST' && (await stat(folder)).isDirectory()) return
      // /proc takes no folder and always says that a parent is missing.
      if (isRetry || !isMissing(cause) || dirname(folder) === folder) throw cause
      await this.makeFolder(dirname(folder))
      return this.makeFolder(folder, { isRetry: true })
    }
    await chmod(folder, 0o700)
    await this.#keepOwner(folder)
    await this.#syncFolder(dirname(folder))
  }

  async create(path: string, content: string): Promise<boolean> {
    const temporary = besides(path)
    await this.#write(temporary, content)
    return this.#moveInto(temporary, path)
  }

  /** `fill` writes the file by its temporary path. */
  async createWith(path: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
    const temporary = besides(path)
    await this.#write(temporary, '')
    try {
      await fill(temporary)
      await this.#syncFile(temporary)
      return await this.#moveInto(temporary, path)
    } finally {
      await this.#fs.rm(temporary, { force: true })
    }
  }

  async stage(path: string, content: string): Promise<void> {
    await this.#write(path, content)
    try {
      await this.#syncFolder(dirname(path))
    } catch (cause) {
      await this.#fs.rm(path, { force: true }).catch(() => {})
      throw cause
    }
  }

  async giveName(staged: string, path: string): Promise<boolean> {
    try {
      // A hard link, unlike a rename, never replaces a file.
      await this.#fs.link(staged, path)
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') return false
      throw cause
    }
    await this.#fs.rm(staged, { force: true })
    await this.#syncFolder(dirname(path))
    return true
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#fs.rename(from, to)
    await this.#syncFolder(dirname(to))
    if (dirname(from) !== dirname(to)) await this.#syncFolder(dirname(from))
  }

  /** Gives a durable file its name, unless something has it already. */
  async #moveInto(temporary: string, path: string): Promise<boolean> {
    try {
      if (await this.giveName(temporary, path)) return true
    } catch (cause) {
      await this.#fs.rm(temporary, { force: true })
      throw cause
    }
    await this.#fs.rm(temporary, { force: true })
    // The other process may not have made its file durable yet, and the caller relies on it from now on.
    await this.#syncFolder(dirname(path))
    return false
  }

  async #write(path: string, content: string): Promise<void> {
    const file = await this.#fs.open(path, 'wx', 0o600)
    try {
      await file.chmod(0o600)
      await this.#keepOwner(path)
      await file.writeFile(content)
      await file.sync()
    } catch (cause) {
      // On a full disk the file exists and is empty.
      await this.#fs.rm(path, { force: true }).catch(() => {})
      throw cause
    } finally {
      await file.close()
    }
  }

  /** Gives a file that root makes to the owner of the folder. Otherwise the service could not read its own key. */
  async #keepOwner(path: string): Promise<void> {
    if (process.getuid?.() !== 0) return
    const { uid, gid } = await this.#fs.stat(dirname(path))
    if (uid !== 0) await this.#fs.chown(path, uid, gid)
  }

  async #syncFile(path: string): Promise<void> {
    const file = await this.#fs.open(path, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }

  async #syncFolder(folder: string): Promise<void> {
    // Windows cannot open a folder. Its file system journals names itself.
    if (process.platform === 'win32') return
    const handle = await this.#fs.open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

function besides(path: string): string {
  return resolve(dirname(path), `.${basename(path)}.${crypto.getRandomValues(new Uint8Array(8)).toHex()}.tmp`)
}

/** The error code of a failed system call, such as EACCES. */
export function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause ? String(cause.code) : cause.message
}

/** Whether an error of a call on a file says that the file, or a folder of its path, is not there. */
export function isMissing(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(cause))
}
