import { expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { ConfigError, renderFault } from '../../src/config/fault.ts'
import {
  type LoadedConfig,
  loadConfig,
  parseConfig,
  parseConfigExactly,
  parseConfigQuickly,
} from '../../src/config/load.ts'
import { findClient } from '../../src/config/packed/packed-config.ts'
import { faultsOf } from '../support/config-text.ts'
import { clientIdOf, renderManyTenants, tenantIdOf } from '../support/many-tenants.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

setDefaultTimeout(120_000)

const shipped = readFileSync(join(import.meta.dir, '../../config.yaml'), 'utf8')
const named = (text: string) => ({ file: 'config.yaml', text, folder: '/nowhere' })
const quickly = (text: string) => parseConfigQuickly(named(text), platform)

/** What a reading came to: all that it answers, or its faults. */
async function outcomeOf(reading: Promise<LoadedConfig>): Promise<unknown> {
  try {
    const { config, storage, warnings, dataDir } = await reading
    return { config: JSON.stringify(config), storage, warnings, dataDir }
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.message
    throw cause
  }
}

/** Answers whether the text was read quickly; it fails when that came to anything else than the exact reading. */
async function compare(text: string): Promise<boolean> {
  const quick = await quickly(text)
  if (!quick) return false
  const exact = parseConfigExactly(named(text), platform)
  expect([await outcomeOf(Promise.resolve(quick)), text]).toEqual([await outcomeOf(exact), text])
  return true
}

const warned = 'server: { public_url: http://auth.example.com }\nstorage: memory\n'

test.each([
  ['the shipped file, which has a warning', shipped],
  ['tenants with hashes', renderManyTenants({ tenants: 30 })],
  ['tenants with secrets in clear', renderManyTenants({ tenants: 30, plainSecrets: true })],
  ['tenants, and warnings before them', renderManyTenants({ tenants: 30, head: warned })],
  ['warnings about what is quoted, in a flow map', '{"storage": "memory", "tenants": {}}'],
  ['no tenant at all', '---\nserver:\n  port: 0\n'],
])('read quickly and read exactly are one: %s', async (_what, text) => {
  expect(await compare(text)).toBe(true)
})

/** A part of the shipped file is put in the place of another: what comes out is often a configuration. */
const changed = fc
  .tuple(fc.nat(shipped.length), fc.nat(60), fc.nat(shipped.length), fc.nat(60))
  .map(
    ([at, length, from, count]) =>
      shipped.slice(0, at) + shipped.slice(from, from + count) + shipped.slice(at + length),
  )

const lines = shipped.split('\n')
const line = fc.nat(lines.length - 1).map((at) => lines[at] ?? '')
const reordered = fc
  .tuple(fc.nat(lines.length), fc.nat(3), fc.array(line, { maxLength: 3 }))
  .map(([at, length, put]) => lines.toSpliced(at, length, ...put).join('\n'))

/** A value of the shipped file is another one, as people write them. */
const value = fc.constantFrom(
  ...[
    'null',
    '~',
    '""',
    "''",
    '0123',
    'no',
    'True',
    '1e3',
    '0x10',
    '1_000',
    '[]',
    '{}',
    '[a, a]',
    '[null]',
    '"1h"',
    '-',
    '.inf',
  ],
)
const values = [...shipped.matchAll(/: (\S+)/g)]
const revalued = fc.tuple(fc.nat(values.length - 1), value).map(([which, put]) => {
  const [, old = ''] = values[which] ?? []
  const index = values[which]?.index ?? 0
  return `${shipped.slice(0, index)}: ${put}${shipped.slice(index + 2 + old.length)}`
})

test.each([
  ['a part of it elsewhere', changed, 1000],
  ['lines of it elsewhere', reordered, 1000],
  ['another value', revalued, 1000],
] as const)(
  'what is a configuration is the same one either way: the shipped file with %s',
  async (_what, texts, numRuns) => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        if (await compare(text)) taken++
      }),
      { numRuns },
    )
    expect(taken).toBeGreaterThan(numRuns / 20)
  },
)

const large = renderManyTenants({ tenants: 1000 })
const placeIn = (text: string, part: string) => {
  const before = text.slice(0, text.indexOf(part))
  return `config.yaml:${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`
}

