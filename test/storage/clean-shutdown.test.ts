import { expect, test } from 'bun:test'
import { copyFile, open as openFile, readdir, rename, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { nodePlatform } from '../../src/platform/node/node-process.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { type Storage, StorageRefusedError } from '../../src/storage/storage.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const platform = nodePlatform()

/** Opens the file, and tells whether all of it was read for that. */
async function open(path: string): Promise<{ storage: Storage; isChecked: boolean }> {
  let isChecked = false
  const sqlite: typeof platform.sqlite = {
    open: (each) => {
      const connection = platform.sqlite.open(each)
      const all: typeof connection.all = (text, values) => {
        isChecked ||= text.includes('quick_check')
        return connection.all(text, values)
      }
      return { ...connection, all }
    },
  }
  return { storage: new SqlStorage(await openSqlite(path, { ...platform, sqlite })), isChecked }
}

/** Opens and closes the file; answers whether all of it was read. */
async function openAndClose(path: string): Promise<boolean> {
  const { storage, isChecked } = await open(path)
  await storage.close()
  return isChecked
}

/** A database of some pages that was closed well. */
function withDatabase(work: (path: string) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    const path = join(folder, 'grantd.db')
    const { storage } = await open(path)
    const rows = Array.from({ length: 1000 }, (_, n) => ({ id: `token:${n}`, value: { before: n } }))
    await storage.of('acme').of(revocations).createMany(rows)
    await storage.close()
    await work(path)
  })
}

test('a file that was closed well is not read again, however often', () =>
  withDatabase(async (path) => {
    for (let start = 0; start < 5; start++) expect(await openAndClose(path)).toBe(false)
    const { storage } = await open(path)
    await storage
      .of('acme')
      .of(revocations)
      .create({ id: 'token:new', value: { before: 1 } })
    await storage.close()
    expect(await openAndClose(path)).toBe(false)
  }))

test('a file whose process was killed is read, and so it is when that had written nothing', () =>
  withDatabase(async (path) => {
    for (const isWritten of [false, true]) {
      const script = `
        const { nodePlatform } = await import('${import.meta.dir}/../../src/platform/node/node-process.ts')
        const { openStorage } = await import('${import.meta.dir}/../../src/storage/open.ts')
        const { revocations } = await import('${import.meta.dir}/../../src/tokens/revocation-row.ts')
        const storage = await openStorage({ kind: 'sqlite', path: '${path}' }, nodePlatform())
        const rows = storage.of('acme').of(revocations)
        if (${isWritten}) await rows.create({ id: 'token:last', value: { before: 1 } })
        process.kill(process.pid, 'SIGKILL')`
      const child = Bun.spawn([process.execPath, '-e', script], { stderr: 'inherit' })
      await child.exited
      expect(child.signalCode).toBe('SIGKILL')
      expect(await openAndClose(path)).toBe(true)
      expect(await openAndClose(path)).toBe(false)
    }
  }))

test('a file that another process has open is read, and the first to close leaves no note', () =>
  withDatabase(async (path) => {
    const [first, second] = [await open(path), await open(path)]
    expect([first.isChecked, second.isChecked]).toEqual([false, true])
    await second.storage.close()
    expect(await readdir(join(path, '..'))).not.toContain('grantd.db.closed')
    await first.storage.close()
    expect(await openAndClose(path)).toBe(false)
  }))

test('a copy in the place of the file is read, were it of the same size and time', () =>
  withDatabase(async (path) => {
    const { atime, mtime } = await stat(path)
    await copyFile(path, `${path}.backup`)
    await utimes(`${path}.backup`, atime, mtime)
    await rename(`${path}.backup`, path)
    expect(await openAndClose(path)).toBe(true)
  }))

test('a file that was written to in its place is read and refused, were its time set back', () =>
  withDatabase(async (path) => {
    const { atime, mtime } = await stat(path)
    const file = await openFile(path, 'r+')
    await file.write(new Uint8Array(4096).fill(0x5a), 0, 4096, 8192)
    await file.close()
    await utimes(path, atime, mtime)
    expect(await open(path).catch((cause: unknown) => cause)).toBeInstanceOf(StorageRefusedError)
  }))

test('a note that says something else, or too much, has the file read', () =>
  withDatabase(async (path) => {
    await Bun.write(`${path}.closed`, 'closed well\n')
    expect(await openAndClose(path)).toBe(true)
    expect(await openAndClose(path)).toBe(false)
    await Bun.write(`${path}.closed`, 'x'.repeat(10_000))
    expect(await openAndClose(path)).toBe(true)
  }))
