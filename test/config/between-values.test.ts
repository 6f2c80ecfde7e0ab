import { expect, test } from 'bun:test'
import { clientWith, faultsOf } from '../support/config-text.ts'

test('two tenants with one issuer are refused at the second', async () => {
  const text = `tenants:
  a:
    name: A
    issuer: https://one.example
  b:
    name: B
    issuer: https://one.example
`
  expect(await faultsOf(text)).toEqual([
    'config.yaml:7:5: tenants.b has the issuer https://one.example, which is that of tenants.a too',
  ])
})

const samePlace: readonly [why: string, server: string, issuer: string][] = [
  ['the public_url', '{ public_url: https://id.example }', 'https://id.example/api/v1/tenant/a'],
  ['the port, without a public_url', '{ port: 8080 }', 'http://localhost:8080/api/v1/tenant/a'],
  ['the default port', '{}', 'http://localhost:3000/api/v1/tenant/a'],
  // The server may be started with another port, or be reached by another name.
  ['another port', '{}', 'http://localhost:4000/api/v1/tenant/a'],
  ['another host', '{}', 'http://127.0.0.1:3000/api/v1/tenant/a'],
  ['a host behind a proxy', '{ port: 8080 }', 'https://login.example/api/v1/tenant/a/'],
  [
    'another host than public_url',
    '{ public_url: https://id.example }',
    'https://old.example/api/v1/tenant/a',
  ],
  ['a public_url with a path', '{}', 'https://id.example/auth/api/v1/tenant/a'],
  ['another spelling', '{}', 'https://ID.example:443/auth/../api//v1/tenant/./a'],
]
test.each(samePlace)(
  'an issuer that is the default of another tenant by %s is refused',
  async (_why, server, issuer) => {
    const text = (tenants: string) => `server: ${server}\ntenants:\n${tenants}`
    const implicit = '  a: { name: A }\n'
    const explicit = `  b: { name: B, issuer: "${issuer}" }\n`
    expect(await faultsOf(text(implicit + explicit))).toEqual([
      `config.yaml:4:17: tenants.b has the issuer ${issuer}, which is that of tenants.a by default, at whatever host`,
    ])
    // The fault is where the issuer is written, which may be the file of another team.
    expect(await faultsOf(text(explicit + implicit))).toEqual([
      `config.yaml:3:17: tenants.b has the issuer ${issuer}, which is that of tenants.a by default, at whatever host`,
    ])
  },
)

test.each(['1', '9s', '256', '5m'])('an idle_timeout of %s is refused, with the reason', async (value) => {
  const [fault] = await faultsOf(`server: { idle_timeout: ${value} }\ntenants: {}\n`)
  expect(fault).toMatch(/^config\.yaml:1:\d+: server\.idle_timeout is /)
})

test.each(['0', '10', '75s', '255', '4m'])('an idle_timeout of %s is taken', async (value) => {
  expect(await faultsOf(`server: { idle_timeout: ${value} }\ntenants: {}\n`)).toEqual([])
})

test('issuers that differ in one byte are two', async () => {
  const text = `tenants:
  a: { name: A, issuer: https://one.example/a }
  b: { name: B, issuer: https://one.example/A }
  c: { name: C, issuer: http://one.example/a }
`
  expect(await faultsOf(text)).toEqual([])
})

test.each([
  'https://ONE.example/a/b',
  'https://one.example:443/a/b',
  'https://one.example/a//b',
  'https://one.example/./a/b',
  'https://one.example/a/b/',
])('an issuer that is that of another tenant in another spelling is refused: %s', async (issuer) => {
  const text = `tenants:\n  a: { name: A, issuer: "https://one.example/a/b" }\n  b: { name: B, issuer: "${issuer}" }\n`
  expect(await faultsOf(text)).toEqual([
    `config.yaml:3:17: tenants.b has the issuer ${issuer}, which is that of tenants.a too`,
  ])
})

