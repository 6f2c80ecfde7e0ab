import { describe, expect, test } from 'bun:test'
import { faultsOf, parse, warningsOf } from '../support/config-text.ts'

/** A client `app` of a tenant with people, whose lines are these. */
const withClient = (line: string, { tenant = 'oidc: {}', server = '{}' } = {}) => `server: ${server}
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { read: R } }
    ${tenant}
    clients:
      app: { ${line} }
`
const web =
  'secret: own-secret-1-of-the-app, grant_types: [authorization_code], redirect_uris: [https://app.example/cb]'
const spa =
  'token_endpoint_auth_method: none, grant_types: [authorization_code], redirect_uris: [https://app.example/cb]'
const device = 'urn:ietf:params:oauth:grant-type:device_code'
const at = 'tenants.acme.clients.app'

/** The faults without their places in the file. */
async function faultsOfClient(line: string, surroundings = {}): Promise<string[]> {
  const faults = await faultsOf(withClient(line, surroundings))
  return faults.map((fault) => fault.replace(/^config\.yaml:\d+:\d+: /, ''))
}

test.each([
  ['a web app', web],
  ['a single-page app', spa],
  [
    'a web app with refresh tokens',
    web.replace('[authorization_code]', '[authorization_code, refresh_token]'),
  ],
  ['a device', `token_endpoint_auth_method: none, grant_types: ["${device}"]`],
  ['a web app that is a service too', web.replace('[auth', '[client_credentials, auth')],
  ['a first-party app', `${web}, consent: skip, require_pkce: false`],
  [
    'a web app that lists scopes of people',
    `${web}, scopes: [openid, profile, read], default_scopes: [openid, read]`,
  ],
])('%s is a client', async (_what, line) => {
  expect(await faultsOfClient(line)).toEqual([])
})

test.each<[string, string, string]>([
  [
    'a code client without redirect URIs',
    'secret: own-secret-1-of-the-app, grant_types: [authorization_code]',
    'redirect_uris is empty, wanted at least one for authorization_code',
  ],
  [
    'refresh tokens alone',
    'secret: own-secret-1-of-the-app, grant_types: [client_credentials, refresh_token]',
    'grant_types has refresh_token, which wants authorization_code or the device code grant beside it',
  ],
  [
    'a public client that is a service',
    spa.replace('[auth', '[client_credentials, auth'),
    'grant_types has client_credentials, which a public client (token_endpoint_auth_method: none) cannot use',
  ],
  [
    'a public client with the default grant',
    'token_endpoint_auth_method: none',
    'grant_types has client_credentials, which a public client (token_endpoint_auth_method: none) cannot use',
  ],
  [
    'a public client with a secret',
    `${spa}, secret: own-secret-1-of-the-app`,
    'secret has no use with token_endpoint_auth_method: none; leave out one of the two',
  ],
  [
    'a public client that introspects',
    `${spa}, introspect: true`,
    'introspect is true, which wants a client with a secret or keys',
  ],
  [
    'a public client without consent',
    `${spa}, consent: skip`,
    'consent is skip, which wants a client with a secret or keys',
  ],
  [
    'a public client without PKCE',
    `${spa}, require_pkce: false`,
    'require_pkce is false, which wants a client with a secret or keys',
  ],
  [
    'a logout URI at a private address',
    `${web}, backchannel_logout_uri: "https://10.1.2.3/logout"`,
    'backchannel_logout_uri has a private address, which wants oidc.backchannel_logout_private_addresses: true at the tenant',
  ],
])('%s is a fault', async (_what, line, fault) => {
  expect(await faultsOfClient(line)).toEqual([`${at}.${fault}`])
})

test.each([web, `token_endpoint_auth_method: none, grant_types: ["${device}"]`])(
  'a client that signs people in wants oidc at its tenant: %s',
  async (line) => {
    expect(await faultsOfClient(line, { tenant: 'active: true' })).toEqual([
      `${at}.grant_types has a grant that signs people in, which wants oidc at the tenant`,
    ])
  },
)

test('a private address of a logout URI is taken where the tenant says so', async () => {
  const line = `${web}, backchannel_logout_uri: "https://[::1]:8443/logout"`
  expect(
    await faultsOfClient(line, { tenant: 'oidc: { backchannel_logout_private_addresses: true }' }),
  ).toEqual([])
})

describe('public_url', () => {
  const server = '{ public_url: "http://id.example" }'

  test('without TLS is a fault where a client signs people in', async () => {
    expect(await faultsOfClient(web, { server })).toEqual([
      `server.public_url is http://id.example, and ${at} signs people in, which browsers do over https alone; put a proxy with TLS in front or set server.tls, and write https://`,
    ])
  })

  test('without https is a fault beside server.tls too, which needs no proxy', async () => {
    const tls = '{ public_url: "http://id.example", tls: { cert_file: none.pem, key_file: none.pem } }'
    expect(await faultsOfClient(web, { server: tls })).toContain(
      `server.public_url is http://id.example, and ${at} signs people in, which browsers do over https alone; write https://`,
    )
  })

  test('without TLS is a warning where none does, and nothing on loopback', async () => {
    const service = 'secret: 6f4c2f1c9b7a4e0d8a33, scopes: [read]'
    expect(await warningsOf(withClient(service, { server }))).toEqual([
      expect.stringContaining('server.public_url is http://id.example: secrets and tokens travel in clear'),
    ])
    const loopback = '{ public_url: "http://127.0.0.1:3000" }'
    expect(await faultsOfClient(web, { server: loopback })).toEqual([])
  })
})