test('a fault deep in a file of a thousand tenants is told with its line and column', async () => {
  const text = large.replace('name: Customer number 987', 'nmae: Customer number 987')
  expect(await quickly(text)).toBeUndefined()
  const place = placeIn(text, 'nmae')
  expect(await faultsOf(text)).toEqual([
    `${place}: tenants.tenant-00987.nmae is not a known key; did you mean name?`,
    `${place}: tenants.tenant-00987.name is missing; it is required`,
  ])
})

test('a tenant that stands twice in a file of a thousand is told with its line and column', async () => {
  const text = large.replace('tenant-00987:\n', 'tenant-00003:\n')
  expect(await quickly(text)).toBeUndefined()
  const [fault] = await faultsOf(text)
  const [, second] = text.split('  tenant-00003:\n', 2)
  expect(second).toBeDefined()
  const at = text.lastIndexOf('  tenant-00003:\n') + 2
  const place = `${text.slice(0, at).split('\n').length}:3`
  expect(fault).toBe(
    `config.yaml:${place}: the key tenant-00003 stands twice in one map, first in line 158; keep one`,
  )
})

test('a warning in a file of a thousand tenants has its line and column, and costs no exact reading', async () => {
  const text = large.replace(/secret_hash: \S+\n/, 'secret: changeme\n')
  const found = await quickly(text)
  expect(found?.warnings.map(renderFault)).toEqual([
    `${placeIn(text, 'secret: changeme')}: tenants.tenant-00000.clients.service-00.secret is a known example, so anybody can use this client; make one of your own`,
  ])
})

test('a large file is the configuration that it would be in pieces, and frozen', () =>
  withTempFolder(async (folder) => {
    const odd = `  odd:
    name: Odd
    oauth2: { scopes: { a: A, __proto__: B } }
    clients:
      __proto__: { secret: own-secret-1, scopes: [a], access_token_ttl: 1m }
      constructor: { active: false, secrets: [{ id: one, hash: sha256:${'0'.repeat(64)} }] }
`
    const text = `${warned}admin: {}\n${large}${odd}`
    const path = join(folder, 'config.yaml')
    await writeFile(path, text, { mode: 0o600 })
    const whole = await loadConfig(path, platform)
    const parsed = await parseConfig({ file: path, text, folder }, platform)
    expect(whole.config).toEqual(parsed.config)
    expect(JSON.stringify(whole.config)).toBe(JSON.stringify(parsed.config))
    expect(whole).toMatchObject({
      warnings: parsed.warnings,
      dataDir: parsed.dataDir,
      storage: parsed.storage,
    })
    const { odd: tenant } = whole.config.tenants
    expect(Object.keys(tenant?.clients ?? {})).toEqual(['__proto__', 'constructor'])
    for (const map of [whole.config.tenants, tenant?.oauth2?.scopes, tenant?.clients])
      expect(Object.getPrototypeOf(map)).toBeNull()
    const second = tenant?.clients['constructor']
    for (const value of [whole.config, tenant, tenant?.clients, tenant?.oauth2?.scopes, second?.secrets?.[0]])
      expect(Object.isFrozen(value)).toBe(true)
    expect(tenant?.clients['nobody']).toBeUndefined()
  }))

/** How many characters were unpacked, text by text, while `act` ran. */
function unpackedDuring(act: () => void): number[] {
  const parse = spyOn(JSON, 'parse')
  try {
    act()
    return parse.mock.calls.map(([text]) => text.length)
  } finally {
    parse.mockRestore()
  }
}

test('to look for one client of a large file unpacks no other, whether it is there or not', () =>
  withTempFolder(async (folder) => {
    const text = renderManyTenants({ tenants: 1, clients: 8000 })
    const path = join(folder, 'config.yaml')
    await writeFile(path, text)
    const { config } = await loadConfig(path, platform)
    const tenant = config.tenants[tenantIdOf(0)]
    if (!tenant) throw new Error('there is no tenant')
    const all = tenant.clients
    for (const id of [0, 1, 4321, 7999].map(clientIdOf)) {
      expect(findClient(tenant, id)).toEqual(all[id])
      expect(Object.isFrozen(findClient(tenant, id))).toBe(true)
    }
    for (const id of ['nobody', '', 'service-0', '__proto__', 'constructor'])
      expect(unpackedDuring(() => expect(findClient(tenant, id)).toBeUndefined())).toEqual([])
    const [unpacked = 0, ...others] = unpackedDuring(() => void findClient(tenant, clientIdOf(4321)))
    expect(others).toEqual([])
    expect(unpacked).toBeGreaterThan(50)
    expect(unpacked).toBeLessThan(300)
  }))
