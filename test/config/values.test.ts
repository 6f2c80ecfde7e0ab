import { expect, test } from 'bun:test'
import { clientWith, faultsOf, tenantWith } from '../support/config-text.ts'

type Row = readonly [what: string, text: string, fault: string]

const port = (value: string, found: string): Row => [
  `the port ${value}`,
  `server: { port: ${value} }`,
  `config.yaml:1:17: server.port is ${found}, wanted a whole number from 0 to 65535`,
]
const ports = [
  port('65536', '"65536"'),
  port('-1', '"-1"'),
  port('1.5', '"1.5"'),
  port('0x10', '"0x10"'),
  port('1e3', '"1e3"'),
  port('3_000', '"3_000"'),
  port('""', '""'),
  port('null', 'null'),
]
test.each(ports)('%s is refused', async (_what, text, fault) => {
  expect(await faultsOf(text)).toEqual([fault])
})
test.each(['0', '1', '65535'])('the port %s is taken', async (value) => {
  expect(await faultsOf(`server: { port: ${value} }`)).toEqual([])
})

const types: readonly Row[] = [
  ['server as a list', 'server: []', 'config.yaml:1:9: server is a list, wanted a map'],
  ['server as a text', 'server: x', 'config.yaml:1:9: server is a single value, wanted a map'],
  ['server as nothing', 'server:', 'config.yaml:1:8: server is null, wanted a map'],
  ['tenants as null', 'tenants: null', 'config.yaml:1:10: tenants is null, wanted a map'],
  ['tenants as a list', 'tenants: [a]', 'config.yaml:1:10: tenants is a list, wanted a map'],
  [
    'data_dir as null',
    'data_dir: null',
    'config.yaml:1:11: data_dir is null, wanted a text; quote it if it is meant as one',
  ],
  ['data_dir as a map', 'data_dir: {}', 'config.yaml:1:11: data_dir is a map, wanted a single value'],
  ['an empty data_dir', 'data_dir: ""', 'config.yaml:1:11: data_dir is "", wanted a text that is not empty'],
  [
    'oauth2 as null',
    tenantWith('oauth2: null'),
    'config.yaml:4:13: tenants.acme.oauth2 is null, wanted a map',
  ],
  [
    'active as yes',
    tenantWith('active: yes'),
    'config.yaml:4:13: tenants.acme.active is "yes", wanted true or false',
  ],
  [
    'active as True',
    tenantWith('active: True'),
    'config.yaml:4:13: tenants.acme.active is "True", wanted true or false',
  ],
  [
    'an audience that is no list',
    tenantWith('oauth2: { audience: api }'),
    'config.yaml:4:25: tenants.acme.oauth2.audience is a single value, wanted a list',
  ],
  [
    'an empty audience',
    tenantWith('oauth2: { audience: [] }'),
    'config.yaml:4:25: tenants.acme.oauth2.audience is a list, wanted at least one value',
  ],
  [
    'an audience with an empty value',
    clientWith('audience: [a, ""]'),
    'config.yaml:8:23: tenants.acme.clients.app.audience[1] is "", wanted a text that is not empty',
  ],
  [
    'a scope twice',
    clientWith('scopes: [read, read]'),
    'config.yaml:8:24: tenants.acme.clients.app.scopes[1] repeats "read"',
  ],
  [
    'a client that is null',
    tenantWith('clients: { app: }'),
    'config.yaml:4:21: tenants.acme.clients.app is null, wanted a map',
  ],
]
test.each(types)('%s is refused', async (_what, text, fault) => {
  expect(await faultsOf(text)).toEqual([fault])
})