test('what is taken and doubtful is a warning', async () => {
  const line = `${web.replace('https://app', 'http://app')}, require_pkce: false, backchannel_logout_uri: http://app.example/out`
  const warnings = await warningsOf(withClient(line))
  expect(
    warnings.map((warning) => warning.replace(/^.*?app\./, '')).filter((each) => !each.startsWith('secret')),
  ).toEqual([
    'redirect_uris[0] is http://app.example/cb: codes travel in clear; use https',
    'require_pkce is false: a stolen code is worth more; set it to true where the client can do PKCE',
    'backchannel_logout_uri is http://app.example/out: logout tokens travel in clear; use https',
  ])
})

test('what nobody can use is a warning', async () => {
  const [unused, more] = await warningsOf(
    withClient('secret: 6f4c2f1c9b7a4e0d8a33, redirect_uris: [https://app.example/cb]'),
  )
  expect(unused).toEndWith(
    `${at}.redirect_uris has no use without authorization_code in grant_types; nobody signs in there`,
  )
  expect(more).toBeUndefined()
  expect(await warningsOf('tenants:\n  acme:\n    name: Acme\n    oidc: {}\n')).toEqual([
    'config.yaml:4:5: tenants.acme.oidc has no use without oauth2; write oauth2: {} beside it',
  ])
  const text = `tenants:\n  acme:\n    name: Acme\n    clients: { app: { secret_hash: 'sha256:${'a'.repeat(64)}' } }\n`
  expect(await warningsOf(text)).toEqual([
    'config.yaml:4:5: tenants.acme.clients has no use without oauth2; write oauth2: {} beside it',
  ])
  expect(await warningsOf(`${text}    oauth2: {}\n`)).toEqual([])
})

test('the scopes of people are of no client that signs people in, and of a service they are as any other', async () => {
  const { buildClient } = await import('../../src/clients/client.ts')
  const build = async (line: string, tenant: string) => {
    const { config } = await parse(
      withClient(line, { tenant }).replace('{ read: R }', '{ read: R, email: E }'),
    )
    const found = config.tenants['acme']?.clients['app']
    if (!found) throw new Error('There is no client')
    const { scopes, default_scopes } = buildClient('app', found)
    return { scopes, default_scopes }
  }
  const scopes = 'scopes: [openid, read, email], default_scopes: [openid, read]'
  expect(await build(`${web}, ${scopes}`, 'oidc: {}')).toEqual({ scopes: ['read'], default_scopes: ['read'] })
  const service = 'secret: own-secret-1-of-the-app, scopes: [read, email]'
  expect(await build(service, 'active: true')).toEqual({
    scopes: ['read', 'email'],
    default_scopes: ['read', 'email'],
  })
})

describe('oidc', () => {
  test.each<[string, string]>([
    [
      'claims: { department: [department] }',
      'claims.department is a scope that nobody can ask for: wanted one of oauth2.scopes, or of those of OpenID Connect',
    ],
    [
      'claims: { profile: [department, sub] }',
      'claims.profile[1] is a name that grantd or a standard uses itself',
    ],
    [
      'access_token_claims: [acr, nonce]',
      'access_token_claims[1] is a name that grantd or a standard uses itself',
    ],
  ])('%s is a fault', async (line, fault) => {
    expect(await faultsOfClient(web, { tenant: `oidc: { ${line} }` })).toEqual([`tenants.acme.oidc.${fault}`])
  })

  test('brings claims by the scopes of people and of the API, and any claim of a sign-in into access tokens', async () => {
    const tenant =
      'oidc: { claims: { read: [department], openid: [plan] }, access_token_claims: [auth_time, acr, amr, groups, sid, plan] }'
    expect(await faultsOfClient(web, { tenant })).toEqual([])
  })

  test('a declared scope of people and an idle time beyond the whole are warnings', async () => {
    const text = `tenants: { a: { name: A, oauth2: { scopes: { email: E }, refresh_token_ttl: 60, refresh_token_idle: 61 }, oidc: { session_ttl: 60, session_idle: 61 } } }`
    expect((await warningsOf(text)).map((warning) => warning.replace(/^[\w.]+:\d+:\d+: /, ''))).toEqual([
      'tenants.a.oauth2.scopes.email is a scope of OpenID Connect, which needs no declaring; leave it out',
      'tenants.a.oauth2.refresh_token_idle is 61 seconds, and refresh_token_ttl ends all after 60',
      'tenants.a.oidc.session_idle is 61 seconds, and session_ttl ends all after 60',
    ])
    expect(await warningsOf('tenants: { a: { name: A, oauth2: {}, oidc: { session_ttl: 60 } } }')).toEqual([])
  })
})
