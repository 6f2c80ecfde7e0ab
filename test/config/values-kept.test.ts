import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { ClientConfig } from '../../src/config/client-schema.ts'
import type { Config } from '../../src/config/schema.ts'
import { faultsOf, parse, secretFrom, tenantWith } from '../support/config-text.ts'
import { connectionSettings } from '../support/server-settings.ts'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

async function configOf(text: string): Promise<Config> {
  return (await parse(text)).config
}

async function clientsOf(line: string): Promise<Readonly<Record<string, ClientConfig>>> {
  return (await configOf(tenantWith(`clients: ${line}`))).tenants['acme']?.clients ?? {}
}

test('a file with nothing but tenants has the defaults that are documented', async () => {
  const text = 'tenants: { a: { name: A, oauth2: {}, oidc: {}, clients: { app: { secret: own-secret-1 } } } }'
  expect(await configOf(text)).toEqual({
    server: {
      host: '127.0.0.1',
      port: 3000,
      public_url: null,
      idle_timeout: 75,
      shutdown_delay: 0,
      connections: connectionSettings,
      trusted_proxies: [],
      proxy_header: 'x-forwarded-for',
      metrics: { enabled: false, host: '127.0.0.1', port: 9464 },
      try_page: null,
      watch: false,
      signing_engine: 'auto',
    },
    include: [],
    data_dir: './data',
    storage: 'sqlite',
    postgres: {
      password_env: null,
      password_file: null,
      ca_file: null,
      pool: 10,
      connect_timeout: 2,
      statement_timeout: 2,
    },
    master_key_file: null,
    audit: { enabled: true, retain: 90 * 86_400, skip: [] },
    refusals: { retain: 3600 },
    limits: {
      enabled: true,
      failures_per_client_and_address: 10,
      failures_per_client: 100,
      failures_per_address: 100,
      failures_per_tenant: 1000,
      failures_per_person: 5,
      failures_per_person_address: 20,
      longest_backoff: 900,
      refusal_delay: 1,
      tokens_per_minute_per_client: null,
      tokens_per_minute_per_tenant: null,
      sign_ins_per_address: 600,
      sign_ins_per_tenant: 6000,
    },
    log: { level: 'info', format: 'auto', probes: false },
    swagger: true,
    tenants: {
      a: {
        name: 'A',
        active: true,
        issuer: null,
        oauth2: {
          audience: null,
          access_token_ttl: 3600,
          access_token_typ: 'JWT',
          reuse_window: 0,
          authorization_code_ttl: 60,
          refresh_token_ttl: 30 * 86_400,
          refresh_token_idle: 7 * 86_400,
          refresh_token_grace: 10,
          device_code_ttl: 600,
          tokens_per_minute: null,
          scopes: {},
          claims: {},
        },
        oidc: {
          id_token_ttl: 3600,
          session_ttl: 12 * 3600,
          session_idle: 2 * 3600,
          claims: {},
          claims_in_id_token: true,
          sign_in: {
            title: null,
            logo_file: null,
            accent: null,
            terms_url: null,
            privacy_url: null,
            help_url: null,
            default_locale: 'en',
          },
          password: { min_length: 12 },
          access_token_claims: [],
          backchannel_logout_private_addresses: false,
        },
        signing: {
          algorithm: 'RS256',
          modulus_length: 2048,
          kid: null,
          private_key_file: null,
          rotate_every: null,
          publish_ahead: null,
          jwks_max_age: 300,
        },
        users: {},
        clients: {
          app: {
            name: null,
            active: true,
            introspect: false,
            secret: null,
            secret_env: null,
            secret_file: null,
            secret_hash: sha256('own-secret-1'),
            secrets: null,
            token_endpoint_auth_method: null,
            jwks: null,
            jwks_file: null,
            grant_types: ['client_credentials'],
            scopes: [],
            default_scopes: null,
            audience: null,
            resources: [],
            access_token_ttl: null,
            tokens_per_minute: null,
            redirect_uris: [],
            post_logout_redirect_uris: [],
            backchannel_logout_uri: null,
            allowed_origins: [],
            require_pkce: true,
            require_pushed_authorization_requests: false,
            consent: 'remember',
            userinfo_signed: false,
            claims: {},
          },
        },
      },
    },
  })
})

test.each([
  ['{ port: 9090 }', { enabled: true, host: '127.0.0.1', port: 9090 }],
  ['{}', { enabled: true, host: '127.0.0.1', port: 9464 }],
  ['{ enabled: false, port: 9090 }', { enabled: false, host: '127.0.0.1', port: 9090 }],
])('server.metrics: %s is on unless it says otherwise', async (block, metrics) => {
  const { server } = await configOf(`server: { metrics: ${block} }\ntenants: { a: { name: A } }`)
  expect(server.metrics).toEqual(metrics)
})

