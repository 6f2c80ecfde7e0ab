import * as nodeFs from 'node:fs/promises'
import type { FileSystem } from '../../src/platform/durable-files.ts'
import type { Files } from '../../src/platform/files.ts'
import { createFiles } from '../../src/platform/node/node-files.ts'
import type { Records, Storage, TenantStorage } from '../../src/storage/storage.ts'

/** The process is dead: nothing that it does from then on has any effect. */
export class Died extends Error {}

/**
 * What befalls a process at one of its calls, counted from 1:
 * - `before`: it is killed and the call is never made; `after`: the call is made and the process never learns of it; `half`: like
 *   `before`, but half of what was to be written is;
 * - `ENOSPC` and the like: the call fails, and so does every later one that needs room.
 */
export interface Doom {
  readonly at: number
  readonly by: 'before' | 'after' | 'half' | 'ENOSPC' | 'EIO'
}

const needsRoom = ['mkdir', 'link', 'writeFile', 'write', 'create', 'sync']

/** Counts the calls of one process, and lets its doom come. */
export class Fate {
  readonly #doom: Doom
  #count = 0
  #isDead = false
  #isFull = false

  constructor(doom: Doom = { at: Number.POSITIVE_INFINITY, by: 'before' }) {
    this.#doom = doom
  }

  /** Whether the doom came: a process with fewer calls than that ends well. */
  get isMet(): boolean {
    return this.#count >= this.#doom.at
  }

  async meet<T>(call: string, work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    if (this.#isDead) throw new Died()
    const { at, by } = this.#doom
    const isNow = ++this.#count === at
    if (isNow && (by === 'ENOSPC' || by === 'EIO')) this.#isFull = true
    if (this.#isFull && needsRoom.includes(call)) throw Object.assign(new Error(by), { code: by })
    if (!isNow || this.#isFull) return work()
    this.#isDead = true
    if (by === 'after') await work()
    if (by === 'half') await half?.()
    throw new Died()
  }
}

/** Files whose every call of the system is counted. To be durable takes time and changes nothing here, so nothing is synced. */
export function doomedFiles(fate: Fate): Files {
  const plain = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
    return (...args: A) => fate.meet(name, () => call(...args))
  }
  const open = async (...args: Parameters<typeof nodeFs.open>) => {
    const isNew = args[1] === 'wx'
    let opened: nodeFs.FileHandle | undefined
    const work = async () => {
      opened = await nodeFs.open(...args)
      return opened
    }
    const handle = await fate.meet(isNew ? 'create' : 'open', work).catch(async (cause: unknown) => {
      await opened?.close()
      throw cause
    })
    return new Proxy(handle, {
      get: (_, name) => {
        if (name === 'chmod') return (mode: number) => fate.meet('chmod', () => handle.chmod(mode))
        if (name === 'sync') return () => fate.meet('sync', async () => {})
        if (name === 'writeFile')
          return (text: string) =>
            fate.meet(
              'writeFile',
              () => handle.writeFile(text),
              () => handle.writeFile(text.slice(0, text.length / 2)),
            )
        if (name === 'read') return (...args: Parameters<nodeFs.FileHandle['read']>) => handle.read(...args)
        if (name === 'write')
          return (chunk: Uint8Array, at: number) =>
            fate.meet(
              'write',
              () => handle.write(chunk, at),
              () => handle.write(chunk, at, Math.floor((chunk.length - at) / 2)),
            )
        // The system closes the files of a process that died.
        if (name === 'close') return () => handle.close()
        // An async function looks whether what it answers is a promise.
        if (name === 'then') return undefined
        throw new TypeError(`Nobody has called ${String(name)} of a file yet`)
      },
    })
  }
  const fs: FileSystem = {
    ...nodeFs,
    open,
    chmod: plain('chmod', nodeFs.chmod),
    chown: plain('chown', nodeFs.chown),
    link: plain('link', nodeFs.link),
    lstat: plain('lstat', nodeFs.lstat as (path: string) => ReturnType<typeof nodeFs.lstat>) as never,
    mkdir: plain('mkdir', nodeFs.mkdir) as never,
    readdir: plain('readdir', nodeFs.readdir as never) as never,
    readFile: plain('readFile', nodeFs.readFile as never) as never,
    rename: plain('rename', nodeFs.rename),
    rm: plain('rm', nodeFs.rm),
    rmdir: plain('rmdir', nodeFs.rmdir),
    stat: plain('stat', nodeFs.stat as never) as never,
  }
  return createFiles(fs)
}

/** A storage whose every call is counted; a transaction is one, for the store makes it so. */
export function doomedStorage(storage: Storage, fate: Fate): Storage {
  const recordsOf = <T>(records: Records<T>): Records<T> =>
    new Proxy(records, {
      get: (target, name) => {
        const call = Reflect.get(target, name).bind(target)
        return (...args: unknown[]) => fate.meet(String(name), () => call(...args))
      },
    })
  const of = (tenantId: string): TenantStorage => {
    const tenant = storage.of(tenantId)
    return { ...tenant, of: (kind) => recordsOf(tenant.of(kind)) }
  }
  return {
    name: storage.name,
    of,
    transaction: (work) => fate.meet('transaction', () => storage.transaction(work)),
    deleteExpired: (...args) => storage.deleteExpired(...args),
    findLastExpiry: (...args) => storage.findLastExpiry(...args),
    tidy: () => storage.tidy(),
    check: () => storage.check(),
    readClock: () => storage.readClock(),
    close: () => storage.close(),
  }
}
