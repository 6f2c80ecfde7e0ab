import { expect, test } from 'bun:test'
import * as nodeFs from 'node:fs/promises'
import { chmod, chown, mkdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { FileSystem } from '../../src/platform/durable-files.ts'
import { FileError, withStep } from '../../src/platform/files.ts'
import { createFiles, nodeFiles as files } from '../../src/platform/node/node-files.ts'
import { filesBelow, modeOf } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'

test('facts tell of a file, of a folder, through a link, and of nothing', () =>
  withTempFolder(async (folder) => {
    const file = join(folder, 'a')
    await writeFile(file, 'four')
    await chmod(file, 0o640)
    await symlink(file, join(folder, 'link'))
    const modifiedAt = Date.parse('2020-01-02T03:04:05Z')
    await utimes(file, modifiedAt / 1000, modifiedAt / 1000)
    const changedAt: number = expect.any(Number)
    const owner = process.getuid?.()
    const identity: string = expect.any(String)
    const facts = { size: 4, mode: 0o640, owner, isFile: true, identity, modifiedAt, changedAt }
    expect(await files.facts(file)).toEqual(facts)
    expect(await files.facts(join(folder, 'link'))).toEqual(facts)
    expect((await files.facts(folder))?.isFile).toBe(false)
    for (const path of [join(folder, 'b'), join(file, 'below')])
      expect(await files.facts(path)).toBeUndefined()
  }))

test('the identity of a file goes with it, and another one at its path has another', () =>
  withTempFolder(async (folder) => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    await writeFile(one, 'a')
    await writeFile(two, 'b')
    const identityOf = async (path: string) => (await files.facts(path))?.identity
    const [first, second] = [await identityOf(one), await identityOf(two)]
    await writeFile(one, 'changed')
    expect([await identityOf(one), first === second]).toEqual([first, false])
    await rename(two, one)
    expect(await identityOf(one)).toBe(second)
  }))

test('a folder lists its names in order, a missing one has none', () =>
  withTempFolder(async (folder) => {
    for (const name of ['b', 'a', '.c', 'B']) await writeFile(join(folder, name), '')
    expect(await files.list(folder)).toEqual(['.c', 'B', 'a', 'b'])
    expect(await files.list(join(folder, 'none'))).toEqual([])
  }))

test('whether a place may be written is what the system says, to root too', () =>
  withTempFolder(async (folder) => {
    await writeFile(join(folder, 'a'), 'x')
    expect([await files.mayWrite(folder), await files.mayWrite(join(folder, 'a'))]).toEqual([true, true])
    expect(await files.mayWrite('/proc/sys/kernel/osrelease')).toBe(false)
    await expect(files.mayWrite(join(folder, 'b'))).rejects.toThrow('ENOENT')
  }))

test('what the system refuses is told with the action, the path and its code', () =>
  withTempFolder(async (folder) => {
    const missing = join(folder, 'a')
    const error = await files.readSmall(missing, 9).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(FileError)
    expect(error).toMatchObject({ message: `Cannot read ${missing}: ENOENT`, code: 'ENOENT', path: missing })
    await expect(files.readSmall(folder, 9)).rejects.toThrow(`Cannot read ${folder}: it is not a file`)
    const below = join(missing, 'b')
    await expect(files.createPrivate(below, 'x')).rejects.toThrow(`Cannot write ${below}: ENOENT`)
    await expect(files.stagePrivate(below, 'x')).rejects.toThrow(`Cannot write ${below}: ENOENT`)
    const bad = `${folder}/\0`
    await expect(files.facts(bad)).rejects.toBeInstanceOf(FileError)
    expect(await filesBelow(folder)).toEqual([])
  }))

test('a file is closed whose stream is given up while it is being opened', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'file')
    await writeFile(path, 'four')
    let closed = 0
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const { promise: mayOpen, resolve: open } = Promise.withResolvers<void>()
    const slow: FileSystem = {
      ...nodeFs,
      open: async (...given) => {
        ask()
        await mayOpen
        const handle = await nodeFs.open(...given)
        const close = handle.close.bind(handle)
        return Object.assign(handle, {
          close: () => {
            closed++
            return close()
          },
        })
      },
    }
    const reader = createFiles(slow).stream(path).getReader()
    const read = reader.read()
    await asked
    const given = reader.cancel()
    open()
    await given
    expect(closed).toBeGreaterThan(0)
    await read
  }))

test('a small file is read through a link and not beyond its limit, and one that never ends is refused', () =>
  withTempFolder(async (folder) => {
    const file = join(folder, 'file')
    await writeFile(file, 'four')
    await symlink(file, join(folder, 'link'))
    await writeFile(join(folder, 'empty'), '')
    const textOf = async (path: string, limit: number) =>
      new TextDecoder().decode(await files.readSmall(path, limit))
    expect([await textOf(join(folder, 'link'), 4), await textOf(join(folder, 'empty'), 4)]).toEqual([
      'four',
      '',
    ])
    await expect(files.readSmall(file, 3)).rejects.toThrow('it has 4 bytes, wanted at most 3')
    await expect(files.readSmall('/dev/zero', 4)).rejects.toThrow('it is not a file')
  }))

test.if(process.platform === 'linux')('a file of /proc is read, and not beyond its limit', async () => {
  const version = await files.readSmall('/proc/version', 4096)
  expect(new TextDecoder().decode(version)).toStartWith('Linux')
  await expect(files.readSmall('/proc/version', 4)).rejects.toThrow('it has more than 4 bytes')
})