test('oauth2 and oidc that are left out stay out', async () => {
  const { tenants } = await configOf('tenants: { a: { name: A } }')
  expect(Object.keys(tenants['a'] ?? {})).toEqual(['name', 'active', 'issuer', 'signing', 'users', 'clients'])
})

test.each(['0123', 'no', '1e3', '0x10', '.inf', '2026-01-01', 'true', '~', 'null', '1_000', '-', '=', 'y'])(
  'the client id %s is that text',
  async (id) => {
    expect(
      Object.keys(await clientsOf(`\n      ${id === '-' ? '"-"' : id}: { secret: own-secret-1 }`)),
    ).toEqual([id])
  },
)

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'a client may be called %s and is a client like any other',
  async (id) => {
    const clients = await clientsOf(`{ ${id}: { secret: own-secret-1 } }`)
    expect(Object.keys(clients)).toEqual([id])
    expect(Object.entries(clients)[0]?.[1].secret_hash).toBe(sha256('own-secret-1'))
  },
)
test('a client that is not there is not found among the members of every object', async () => {
  const clients = await clientsOf('{ app: { secret: own-secret-1 } }')
  expect(clients['constructor']).toBeUndefined()
  expect(Object.getPrototypeOf(clients)).toBeNull()
})

test.each(['0x10', '0123', 'no', '1e3', '123456789012345678901234567890', '"true"', "'~'"])(
  'the secret %s is that text',
  async (yaml) => {
    const secret = yaml.replace(/['"]/g, '')
    const { tenants } = await configOf(secretFrom(`secret: ${yaml}`))
    expect(tenants['acme']?.clients['app']?.secret_hash).toBe(sha256(secret))
  },
)

test('a name that looks like a number, a date or a truth keeps its text', async () => {
  for (const name of ['007', '2026-01-01', 'off', '1.10']) {
    const { tenants } = await configOf(`tenants: { a: { name: ${name} } }`)
    expect(tenants['a']?.name).toBe(name)
  }
})
test('a name that is an unquoted null is refused, a quoted one is a name', async () => {
  expect(await faultsOf('tenants: { a: { name: null } }')).toEqual([
    'config.yaml:1:23: tenants.a.name is null, wanted a text; quote it if it is meant as one',
  ])
  const { tenants } = await configOf('tenants: { a: { name: "null" } }')
  expect(tenants['a']?.name).toBe('null')
})

const lifetimes: readonly [text: string, seconds: number][] = [
  ['1', 1],
  ['90', 90],
  ['0090', 90],
  ['30s', 30],
  ['15m', 900],
  ['1h', 3600],
  ['7d', 604_800],
  ['365d', 31_536_000],
]
test.each(lifetimes)('the lifetime %s is %d seconds', async (text, seconds) => {
  const { tenants } = await configOf(tenantWith(`oauth2: { access_token_ttl: ${text} }`))
  expect(tenants['acme']?.oauth2?.access_token_ttl).toBe(seconds)
})

const ttl = 'config.yaml:4:33: tenants.acme.oauth2.access_token_ttl is'
test.each(['1w', '-1', '1.5h', '1h30m', '1 h', 'h', '1H', '1e3', '+5', '"1h "', '1000000000000'.repeat(2)])(
  'the lifetime %s is refused',
  async (text) => {
    expect(await faultsOf(tenantWith(`oauth2: { access_token_ttl: ${text} }`))).toEqual([
      `${ttl} "${text.replaceAll('"', '')}", wanted seconds, or a duration such as 30s 15m 1h 7d`,
    ])
  },
)
test.each(['0', '0h', '31536001', '366d'])('the lifetime %s is refused for its length', async (text) => {
  expect(await faultsOf(tenantWith(`oauth2: { access_token_ttl: ${text} }`))).toEqual([
    `${ttl} "${text}", wanted 1 to 31536000 seconds`,
  ])
})

function checkFrozen(value: unknown, path = 'config'): number {
  if (typeof value !== 'object' || value === null) return 0
  expect([path, Object.isFrozen(value)]).toEqual([path, true])
  return Object.entries(value).reduce((sum, [key, member]) => sum + checkFrozen(member, `${path}.${key}`), 1)
}

test('a loaded configuration is frozen in all its depth', async () => {
  const text =
    'tenants: { a: { name: A, oauth2: { audience: [x], scopes: { r: R } }, oidc: {}, clients: { app: { secret: own-secret-1, scopes: [r] } } } }'
  // config, server, its proxies, connections, metrics, postgres, audit, its list, refusals, limits, log, tenants, a, oauth2, audience, scopes, oidc, its claims, pages, password and list, signing, users, clients, app, six lists, three maps of claims.
  expect(checkFrozen(await configOf(text))).toBe(34)
})