test.each(['keys/one.pem', './keys/one.pem', 'other/../keys/one.pem', '/etc/grantd/keys/one.pem'])(
  'two tenants with one key file are refused, the second written %s',
  async (file) => {
    const text = `tenants:
  a: { name: A, signing: { private_key_file: keys/one.pem } }
  b: { name: B, signing: { private_key_file: ${file} } }
`
    expect(await faultsOf(text, { folder: '/etc/grantd' })).toEqual([
      `config.yaml:3:28: tenants.b.signing.private_key_file is ${file}, which is the key of tenants.a too`,
    ])
  },
)

test('two tenants with a key file each are taken', async () => {
  const text = `tenants:
  a: { name: A, signing: { private_key_file: a.pem } }
  b: { name: B, signing: { private_key_file: b.pem } }
`
  expect(await faultsOf(text)).toEqual([])
})

const wantedScope = 'printable ASCII without space, quote and backslash (RFC 6749 section 3.3)'
const badScopes: readonly [what: string, yaml: string, quoted: string][] = [
  ['a space', '"a b"', '"a b"'],
  ['a quote', `'a"b'`, '"a\\"b"'],
  ['a backslash', "'a\\b'", '"a\\\\b"'],
  ['a letter outside ASCII', '"é"', '"é"'],
  ['a line end', '"a\\n"', '"a\\n"'],
  ['nothing in it', '""', '""'],
]
test.each(badScopes)('a scope with %s is refused where the tenant tells it', async (_what, yaml, quoted) => {
  const text = `tenants:\n  acme:\n    name: A\n    oauth2:\n      scopes:\n        ${yaml}: x\n`
  expect(await faultsOf(text)).toEqual([
    `config.yaml:6:9: tenants.acme.oauth2.scopes has the key ${quoted}, wanted ${wantedScope}`,
  ])
})
test.each(badScopes)('a scope with %s is refused where a client asks for it', async (_what, yaml, quoted) => {
  expect(await faultsOf(clientWith(`scopes: [${yaml}]`))).toEqual([
    `config.yaml:8:18: tenants.acme.clients.app.scopes[0] is ${quoted}, wanted ${wantedScope}`,
  ])
})
test('scopes with every other printable character are taken', async () => {
  const text = `tenants:\n  acme:\n    name: A\n    oauth2:\n      scopes:\n        "!#$%&'()*+,-./:;<=>?@[]^_\`{|}~": x\n`
  expect(await faultsOf(text)).toEqual([])
})

test('a client with a scope that its tenant does not know is refused with those that it knows', async () => {
  expect(await faultsOf(clientWith('scopes: [read, admin]'))).toEqual([
    'config.yaml:8:24: tenants.acme.clients.app.scopes[1] is admin, which is not a scope of this tenant (read, write)',
  ])
})
test('a client with a scope in a tenant without oauth2 is refused', async () => {
  const text = 'tenants: { a: { name: A, clients: { app: { secret: own-secret-1, scopes: [read] } } } }'
  expect(await faultsOf(text)).toEqual([
    'config.yaml:1:75: tenants.a.clients.app.scopes[0] is read, which is not a scope of this tenant (none)',
  ])
})

test('a default scope outside the scopes of the client is refused, even one of the tenant', async () => {
  expect(await faultsOf(clientWith('scopes: [read]\n        default_scopes: [write]'))).toEqual([
    'config.yaml:9:26: tenants.acme.clients.app.default_scopes[0] is write, which is not in the scopes of this client (read)',
  ])
  expect(await faultsOf(clientWith('default_scopes: [read]'))).toEqual([
    'config.yaml:8:26: tenants.acme.clients.app.default_scopes[0] is read, which is not in the scopes of this client (none)',
  ])
})
test('default scopes among the scopes, none of them, and none at all are taken', async () => {
  for (const defaults of ['[read]', '[]', 'null', '[write, read]']) {
    const text = clientWith(`scopes: [read, write]\n        default_scopes: ${defaults}`)
    expect(await faultsOf(text)).toEqual([])
  }
})
