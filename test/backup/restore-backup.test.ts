import { describe, expect, test } from 'bun:test'
import { chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packTar } from 'modern-tar'
import { checkBackup } from '../../src/backup/restore-backup.ts'
import { consents } from '../../src/consents/consent-row.ts'
import { createText } from '../support/raw-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'
import {
  ageKeys,
  backUp,
  keyName,
  makeDataDir,
  readMark,
  restore,
  snapshotOf,
  withStorageOf,
} from './backup-kit.ts'

describe('a backup', () => {
  test('comes back whole into a new folder, private, with all that its manifest says', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to, into] = ['data', 'b.age', 'new'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      const { protection, opener } = await ageKeys()
      await makeDataDir(dataDir, 'one')
      const manifest = await backUp({ dataDir, to, protection })
      expect(manifest.parts.map(({ name }) => name)).toEqual(['grantd.db', keyName])
      expect(manifest.tenants).toEqual(['acme', 'configured'])
      expect((await stat(to)).mode & 0o777).toBe(0o600)
      expect((await readFile(to)).includes('key one')).toBe(false)
      // Nothing stays behind in data_dir.
      expect((await readdir(dataDir)).filter((name) => name.startsWith('.'))).toEqual([])
      const restored = await restore({ path: to, into, opener })
      expect(restored.replaced).toBeUndefined()
      expect(restored.manifest).toEqual(manifest)
      expect(await readMark(into)).toBe('one')
      for (const name of ['grantd.db', 'grantd.db.made', keyName])
        expect((await stat(join(into, name))).mode & 0o777).toBe(0o600)
      expect((await readdir(into)).filter((name) => name.includes('restore'))).toEqual([])
    }))

  test('has nothing of rows that were deleted', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to] = [join(folder, 'data'), join(folder, 'b')]
      await makeDataDir(dataDir, 'one')
      await withStorageOf(dataDir, async (storage) => {
        const records = storage.of('acme').of(consents)
        const value = { scopes: ['gone-with-its-row'], granted_at: 1, used_at: 1 }
        for (let index = 0; index < 500; index++)
          await createText(records, JSON.stringify(value), { id: `c${index}`, parent: null })
        for (let index = 0; index < 500; index++) await records.delete(`c${index}`)
      })
      expect((await readFile(join(dataDir, 'grantd.db'))).includes('gone-with-its-row')).toBe(true)
      await backUp({ dataDir, to })
      expect((await readFile(to)).includes('gone-with-its-row')).toBe(false)
    }))

  test('is opened by a passphrase, and by no other', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to] = [join(folder, 'data'), join(folder, 'b.age')]
      await makeDataDir(dataDir, 'one')
      const passphrase = 'correct horse battery staple'
      await backUp({ dataDir, to, protection: { kind: 'passphrase', passphrase, work: 8 } })
      expect((await checkBackup(to, { passphrase }, platform)).parts).toHaveLength(2)
      const other = checkBackup(to, { passphrase: `${passphrase}!` }, platform)
      await expect(other).rejects.toThrow(
        'The backup does not open: the passphrase or the identity is not that',
      )
      await expect(checkBackup(to, {}, platform)).rejects.toThrow(
        'The backup is encrypted; give its passphrase',
      )
      const short = backUp({
        dataDir,
        to: join(folder, 'c'),
        protection: { kind: 'passphrase', passphrase: 'short' },
      })
      await expect(short).rejects.toThrow('The passphrase has fewer than 12 characters')
    }))

  test('replaces no file, and needs a database', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to] = [join(folder, 'data'), join(folder, 'b.age')]
      await makeDataDir(dataDir, 'one')
      await writeFile(to, 'mine')
      await expect(backUp({ dataDir, to })).rejects.toThrow('is there already, and a backup replaces nothing')
      expect(await readFile(to, 'utf8')).toBe('mine')
      await mkdir(join(folder, 'empty'))
      const none = backUp({ dataDir: join(folder, 'empty'), to: join(folder, 'c') })
      await expect(none).rejects.toThrow('so there is nothing to back up')
      expect(await readdir(join(folder, 'empty'))).toEqual([])
    }))

  test('fails, and does not wait, where it cannot be written, however large it is', () =>
    withTempFolder(async (folder) => {
      const dataDir = join(folder, 'data')
      await makeDataDir(dataDir, 'one')
      // More than the packer holds.
      await writeFile(join(dataDir, 'keys/acme/large.pem'), new Uint8Array(20 * 1024 * 1024))
      const { protection } = await ageKeys()
      for (const each of [protection, undefined]) {
        const attempt = backUp({ dataDir, to: join(folder, 'none/b'), ...(each && { protection: each }) })
        await expect(attempt).rejects.toThrow('ENOENT')
      }
      expect((await readdir(dataDir)).filter((name) => name.startsWith('.'))).toEqual([])
    }))

  test('is of one moment while another process writes', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to, into] = ['data', 'b', 'new'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      await makeDataDir(dataDir, 'one')
      const writer = new Worker(new URL('pair-writer.ts', import.meta.url).href)
      const ready = new Promise((resolve) => writer.addEventListener('message', resolve, { once: true }))
      writer.postMessage(join(dataDir, 'grantd.db'))
      await ready
      await backUp({ dataDir, to })
      await restore({ path: to, into })
      writer.terminate()
      const counts = await withStorageOf(into, (storage) =>
        Promise.all(
          ['a', 'b'].map(async (tenant) => {
            return (await storage.of(tenant).of(consents).find('pair'))?.value.given_at
          }),
        ),
      )
      expect(counts[0]).toBeGreaterThan(0)
      expect(counts[0]).toBe(counts[1] ?? -1)
    }))
})