const choices: readonly Row[] = [
  [
    'another algorithm',
    tenantWith('signing: { algorithm: HS256 }'),
    'config.yaml:4:27: tenants.acme.signing.algorithm is "HS256", wanted one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA',
  ],
  [
    'an algorithm in small letters',
    tenantWith('signing: { algorithm: es256 }'),
    'config.yaml:4:27: tenants.acme.signing.algorithm is "es256", wanted one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA',
  ],
  [
    'a short modulus',
    tenantWith('signing: { modulus_length: 1024 }'),
    'config.yaml:4:32: tenants.acme.signing.modulus_length is "1024", wanted one of 2048 3072 4096',
  ],
  [
    'another typ',
    tenantWith('oauth2: { access_token_typ: jwt }'),
    'config.yaml:4:33: tenants.acme.oauth2.access_token_typ is "jwt", wanted one of JWT at+jwt',
  ],
  [
    'a grant that is not there',
    clientWith('grant_types: [password]'),
    'config.yaml:8:23: tenants.acme.clients.app.grant_types[0] is "password", wanted one of client_credentials authorization_code refresh_token urn:ietf:params:oauth:grant-type:device_code',
  ],
]
test.each(choices)('%s is refused with what there is', async (_what, text, fault) => {
  expect(await faultsOf(text)).toEqual([fault])
})

const wantedKid = '1 to 128 of A-Z a-z 0-9 . _ - and a letter or digit first, for it names the key file too'
test.each(['../k', '.k', '-k', 'a/b', 'a b', 'a\\\\b', 'é', 'k'.repeat(129), 'k\\n', ''])(
  'the kid "%s" is refused',
  async (kid) => {
    const value: string = JSON.parse(`"${kid}"`)
    const quoted = JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
    expect(await faultsOf(tenantWith(`signing: { kid: "${kid}" }`))).toEqual([
      `config.yaml:4:21: tenants.acme.signing.kid is ${quoted}, wanted ${wantedKid}`,
    ])
  },
)
test.each(['k', 'a..b', '2026-01_x.y', 'k'.repeat(128)])('the kid %s is taken', async (kid) => {
  expect(await faultsOf(tenantWith(`signing: { kid: ${kid} }`))).toEqual([])
})

const wantedTenant = '1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first'
test.each(['.a', '_a', 'a b', 'a/b', '..', 'é', '', '__proto__', 'a\n', 'a'.repeat(65)])(
  'the tenant id %j is refused',
  async (id) => {
    const key = JSON.stringify(id)
    expect(await faultsOf(`tenants:\n  ${key}: { name: A }`)).toEqual([
      `config.yaml:2:3: tenants has the key ${key}, wanted ${wantedTenant}`,
    ])
  },
)
test.each(['a', '0', 'A.b_c-d', 'constructor', 'a'.repeat(64)])('the tenant id %s is taken', async (id) => {
  expect(await faultsOf(`tenants:\n  ${id}: { name: A }`)).toEqual([])
})

test.each(['', 'a\n', 'é', 'a\u007f', 'a'.repeat(257)])('the client id %j is refused', async (id) => {
  const key = JSON.stringify(id)
  const shown = key.replace('\u007f', '\\u007f')
  expect(await faultsOf(tenantWith(`clients: { ${key}: { secret: own-secret-1 } }`))).toEqual([
    `config.yaml:4:16: tenants.acme.clients has the key ${shown}, wanted 1 to 256 printable ASCII characters`,
  ])
})

const wantedResource = 'an absolute URI without fragment (RFC 8707 section 2)'
test.each(['api', '/api', 'https://a.example/#x', 'https://', 'https://a.example/a b'])(
  'the resource %s is refused',
  async (resource) => {
    expect(await faultsOf(clientWith(`resources: ["${resource}"]`))).toEqual([
      `config.yaml:8:21: tenants.acme.clients.app.resources[0] is "${resource}", wanted ${wantedResource}`,
    ])
  },
)
test.each(['https://a.example', 'https://a.example/?q=1', 'urn:example:api'])(
  'the resource %s is taken',
  async (resource) => {
    expect(await faultsOf(clientWith(`resources: ["${resource}"]`))).toEqual([])
  },
)

test('a long value is quoted in part', async () => {
  expect(await faultsOf(tenantWith(`active: ${'x'.repeat(100)}`))).toEqual([
    `config.yaml:4:13: tenants.acme.active is "${'x'.repeat(77)}...", wanted true or false`,
  ])
})
