import { describe, expect, test } from 'bun:test'
import { Config } from '../../src/config/schema.ts'
import { NeedsExactReading, QuickSource } from '../../src/config/yaml/quick-source.ts'
import { clientWith, faultsOf, parse } from '../support/config-text.ts'

const tenant = (claims: string) => `tenants:\n  acme:\n    name: Acme\n    oauth2:\n      claims: ${claims}\n`

async function claimsOf(claims: string): Promise<unknown> {
  const { config } = await parse(tenant(claims))
  return { ...config.tenants['acme']?.oauth2?.claims }
}

describe('a claim is any JSON value', () => {
  test.each([
    [
      '{ a: text, b: 0123, c: True, d: no, e: 2030-01-31, f: 1.2.3, g: .5, h: 0x1f, i: "" }',
      { a: 'text', b: '0123', c: 'True', d: 'no', e: '2030-01-31', f: '1.2.3', g: '.5', h: '0x1f', i: '' },
    ],
    [
      '{ a: true, b: false, c: 0, d: -12, e: 1.50, f: 1e3 }',
      { a: true, b: false, c: 0, d: -12, e: 1.5, f: 1000 },
    ],
    [`{ a: "true", b: '12', c: !!str 12, d: "null" }`, { a: 'true', b: '12', c: '12', d: 'null' }],
    [
      '{ a: [], b: {}, c: [1, [true, { x: null }]], d: { y: { z: ~ } } }',
      { a: [], b: {}, c: [1, [true, { x: null }]], d: { y: { z: null } } },
    ],
    ['{ a: &x [1, "1"], b: *x }', { a: [1, '1'], b: [1, '1'] }],
    [
      '\n        https://acme.example/claims/plan: gold\n        text: |\n          12\n',
      { 'https://acme.example/claims/plan': 'gold', text: '12\n' },
    ],
    [
      '{ groups: [a], roles: [b], entitlements: [c], constructors: 1, toString: x }',
      { groups: ['a'], roles: ['b'], entitlements: ['c'], constructors: 1, toString: 'x' },
    ],
  ])('%s', async (text, wanted) => {
    expect(await claimsOf(text)).toEqual(wanted)
  })

  test('both parsers agree, and a text with quotes is never taken for a number by the quick one', async () => {
    const quick = (text: string) => new QuickSource({ file: 'c', text: tenant(text) }).read(Config)
    expect(quick('{ a: text, b: [x, null], c: 0123 }')).toEqual(
      (await parse(tenant('{ a: text, b: [x, null], c: 0123 }'))).config as never,
    )
    for (const text of ['{ a: "12" }', '{ a: 12 }', "{ a: ['true'] }", '{ a: { b: true } }'])
      expect(() => quick(text)).toThrow(NeedsExactReading)
  })

  test('a map in a claim knows no word that nobody wrote', async () => {
    const { config } = await parse(clientWith('claims: { a: { b: 1 } }'))
    const claims = config.tenants['acme']?.clients['app']?.claims
    expect([claims?.['constructor'], Object.keys(claims ?? {})]).toEqual([undefined, ['a']])
  })
})

const reservedMessage =
  'is a name that grantd or a standard uses itself; take another one, such as a URL of yours'

describe('refused, with its place', () => {
  test.each([
    ...[
      'iss',
      'sub',
      'aud',
      'exp',
      'nbf',
      'iat',
      'jti',
      'client_id',
      'scope',
      'cnf',
      'act',
      'auth_time',
      'acr',
      'amr',
      'sid',
      'nonce',
    ],
    ...[
      'azp',
      'at_hash',
      'active',
      'username',
      'token_type',
      'tenant_id',
      'api_key',
      'events',
      '__proto__',
      'constructor',
      'prototype',
    ],
  ])('the name %s, of a tenant and of a client', async (name) => {
    expect(await faultsOf(tenant(`{ ok: 1, ${name}: x }`))).toEqual([
      `config.yaml:5:24: tenants.acme.oauth2.claims.${name} ${reservedMessage}`,
    ])
    expect(await faultsOf(clientWith(`claims: { ${name}: x }`))).toEqual([
      `config.yaml:8:19: tenants.acme.clients.app.claims.${name} ${reservedMessage}`,
    ])
  })

  const at = 'config.yaml:5:17: tenants.acme.oauth2.claims'
  test.each([
    ['[a]', 'config.yaml:5:15: tenants.acme.oauth2.claims is a list, wanted a map'],
    ['text', 'config.yaml:5:15: tenants.acme.oauth2.claims is a single value, wanted a map'],
    ['{ a b: 1 }', `${at} has the key "a b", wanted 1 to 128 printable ASCII characters without space`],
    ['{ é: 1 }', `${at} has the key "é", wanted 1 to 128 printable ASCII characters without space`],
    ['{ "": 1 }', `${at} has the key "", wanted 1 to 128 printable ASCII characters without space`],
    ['{ a: null }', `${at}.a is null; leave it out`],
    [
      '{ a: 9007199254740993 }',
      `${at}.a has a number in it that programs round; write it as a text, in quotes`,
    ],
    ['{ Scope: admin }', `${at}.Scope ${reservedMessage}`],
    ['{ CLIENT_ID: a }', `${at}.CLIENT_ID ${reservedMessage}`],
    ['{ a: ["\\ud800"] }', `${at}.a has a text in it with half a surrogate pair, which is no character`],
    [
      '{ a: { "\\udc00x": 1 } }',
      `${at}.a has a text in it with half a surrogate pair, which is no character`,
    ],
    ['{ a: [1e999] }', `${at}.a has a number in it that programs round; write it as a text, in quotes`],
    ['{ a: [[[[[[1]]]]]] }', `${at}.a is nested deeper than 5 levels`],
    ['{ a: { __proto__: 1 } }', `${at}.a has a key __proto__ in it; take another one`],
    [
      '{ a: { b: "$(X)" } }',
      'config.yaml:5:25: tenants.acme.oauth2.claims.a.b has $(...) in it, which grantd does not fill in; write the value itself',
    ],
    [
      '{ a: { "$(X)": 1 } }',
      'config.yaml:5:22: tenants.acme.oauth2.claims.a has a key with $(...), which grantd does not fill in; write the key itself',
    ],
  ])('%s', async (text, message) => {
    expect(await faultsOf(tenant(text))).toEqual([message])
  })

  test('too many, and too large', async () => {
    const many = (count: number) => `{ ${Array.from({ length: count }, (_, at) => `c${at}: x`).join(', ')} }`
    expect(await faultsOf(tenant(many(64)))).toEqual([])
    expect(await faultsOf(tenant(many(65)))).toEqual([
      'config.yaml:5:7: tenants.acme.oauth2.claims has 65 claims, wanted at most 64',
    ])
    const long = (bytes: number) => `{ a: ${'é'.repeat((bytes - 8) / 2)} }`
    expect(await faultsOf(tenant(long(2048)))).toEqual([])
    expect(await faultsOf(tenant(long(2050)))).toEqual([
      'config.yaml:5:7: tenants.acme.oauth2.claims has 2050 bytes as JSON, wanted at most 2048',
    ])
  })

  test('a bomb of aliases, at once', async () => {
    const lines = Array.from(
      { length: 12 },
      (_, at) => `a${at}: &a${at} [${Array(10).fill(at ? `*a${at - 1}` : '1')}]`,
    )
    const faults = await faultsOf(tenant(`\n        ${lines.join('\n        ')}\n`))
    expect(faults.join()).toContain('the file expands to more than 10000 values through aliases')
    expect(faults.length).toBeLessThan(5)
  })
})