// Only root may read it, and the file waits for the next message of the kernel.
test.if(process.platform === 'linux' && process.getuid?.() === 0)(
  'a file that waits for more is refused at once',
  async () => {
    await expect(files.readSmall('/proc/kmsg', 1024 ** 3)).rejects.toBeInstanceOf(FileError)
  },
)

test('a file that is in the way of a folder is refused and kept', () =>
  withTempFolder(async (folder) => {
    const file = join(folder, 'a')
    await writeFile(file, 'text')
    await expect(files.makePrivateFolder(file)).rejects.toThrow(`Cannot create ${file}: EEXIST`)
    await expect(files.makePrivateFolder(join(file, 'b'))).rejects.toBeInstanceOf(FileError)
    expect(await readFile(file, 'utf8')).toBe('text')
  }))

test.each([0o000, 0o077, 0o777])('folders and files are private under umask %d', (umask) =>
  withTempFolder(async (folder) => {
    const previous = process.umask(umask)
    try {
      await files.makePrivateFolder(join(folder, 'a/b/c'))
      expect(await files.createPrivate(join(folder, 'a/b/c/file'), 'one')).toBe(true)
      await files.stagePrivate(join(folder, 'a/staged'), 'two')
    } finally {
      process.umask(previous)
    }
    for (const path of ['a', 'a/b', 'a/b/c']) expect(await modeOf(join(folder, path))).toBe('0700')
    expect(await filesBelow(folder)).toEqual(['a/b/c/file', 'a/staged'])
    for (const path of await filesBelow(folder)) expect(await modeOf(join(folder, path))).toBe('0600')
  }),
)

test('a folder that is there keeps its mode', () =>
  withTempFolder(async (folder) => {
    const shared = join(folder, 'shared')
    await mkdir(shared)
    await chmod(shared, 0o755)
    await files.makePrivateFolder(join(shared, 'own'))
    expect([await modeOf(shared), await modeOf(join(shared, 'own'))]).toEqual(['0755', '0700'])
  }))

test('of many writers of one file one wins, whole, and the others are told', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'file')
    const contents = Array.from({ length: 20 }, (_, n) => `${n} `.repeat(5000))
    const won = await Promise.all(contents.map((content) => files.createPrivate(path, content)))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await readFile(path, 'utf8')).toBe(contents[won.indexOf(true)] ?? '')
    expect(await filesBelow(folder)).toEqual(['file'])
  }))

test('a staged file gets its name once, and takes the place of nothing', () =>
  withTempFolder(async (folder) => {
    const inside = (name: string) => join(folder, name)
    const [staged, other, path] = [inside('.one.made'), inside('.two.made'), inside('name')] as const
    await files.stagePrivate(staged, 'one')
    await files.stagePrivate(other, 'two')
    expect(await modeOf(staged)).toBe('0600')
    await expect(files.stagePrivate(staged, 'again')).rejects.toThrow(`Cannot write ${staged}: EEXIST`)
    expect(await files.giveName(staged, path)).toBe(true)
    expect(await files.giveName(other, path)).toBe(false)
    await expect(files.giveName(staged, path)).rejects.toThrow(`Cannot write ${path}: ENOENT`)
    expect(await filesBelow(folder)).toEqual(['.two.made', 'name'])
    expect(await readFile(path, 'utf8')).toBe('one')
  }))

test('an empty folder is removed, and one that holds anything stays', () =>
  withTempFolder(async (folder) => {
    await mkdir(join(folder, 'empty'))
    await mkdir(join(folder, 'full'))
    await writeFile(join(folder, 'full/.hidden'), '')
    expect(await files.removeFolder(join(folder, 'empty'))).toBe(true)
    expect(await files.removeFolder(join(folder, 'empty'))).toBe(true)
    expect(await files.removeFolder(join(folder, 'full'))).toBe(false)
    expect(await filesBelow(folder)).toEqual(['full/.hidden'])
  }))

test('a dangling link in the place of a file is not written through', () =>
  withTempFolder(async (folder) => {
    await symlink(join(folder, 'elsewhere'), join(folder, 'file'))
    expect(await files.createPrivate(join(folder, 'file'), 'x')).toBe(false)
    expect(await files.list(folder)).toEqual(['file'])
  }))

// Nobody else can give a file away.
test.skipIf(process.getuid?.() !== 0)('what root makes in the folder of another belongs to that one', () =>
  withTempFolder(async (folder) => {
    const nobody = 65_534
    await chown(folder, nobody, nobody)
    await files.makePrivateFolder(join(folder, 'a', 'b'))
    await files.createPrivate(join(folder, 'a', 'b', 'key'), 'x')
    await files.stagePrivate(join(folder, 'c'), 'x')
    await files.createPrivateWith(join(folder, 'd'), async () => {})
    for (const name of ['a', 'a/b', 'a/b/key', 'c', 'd']) {
      const { uid, gid } = await stat(join(folder, name))
      expect([name, uid, gid]).toEqual([name, nobody, nobody])
    }
  }),
)

test('a message that ends with a code of the system gets the next step, and another one stays as it is', () => {
  expect(withStep('Cannot read x: ENOENT')).toBe(
    'Cannot read x: ENOENT; there is no such file or folder; check the path',
  )
  expect(withStep('Cannot read x: EACCES')).toEndWith(
    '; give this user access to it, or run this as the user of the server',
  )
  for (const message of ['Cannot read x: ENXIO', 'Cannot read x: ENOENT; restore it', 'It has no ENOENT'])
    expect(withStep(message)).toBe(message)
})
