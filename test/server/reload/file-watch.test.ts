import { expect, test } from 'bun:test'
import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { FileWatch } from '../../../src/server/reload/file-watch.ts'
import { withTempFolder } from '../../support/temp-folder.ts'

const platform = bunPlatform()

/** A watch of config.yaml in the folder whose clock goes when it is told to. */
async function start(folder: string, since = Number.MAX_SAFE_INTEGER) {
  let next = Promise.withResolvers<() => void>()
  const taken: string[] = []
  const pauses: number[] = []
  const watch: FileWatch = new FileWatch({
    ...{ platform, since, monotonic: () => 0 },
    after: (milliseconds, callback) => {
      pauses.push(milliseconds)
      next.resolve(callback)
      return () => {}
    },
    findPath: async () => join(folder, 'config.yaml'),
    onChange: async (source) => {
      const included = source.inclusion?.files.map(({ text }) => text) ?? []
      taken.push([source.text ?? 'missing', ...included].join('|').replaceAll('\n', ';'))
      watch.noteTried(source)
    },
  })
  watch.enable(true)
  await next.promise
  return {
    watch,
    pauses,
    /** The texts that were taken in these looks. */
    look: async (times: number) => {
      const before = taken.length
      for (let count = 0; count < times; count++) {
        const callback = await next.promise
        next = Promise.withResolvers()
        callback()
        await next.promise
      }
      return taken.slice(before)
    },
  }
}

const inFolder = (work: (folder: string, path: string) => Promise<void>) =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, 'a: 1\n')
    await work(folder, path)
  })

test('nothing is taken of files that stay, nor of a touched one; a change is taken once, a look after it came', () =>
  inFolder(async (folder, path) => {
    const { look } = await start(folder)
    expect(await look(8)).toEqual([])
    await writeFile(path, 'a: 1\n')
    expect(await look(8)).toEqual([])
    await writeFile(path, 'a: 2\n')
    expect(await look(1)).toEqual([])
    expect(await look(8)).toEqual(['a: 2;'])
  }))

test('a change between the reading of the start and the first look is taken', () =>
  inFolder(async (folder) => {
    const { look } = await start(folder, 0)
    expect(await look(3)).toEqual(['a: 1;'])
    expect(await look(8)).toEqual([])
  }))

test('a file that is written in steps is taken when it is whole, also where each part is good YAML', () =>
  inFolder(async (folder, path) => {
    const { look } = await start(folder)
    await look(3)
    await writeFile(path, '')
    expect(await look(3)).toEqual([])
    await appendFile(path, 'a: 1')
    expect(await look(3)).toEqual([])
    await appendFile(path, '7\nb: 2\n')
    expect(await look(1)).toEqual([])
    await appendFile(path, 'c: 3\n')
    expect(await look(8)).toEqual(['a: 17;b: 2;c: 3;'])
  }))

test('a file that stays empty, gone or without its last line end is taken after six looks, once', () =>
  inFolder(async (folder, path) => {
    const { look } = await start(folder)
    await look(3)
    await writeFile(path, '')
    expect(await look(5)).toEqual([])
    expect(await look(1)).toEqual([''])
    await rm(path)
    expect(await look(5)).toEqual([])
    expect(await look(9)).toEqual(['missing'])
    await writeFile(path, 'a: 1')
    expect(await look(5)).toEqual([])
    expect(await look(9)).toEqual(['a: 1'])
  }))

test('a rename, the swap of a ConfigMap, a new included file and one that goes away are taken', () =>
  withTempFolder(async (folder) => {
    const swap = async (version: string, files: Readonly<Record<string, string>>) => {
      await mkdir(join(folder, `..${version}`))
      for (const [name, text] of Object.entries(files))
        await writeFile(join(folder, `..${version}`, name), text)
      await symlink(`..${version}`, join(folder, '..tmp'))
      await rename(join(folder, '..tmp'), join(folder, '..data'))
    }
    const main = 'include: ["t*.yaml"]\n'
    await swap('1', { 'config.yaml': main, 't1.yaml': 'tenants: {}\n' })
    for (const name of ['config.yaml', 't1.yaml']) await symlink(`..data/${name}`, join(folder, name))
    const { look } = await start(folder)
    expect(await look(3)).toEqual([])
    await swap('2', { 'config.yaml': main, 't1.yaml': '# two\n' })
    expect(await look(4)).toEqual(['include: ["t*.yaml"];|# two;'])
    await writeFile(join(folder, 't2.yaml.new'), '# new\n')
    expect(await look(4)).toEqual([])
    await rename(join(folder, 't2.yaml.new'), join(folder, 't2.yaml'))
    expect(await look(4)).toEqual(['include: ["t*.yaml"];|# two;|# new;'])
    await writeFile(join(folder, 't2.yaml'), '# changed\n')
    expect(await look(4)).toEqual(['include: ["t*.yaml"];|# two;|# changed;'])
    await rm(join(folder, 't2.yaml'))
    expect(await look(9)).toEqual(['include: ["t*.yaml"];|# two;'])
  }))

test('included files that are deleted and written again are no change; those that stay away are one after six looks', () =>
  inFolder(async (folder, path) => {
    const tenants = join(folder, 'tenants.d')
    const write = async () => {
      await mkdir(tenants)
      await writeFile(join(tenants, 'a.yaml'), '# a\n')
    }
    await write()
    await writeFile(path, 'include: ["tenants.d/*.yaml"]\n')
    const { look } = await start(folder)
    expect(await look(3)).toEqual([])
    await rm(tenants, { recursive: true })
    expect(await look(5)).toEqual([])
    await write()
    expect(await look(9)).toEqual([])
    await rm(join(tenants, 'a.yaml'))
    expect(await look(5)).toEqual([])
    expect(await look(1)).toEqual(['include: ["tenants.d/*.yaml"];'])
  }))

test('an included file that could not be used is taken once it can, though nothing but its content or its mode changed', () =>
  inFolder(async (folder, path) => {
    const tenants = join(folder, 'tenants.d')
    await mkdir(tenants)
    const included = join(tenants, 'a.yaml')
    const main = 'include: ["tenants.d/*.yaml", b.yaml]\n'
    await writeFile(join(folder, 'b.yaml'), '# b\n')
    await writeFile(included, '# a\n')
    await writeFile(path, main)
    const { look } = await start(folder)
    expect(await look(3)).toEqual([])
    const shown = main.replace('\n', ';')
    for (const name of [included, join(folder, 'b.yaml')]) {
      const rest = name === included ? '# b;' : '# a;'
      await writeFile(name, new Uint8Array([0xff, 0x0a]))
      expect(await look(9)).toEqual([`${shown}|${rest}`])
      await writeFile(name, '# c\n')
      expect(await look(9)).toHaveLength(1)
      await writeFile(name, name === included ? '# a\n' : '# b\n')
      expect(await look(9)).toEqual([`${shown}|# a;|# b;`])
    }
  }))

test('files that somebody else tried are not tried again, and a watch that is off looks no more', () =>
  inFolder(async (folder, path) => {
    const { look, watch, pauses } = await start(folder)
    await look(3)
    await writeFile(path, 'a: 5\n')
    watch.noteTried({
      path,
      folder,
      text: 'a: 5\n',
      inclusion: { files: [], faults: [], warnings: [], watched: [], folders: [] },
    })
    expect(await look(5)).toEqual([])
    watch.enable(false)
    const before = pauses.length
    watch.enable(false)
    expect(pauses).toHaveLength(before)
  }))
