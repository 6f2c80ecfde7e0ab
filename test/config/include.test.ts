import { expect, test } from 'bun:test'
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError, renderFault } from '../../src/config/fault.ts'
import { loadConfig, parseConfigExactly, parseConfigQuickly } from '../../src/config/load.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const platform = bunPlatform()
const hash = `sha256:${'ab'.repeat(32)}`
const tenant = (name: string, more = '') =>
  `{ name: ${name}, oauth2: {}, signing: { algorithm: ES256 }${more} }`

async function write(folder: string, files: Readonly<Record<string, string>>, mode = 0o600): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    await chmod(path, mode)
  }
}

/** Tenants and warnings of the configuration in the folder, or its faults; without the name of the folder. */
async function load(folder: string): Promise<{ tenants?: string[]; warnings?: string[]; faults?: string[] }> {
  const short = (text: string) => text.replaceAll(`${folder}/`, '')
  try {
    const { config, warnings } = await loadConfig(join(folder, 'config.yaml'), platform)
    return {
      tenants: Object.keys(config.tenants),
      warnings: warnings.map((each) => short(renderFault(each))),
    }
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return { faults: cause.faults.map((each) => short(renderFault(each))) }
  }
}

const loadOf = (files: Readonly<Record<string, string>>, mode?: number) =>
  withTempFolder(async (folder) => {
    await write(folder, files, mode)
    return load(folder)
  })

test('tenants come from the file itself and from the files of each entry, sorted by name, each file once', async () => {
  expect(
    await loadOf({
      'config.yaml': `include: [extra.yaml, "tenants.d/*.yaml", "*.yaml"]\ntenants: { main: ${tenant('M')} }\n`,
      'tenants.d/b.yaml': `tenants: { b: ${tenant('B')} }\n`,
      'tenants.d/a.yaml': `tenants:\n  a: ${tenant('A')}\n`,
      'tenants.d/.hidden.yaml': 'no yaml: [',
      'tenants.d/a.yaml~': 'no yaml: [',
      'extra.yaml': `tenants: { extra: ${tenant('E')} }\n`,
    }),
  ).toEqual({ tenants: ['main', 'extra', 'a', 'b'], warnings: [] })
})

test('a configuration may have all of its tenants in other files', async () => {
  const files = { 'config.yaml': 'include: [t.yaml]\n', 't.yaml': `tenants: { a: ${tenant('A')} }\n` }
  expect(await loadOf(files)).toEqual({ tenants: ['a'], warnings: [] })
})

test.each([
  ['the whole text is indented', (main: string) => `  include: [t.yaml]\n  ${main}`],
  ['it is an explicit key', (main: string) => `? include\n: [t.yaml]\n${main}`],
  ['it has a tag', (main: string) => `!!str include: [t.yaml]\n${main}`],
])('include counts where %s', async (_, textOf) => {
  const files = {
    'config.yaml': textOf(`tenants: { main: ${tenant('M')} }\n`),
    't.yaml': `tenants: { a: ${tenant('A')} }\n`,
  }
  expect(await loadOf(files)).toEqual({ tenants: ['main', 'a'], warnings: [] })
})

test('faults name the file, line and column, of all files at once', async () => {
  const { faults } = await loadOf({
    'config.yaml': `include: [a.yaml, b.yaml, c.yaml, d.yaml, e.yaml]\nserver: { prot: 1 }\ntenants: { x: ${tenant('X')} }\n`,
    'a.yaml': `# ours\ntenants:\n  a: ${tenant('A')}\n  x: ${tenant('X2')}\n`,
    'b.yaml': `server: { port: 1 }\ntenants:\n  b: { nam: B }\n`,
    'c.yaml': '',
    'd.yaml': 'tenants: [\n',
    'e.yaml': 'tenants: 7\n',
  })
  expect(faults).toEqual([
    'config.yaml:2:11: server.prot is not a known key; did you mean port?',
    'a.yaml:4:3: tenants.x is at config.yaml:3:12 too, wanted one place',
    'b.yaml:1:1: server is not for an included file, which has tenants alone; move it to the file that includes this one',
    'b.yaml:3:6: tenants.b.name is missing; it is required',
    'b.yaml:3:8: tenants.b.nam is not a known key; did you mean name?',
    'c.yaml:1:1: the file is empty, wanted tenants',
    expect.stringMatching(/^d\.yaml:\d:\d: the file is not valid YAML: /),
    'e.yaml:1:1: tenants is no map, wanted tenants by id',
  ])
})

