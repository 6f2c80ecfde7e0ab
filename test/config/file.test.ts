import { expect, test } from 'bun:test'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { faultsOf, faultsOfFile, tenantWith } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'

test('no file is a fault that says what to do', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    const message = 'there is no such file; write one with grantd init, or name another with --config PATH'
    expect(await faultsOfFile(path)).toEqual([`${path}: ${message}`])
    expect(await faultsOfFile(join(path, 'below'))).toEqual([`${path}/below: ${message}`])
  }))

test('a folder in the place of the file is refused', () =>
  withTempFolder(async (folder) => {
    expect(await faultsOfFile(folder)).toEqual([
      `${folder}: this is not a file; name a YAML file with --config PATH`,
    ])
  }))

test('a file over 64 MB is refused for its size', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, '')
    await truncate(path, 64 * 1024 * 1024 + 1)
    expect(await faultsOfFile(path)).toEqual([
      `${path}: the file has 67108865 bytes, wanted at most 67108864; keep other tenants in the database: grantd tenant add`,
    ])
  }))

test('a file that is not UTF-8 is refused', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, Buffer.from('tenants: { a: { name: "\xe9" } }', 'latin1'))
    expect(await faultsOfFile(path)).toEqual([`${path}: the file is not UTF-8; save it as UTF-8`])
  }))

test('a byte order mark at the start is no part of the first key', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, '\ufefftenants: { a: { name: A } }')
    expect(await faultsOfFile(path)).toEqual([])
  }))

test('a file with faults is named in each of them as it was given', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'other.yml')
    await writeFile(path, 'tenant: {}\nsever: {}\n')
    expect(await faultsOfFile(path)).toEqual([
      `${path}:1:1: tenant is not a known key; did you mean tenants?`,
      `${path}:2:1: sever is not a known key; did you mean server?`,
    ])
  }))

test('relative paths of a file start at its folder', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, 'tenants: { a: { name: A } }')
    const { resolve } = await loadConfig(path, bunPlatform())
    expect(resolve('./data')).toBe(join(folder, 'data'))
    expect(resolve('/var/lib/grantd')).toBe('/var/lib/grantd')
  }))

test.each(['', '\n\n', '# a comment alone\n', '\ufeff'])('the empty file %j is refused', async (text) => {
  const [fault, ...more] = await faultsOf(text)
  expect(more).toEqual([])
  expect(fault).toBe('config.yaml:1:1: the file is empty, wanted at least a tenant under tenants')
})

const noMap: readonly [what: string, text: string, fault: string][] = [
  ['a document with nothing in it', '---\n...\n', 'config.yaml:1:4: the file is null, wanted a map'],
  ['null', 'null', 'config.yaml:1:1: the file is null, wanted a map'],
  ['a text', 'hello', 'config.yaml:1:1: the file is a single value, wanted a map'],
  ['a list', '- a\n', 'config.yaml:1:1: the file is a list, wanted a map'],
  ['JSON of another kind', '[]', 'config.yaml:1:1: the file is a list, wanted a map'],
]
test.each(noMap)('a file that holds %s is refused', async (_what, text, fault) => {
  expect(await faultsOf(text)).toEqual([fault])
})

const notYaml: readonly [what: string, text: string, fault: string][] = [
  ['an open brace', 'tenants: {', 'config.yaml:1:11'],
  ['a tab as indentation', 'tenants:\n\ta: 1', 'config.yaml:2:1'],
  ['an open quote', 'data_dir: "x\n', 'config.yaml:2:1'],
  ['a reserved character', 'data_dir: @x', 'config.yaml:1:11'],
  ['an unknown escape', 'data_dir: "\\q"', 'config.yaml:1:12'],
  ['a second value', 'data_dir: a: b', 'config.yaml:1:11'],
]
test.each(notYaml)('%s is refused as no YAML, where it stands', async (_what, text, place) => {
  const [first] = await faultsOf(text)
  expect(first).toStartWith(`${place}: the file is not valid YAML: `)
})

test('one fault of the YAML is said once, however many levels it ends', async () => {
  const faults = await faultsOf('tenants: {a: {name: A, clients: {x: {secret: "hunter2hunter2}}}}')
  expect(faults).toEqual([
    'config.yaml:1:65: the file is not valid YAML: Missing closing "quote; look for it here and above',
  ])
})

test('several documents are refused where the second starts', async () => {
  expect(await faultsOf('data_dir: a\n---\ndata_dir: b\n')).toEqual([
    'config.yaml:2:1: the file is not valid YAML: a second document begins; remove the --- and what follows, or join both',
  ])
})

test('one document with its markers is taken', async () => {
  expect(await faultsOf(`%YAML 1.2\n---\n${tenantWith('active: true')}...\n`)).toEqual([])
})