describe('a restore that is refused changes nothing', () => {
  test('a file that is cut off, or of which a byte was changed, wherever that is', () =>
    withTempFolder(async (folder) => {
      const { protection, opener } = await ageKeys()
      const [dataDir, into] = [join(folder, 'data'), join(folder, 'into')]
      await makeDataDir(dataDir, 'one')
      await makeDataDir(into, 'mine')
      const sealed = join(folder, 'sealed')
      const plain = join(folder, 'plain')
      await backUp({ dataDir, to: sealed, protection })
      await backUp({ dataDir, to: plain })
      const before = await snapshotOf(into)
      for (const [path, ways] of [
        [sealed, opener],
        [plain, {}],
      ] as const) {
        const bytes = await readFile(path)
        const damaged = join(folder, 'damaged')
        const refused = async () => {
          await expect(restore({ path: damaged, into, opener: ways, force: true })).rejects.toThrow(
            /^The backup .*(?:is damaged or cut off|does not open|wrong manifest)/,
          )
        }
        for (const part of [0, 0.01, 0.3, 0.7, 0.95]) {
          await writeFile(damaged, bytes)
          await truncate(damaged, Math.floor(bytes.length * part))
          await refused()
          const changed = Uint8Array.from(bytes)
          const at = Math.floor(bytes.length * part)
          changed[at] = (changed[at] ?? 0) ^ 0xff
          await writeFile(damaged, changed)
          // The end of a plain archive is filled with zeros that nobody reads.
          if (path === sealed || part < 0.9) await refused()
        }
      }
      expect(await snapshotOf(into)).toEqual(before)
      expect(await readMark(into)).toBe('mine')
    }))

  test('the identity of somebody else, a folder with data, and a missing file', () =>
    withTempFolder(async (folder) => {
      const [mine, other] = [await ageKeys(), await ageKeys()]
      const [dataDir, to, into] = ['data', 'b', 'new'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      await makeDataDir(dataDir, 'one')
      await backUp({ dataDir, to, protection: mine.protection })
      await expect(restore({ path: to, into, opener: other.opener })).rejects.toThrow(
        'The backup does not open',
      )
      await expect(restore({ path: join(folder, 'none'), into })).rejects.toThrow('ENOENT')
      expect(await readdir(folder)).not.toContain('new')
      await expect(restore({ path: to, into: dataDir, opener: mine.opener })).rejects.toThrow('--force')
    }))

  test('a data_dir that a server has open', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to] = [join(folder, 'data'), join(folder, 'b')]
      await makeDataDir(dataDir, 'one')
      await backUp({ dataDir, to })
      await withStorageOf(dataDir, async (storage) => {
        await storage.check()
        await expect(restore({ path: to, into: dataDir, force: true })).rejects.toThrow(
          'is in use; stop the server',
        )
      })
      const { replaced } = await restore({ path: to, into: dataDir, force: true })
      expect(replaced).toContain('replaced-')
    }))

  test('names that lead out of the folder, files that the manifest does not name, and a newer form', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to, into] = ['data', 'b', 'new'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      await makeDataDir(dataDir, 'one')
      const manifest = await backUp({ dataDir, to })
      const [database, key] = manifest.parts
      if (!database || !key) throw new Error('no parts')
      const attempt = async (change: object, entries: readonly { name: string; type?: 'symlink' }[] = []) => {
        const path = join(folder, 'hostile')
        const body = JSON.stringify({ ...manifest, ...change })
        const tar = await packTar([
          { header: { name: 'manifest.json', size: body.length }, body },
          ...entries.map(({ name, type }) => ({
            header: { name, size: type ? 0 : 1, ...(type && { type, linkname: '/etc' }) },
            ...(!type && { body: 'x' }),
          })),
        ])
        await writeFile(path, tar)
        return restore({ path, into })
      }
      for (const name of [
        '../x',
        'keys/../../x',
        '/etc/x',
        'keys/acme/../../x',
        'keys/acme/a..pem/../b',
        'other',
        'keys',
      ])
        await expect(attempt({ parts: [database, { ...key, name }] })).rejects.toThrow(
          'tenants, left_out or parts is wrong',
        )
      await expect(attempt({ parts: [database, database] })).rejects.toThrow('a part is named twice')
      await expect(attempt({ parts: [key] })).rejects.toThrow('the database is missing')
      await expect(attempt({ format: 2 })).rejects.toThrow('a newer grantd made it')
      await expect(attempt({}, [{ name: '../x' }])).rejects.toThrow('its files are not those of its manifest')
      await expect(attempt({}, [{ name: 'grantd.db', type: 'symlink' }])).rejects.toThrow('its files are not')
      await expect(attempt({})).rejects.toThrow('its end is missing')
      await expect(attempt({ parts: [{ ...database, size: 1 }] }, [{ name: 'grantd.db' }])).rejects.toThrow(
        'grantd.db is not what the manifest says',
      )
      expect((await readdir(folder)).sort()).toEqual(['b', 'data', 'hostile'])
    }))

  test('what never ends: a device, a header without an end, and an archive that goes on', () =>
    withTempFolder(async (folder) => {
      const [dataDir, path] = [join(folder, 'data'), join(folder, 'b')]
      await expect(checkBackup('/dev/zero', {}, platform)).rejects.toThrow(
        'is no backup of grantd: it does not begin with manifest.json',
      )
      await writeFile(path, `age-encryption.org/v1\n${'a'.repeat(1024 * 1024)}`)
      await expect(checkBackup(path, { passphrase: 'any' }, platform)).rejects.toThrow(
        'has no end of its header in 262144 bytes',
      )
      await makeDataDir(dataDir, 'one')
      await backUp({ dataDir, to: join(folder, 'c') })
      await truncate(join(folder, 'c'), 1024 ** 4)
      await expect(checkBackup(join(folder, 'c'), {}, platform)).rejects.toThrow(
        'it goes on after the files of its manifest',
      )
    }))

  test('a database of a newer schema, and one that is no database', () =>
    withTempFolder(async (folder) => {
      const [dataDir, to, into] = ['data', 'b', 'new'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      await makeDataDir(dataDir, 'one')
      const manifest = await backUp({ dataDir, to })
      const text = 'no database at all'
      const part = { name: 'grantd.db', size: text.length, sha256: platform.hashing.sha256(text).toHex() }
      const body = JSON.stringify({ ...manifest, parts: [part] })
      const path = join(folder, 'c')
      const entries = [
        { header: { name: 'manifest.json', size: body.length }, body },
        { header: part, body: text },
      ]
      await writeFile(path, await packTar(entries))
      await expect(restore({ path, into })).rejects.toThrow('not a database')
      expect(await readdir(folder)).not.toContain('new')
    }))
})

test('a restore over data keeps what was there in a folder beside, also what has no key', () =>
  withTempFolder(async (folder) => {
    const [dataDir, to, into] = ['data', 'b', 'into'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    await makeDataDir(dataDir, 'one')
    await makeDataDir(into, 'mine')
    await writeFile(join(into, 'keys/acme/other.pem'), 'other')
    await backUp({ dataDir, to })
    const { replaced = '' } = await restore({ path: to, into, force: true })
    expect(await readMark(into)).toBe('one')
    expect(await readMark(replaced)).toBe('mine')
    expect(await readFile(join(replaced, 'keys/acme/other.pem'), 'utf8')).toBe('other')
    expect(await readdir(join(into, 'keys/acme'))).toEqual([`${'k'.repeat(43)}.pem`])
    await chmod(to, 0o600)
    const again = await restore({ path: to, into, force: true })
    expect(again.replaced).not.toBe(replaced)
  }))
