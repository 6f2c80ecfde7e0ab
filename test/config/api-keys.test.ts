import { describe, expect, test } from 'bun:test'
import { faultsOf, parse } from '../support/config-text.ts'

/** A tenant with two scopes whose API keys are as this line says: the map begins in line 5, column 15. */
const apiKeys = (line: string) =>
  `tenants:\n  acme:\n    name: Acme\n    oauth2: { scopes: { read: R, write: W } }\n    api_keys: ${line}\n`
const here = 'tenants.acme.api_keys'

test('a tenant has no API keys unless it says so, and then with these settings', async () => {
  const without = await parse('tenants: { acme: { name: Acme, oauth2: {} } }')
  expect(without.config.tenants['acme']?.api_keys).toBeUndefined()
  const { config } = await parse(apiKeys('{}'))
  expect(config.tenants['acme']?.api_keys).toEqual({
    enabled: true,
    allowed_scopes: [],
    max_ttl: null,
    rotation_overlap: 86_400,
    default_ttl: null,
    max_per_client: 1000,
  })
})

describe('allowed_scopes', () => {
  test('can be scopes of the tenant and api-keys:manage', async () => {
    expect(await faultsOf(apiKeys('{ allowed_scopes: [write, read, "api-keys:manage"] }'))).toEqual([])
  })

  test.each([
    ['[read, nonsense]', 'nonsense', 40],
    ['[read, READ]', 'READ', 40],
    ['[read, "grantd:admin"]', 'grantd:admin', 40],
  ])('%s is refused with the scopes that can be', async (list, scope, column) => {
    expect(await faultsOf(apiKeys(`{ allowed_scopes: ${list} }`))).toEqual([
      `config.yaml:5:${column}: ${here}.allowed_scopes[1] is ${scope}, which is not a scope of this tenant (read, write, api-keys:manage)`,
    ])
  })

  test.each([
    ['[read, read]', '5:40', 'allowed_scopes[1] repeats "read"'],
    ['read', '5:33', 'allowed_scopes is a single value, wanted a list'],
    ['null', '5:33', 'allowed_scopes is null, wanted a list'],
    [
      '["a b"]',
      '5:34',
      'allowed_scopes[0] is "a b", wanted printable ASCII without space, quote and backslash (RFC 6749 section 3.3)',
    ],
  ])('%s is refused', async (list, place, message) => {
    expect(await faultsOf(apiKeys(`{ allowed_scopes: ${list} }`))).toEqual([
      `config.yaml:${place}: ${here}.${message}`,
    ])
  })
})

describe('the times', () => {
  test('are durations', async () => {
    const { config } = await parse(apiKeys('{ max_ttl: 90d, rotation_overlap: 0 }'))
    expect(config.tenants['acme']?.api_keys).toMatchObject({ max_ttl: 90 * 86_400, rotation_overlap: 0 })
  })

  test.each([
    ['max_ttl', '23h', '86400 to 315360000 seconds'],
    ['max_ttl', '3651d', '86400 to 315360000 seconds'],
    ['max_ttl', '0', '86400 to 315360000 seconds'],
    ['rotation_overlap', '366d', '0 to 31536000 seconds'],
    ['default_ttl', '23h', '86400 to 315360000 seconds'],
  ])('%s: %s is refused', async (key, value, wanted) => {
    expect(await faultsOf(apiKeys(`{ ${key}: ${value} }`))).toEqual([
      `config.yaml:5:${15 + 2 + key.length + 2}: ${here}.${key} is "${value}", wanted ${wanted}`,
    ])
  })
})

test('a default life is at most the longest one', async () => {
  expect(await faultsOf(apiKeys('{ default_ttl: 90d, max_ttl: 90d, max_per_client: 1 }'))).toEqual([])
  expect(await faultsOf(apiKeys('{ default_ttl: 91d, max_ttl: 90d }'))).toEqual([
    `config.yaml:5:17: ${here}.default_ttl is 7862400 seconds, wanted at most max_ttl (7776000)`,
  ])
})

describe('beside no oauth2', () => {
  const without = (block: string) => `tenants:\n  acme:\n    name: Acme\n    api_keys: ${block}\n`

  test('API keys are refused, for nobody could make one', async () => {
    expect(await faultsOf(without('{}'))).toEqual([
      `config.yaml:4:5: ${here} wants oauth2 beside it: who makes API keys needs an access token`,
    ])
  })

  test('they are taken where they are switched off', async () => {
    expect(await faultsOf(without('{ enabled: false }'))).toEqual([])
    expect(await faultsOf(without('{ enabled: false, allowed_scopes: [read] }'))).toEqual([])
  })
})

test('an unknown key is refused with the known ones', async () => {
  expect(await faultsOf(apiKeys('{ scopes: [read] }'))).toEqual([
    `config.yaml:5:17: ${here}.scopes is not a known key; the known keys are enabled, allowed_scopes, max_ttl, rotation_overlap, default_ttl, max_per_client`,
  ])
})

describe('a client', () => {
  const client = (scopes: string, more = '') =>
    `${apiKeys('{}')}    clients: { app: { secret: own-secret-1, scopes: ${scopes}${more} } }\n`

  test('can name api-keys:manage and grantd:admin, which no tenant declares', async () => {
    expect(await faultsOf(client('[read, "api-keys:manage", "grantd:admin"]'))).toEqual([])
  })

  test('never has them in its defaults, and only what it may ask for', async () => {
    const scopes = [
      ['api-keys:manage', 103],
      ['grantd:admin', 100],
    ] as const
    for (const [scope, column] of scopes) {
      const defaults = `, default_scopes: [read, "${scope}"]`
      expect(await faultsOf(client(`[read, "${scope}"]`, defaults))).toEqual([
        `config.yaml:6:${column}: tenants.acme.clients.app.default_scopes[1] is ${scope}, which a request has to name; leave it out`,
      ])
    }
    expect(await faultsOf(client('[read]', ', default_scopes: ["api-keys:manage"]'))).toEqual([
      'config.yaml:6:78: tenants.acme.clients.app.default_scopes[0] is api-keys:manage, which is not in the scopes of this client (read)',
    ])
  })

  test('cannot name what only looks like them', async () => {
    expect(await faultsOf(client('["api-keys:*"]'))).toEqual([
      'config.yaml:6:54: tenants.acme.clients.app.scopes[0] is api-keys:*, which is not a scope of this tenant (read, write)',
    ])
  })

  test('may introspect everything only when it says so', async () => {
    const introspectOf = async (text: string) =>
      (await parse(text)).config.tenants['acme']?.clients['app']?.introspect
    expect(await introspectOf(client('[]'))).toBe(false)
    expect(await introspectOf(client('[]', ', introspect: true'))).toBe(true)
    expect(await faultsOf(client('[]', ', introspect: yes'))).toEqual([
      'config.yaml:6:69: tenants.acme.clients.app.introspect is "yes", wanted true or false',
    ])
  })
})