test('a file that is named must be there, and the folder of a pattern; it may match nothing, with a warning, and never in a folder name', async () => {
  const main = (include: string) => ({
    'config.yaml': `include:\n  - ${include}\ntenants: { a: ${tenant('A')} }\n`,
  })
  expect(await loadOf(main('gone.yaml'))).toEqual({
    faults: [
      'config.yaml:2:5: include[0] names the file gone.yaml, which cannot be read at gone.yaml: ENOENT; there is no such file or folder; check the path',
    ],
  })
  expect(await loadOf(main('"tenants.d/*.yaml"'))).toEqual({
    faults: [
      'config.yaml:2:5: include[0] is tenants.d/*.yaml, and the folder tenants.d cannot be listed: ENOENT; there is no such file or folder; check the path',
    ],
  })
  expect(await loadOf({ ...main('"tenants.d/*.yaml"'), 'tenants.d/read.me': '' })).toEqual({
    tenants: ['a'],
    warnings: ['config.yaml:1:1: include[0] matches no file: tenants.d/*.yaml'],
  })
  expect(await loadOf(main('"*/t.yaml"'))).toEqual({
    faults: [
      'config.yaml:2:5: include[0] has * or ? in the name of a folder, wanted it in the last part alone',
    ],
  })
  const withFolder = {
    ...main('"d/*"'),
    'd/sub/x.yaml': 'tenants: {}\n',
    'd/t': `tenants: { t: ${tenant('T')} }\n`,
  }
  expect(await loadOf(withFolder)).toEqual({ tenants: ['a', 't'], warnings: [] })
})

test('an included file includes nothing itself, and nobody includes themselves', async () => {
  expect(
    await loadOf({ 'config.yaml': 'include: [a.yaml]\n', 'a.yaml': 'include: [a.yaml]\ntenants: {}\n' }),
  ).toEqual({
    faults: [
      'a.yaml:1:1: include is not for an included file, which has tenants alone; move it to the file that includes this one',
    ],
  })
})

test('warnings have their place in the included file, and its exposure is its own', async () => {
  const files = {
    'config.yaml': `include: [open.yaml]\ntenants: { a: ${tenant('A')} }\n`,
    'open.yaml': `tenants:\n  b: ${tenant('B', ', clients: { c: { secret: own-secret-of-the-client-1 } }')}\n`,
  }
  await withTempFolder(async (folder) => {
    await write(folder, files)
    await chmod(join(folder, 'open.yaml'), 0o644)
    expect(await load(folder)).toEqual({
      tenants: ['a', 'b'],
      warnings: [
        expect.stringMatching(/^open\.yaml:2:\d+: tenants\.b\.clients\.c\.secret is in a file that /),
      ],
    })
    await chmod(join(folder, 'open.yaml'), 0o666)
    await write(folder, { 'open.yaml': `tenants:\n  b: ${tenant('B')}\n` }, 0o666)
    expect((await load(folder)).warnings).toEqual([expect.stringMatching(/^open\.yaml:2:3: this file /)])
  })
})

test('the symlinks of a ConfigMap are followed, and their hidden folder is not read twice', () =>
  withTempFolder(async (folder) => {
    await write(folder, { 'config.yaml': 'include: ["tenants.d/*.yaml"]\n' })
    const swap = async (version: string, name: string) => {
      await write(folder, { [`tenants.d/..${version}/a.yaml`]: `tenants: { ${name}: ${tenant('A')} }\n` })
      await symlink(`..${version}`, join(folder, 'tenants.d/..data_tmp'))
      await rename(join(folder, 'tenants.d/..data_tmp'), join(folder, 'tenants.d/..data'))
    }
    await swap('v1', 'first')
    await symlink('..data/a.yaml', join(folder, 'tenants.d/a.yaml'))
    expect((await load(folder)).tenants).toEqual(['first'])
    await swap('v2', 'second')
    expect((await load(folder)).tenants).toEqual(['second'])
  }))

test('both readers join the files to the same configuration, and a large one is packed', () =>
  withTempFolder(async (folder) => {
    const included = Array.from({ length: 30 }, (_, index) => ({
      file: `t${index}.yaml`,
      ...{ path: join(folder, `t${index}.yaml`), stamp: '' },
      text: `tenants:\n  t${index}:\n    name: T\n    oauth2: {}\n    clients:\n      c: { secret_hash: ${hash} }\n`,
    }))
    const text = {
      ...{ file: 'config.yaml', folder, text: 'swagger: false\n' },
      ...{ included, inclusion: { files: included, faults: [], warnings: [], watched: [], folders: [] } },
    }
    const quick = await parseConfigQuickly(text, platform)
    expect(quick).toBeDefined()
    const exact = await parseConfigExactly(text, platform)
    expect(quick?.config).toEqual(exact.config)
    expect(Object.keys(exact.config.tenants)).toHaveLength(30)

    const filler = `# ${'x'.repeat(1000)}\n`.repeat(600)
    await write(folder, {
      'config.yaml': `${filler}include: ["t*.yaml"]\n`,
      ...Object.fromEntries(
        included.map((each, index) => [each.file, index === 0 ? filler + each.text : each.text]),
      ),
    })
    const { config } = await loadConfig(join(folder, 'config.yaml'), platform)
    expect(Object.keys(config.tenants)).toHaveLength(30)
    expect(Object.getOwnPropertyDescriptor(config.tenants['t0'] ?? {}, 'clients')?.get).toBeDefined()
    expect(config.tenants['t0']?.clients['c']?.secret_hash).toBe(hash)
  }))
