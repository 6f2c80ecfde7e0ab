import { expect, test } from 'bun:test'
import { clientWith, faultsOf, tenantWith } from '../support/config-text.ts'

test('a misspelt key is refused at its line and column with the key that was meant', async () => {
  const text = `# one
# two
server:
  port: 3000
data_dir: ./data
tenants:
  acme:
    name: Acme
    active: true
    oauth2:
      audience: [api]
      access_token_tll: 1h
`
  expect(await faultsOf(text)).toEqual([
    'config.yaml:12:7: tenants.acme.oauth2.access_token_tll is not a known key; did you mean access_token_ttl?',
  ])
})

const misspelt: readonly [level: string, text: string, fault: string][] = [
  ['the top', 'tenant: {}', 'config.yaml:1:1: tenant is not a known key; did you mean tenants?'],
  ['server', 'server:\n  hots: a', 'config.yaml:2:3: server.hots is not a known key; did you mean host?'],
  [
    'a tenant',
    tenantWith('isuer: https://a.example'),
    'config.yaml:4:5: tenants.acme.isuer is not a known key; did you mean issuer?',
  ],
  [
    'oauth2',
    tenantWith('oauth2: { audiense: [a] }'),
    'config.yaml:4:15: tenants.acme.oauth2.audiense is not a known key; did you mean audience?',
  ],
  [
    'signing',
    tenantWith('signing: { algoritm: ES256 }'),
    'config.yaml:4:16: tenants.acme.signing.algoritm is not a known key; did you mean algorithm?',
  ],
  [
    'a client',
    clientWith('scope: []'),
    'config.yaml:8:9: tenants.acme.clients.app.scope is not a known key; did you mean scopes?',
  ],
]
test.each(misspelt)('a misspelt key of %s gets a suggestion', async (_level, text, fault) => {
  expect(await faultsOf(text)).toEqual([fault])
})

const strange: readonly [level: string, text: string, fault: string][] = [
  [
    'the top',
    'store-house: {}',
    'config.yaml:1:1: store-house is not a known key; the known keys are server, data_dir, storage, postgres, master_key_file, admin, audit, refusals, limits, log, swagger, include, tenants',
  ],
  [
    'server',
    'server: { certificate: a }',
    'config.yaml:1:11: server.certificate is not a known key; the known keys are host, port, public_url, tls, idle_timeout, shutdown_delay, connections, trusted_proxies, proxy_header, metrics, try_page, watch, signing_engine',
  ],
  [
    'a tenant',
    tenantWith('people: {}'),
    'config.yaml:4:5: tenants.acme.people is not a known key; the known keys are name, active, issuer, oauth2, oidc, api_keys, signing, users, clients',
  ],
  [
    'oidc',
    tenantWith('oidc: { a: 1 }'),
    'config.yaml:4:13: tenants.acme.oidc.a is not a known key; the known keys are id_token_ttl, session_ttl, session_idle, claims, claims_in_id_token, sign_in, password, access_token_claims, backchannel_logout_private_addresses',
  ],
  [
    'signing',
    tenantWith('signing: { rotating: 7d }'),
    'config.yaml:4:16: tenants.acme.signing.rotating is not a known key; the known keys are algorithm, modulus_length, kid, private_key_file, rotate_every, publish_ahead, jwks_max_age',
  ],
  [
    'a client that names a member of every object',
    clientWith('constructor: a'),
    'config.yaml:8:9: tenants.acme.clients.app.constructor is not a known key; the known keys are name, active, introspect, secret, secret_env, secret_file, secret_hash, secrets, token_endpoint_auth_method, jwks, jwks_file, grant_types, scopes, default_scopes, audience, resources, access_token_ttl, tokens_per_minute, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, allowed_origins, require_pkce, require_pushed_authorization_requests, consent, userinfo_signed, claims',
  ],
  [
    'the top that names the prototype',
    '__proto__: {}',
    'config.yaml:1:1: __proto__ is not a known key; the known keys are server, data_dir, storage, postgres, master_key_file, admin, audit, refusals, limits, log, swagger, include, tenants',
  ],
  [
    'a tenant that is a YAML 1.1 merge',
    tenantWith('<<: { active: false }'),
    'config.yaml:4:5: tenants.acme.<< is not a known key; the known keys are name, active, issuer, oauth2, oidc, api_keys, signing, users, clients',
  ],
]
test.each(strange)(
  'an unknown key of %s, near to none, is refused with those that are known',
  async (_level, text, fault) => {
    expect(await faultsOf(text)).toEqual([fault])
  },
)

test('a tenant without a name is refused where the tenant starts', async () => {
  expect(await faultsOf('tenants:\n  acme:\n    active: true\n')).toEqual([
    'config.yaml:3:5: tenants.acme.name is missing; it is required',
  ])
})

const twice: readonly [what: string, text: string, fault: string][] = [
  [
    'tenant',
    'tenants: { a: { name: A }, a: { name: B } }',
    'config.yaml:1:28: the key a stands twice in one map, first in line 1; keep one',
  ],
  [
    'section',
    'server: {}\ntenants: {}\nserver: {}',
    'config.yaml:3:1: the key server stands twice in one map, first in line 1; keep one',
  ],
  [
    'value',
    tenantWith('name: Again'),
    'config.yaml:4:5: the key name stands twice in one map, first in line 3; keep one',
  ],
  [
    'quoted key',
    tenantWith('"name": Again'),
    'config.yaml:4:5: the key name stands twice in one map, first in line 3; keep one',
  ],
]
test.each(twice)(
  'a %s that stands twice is refused where it stands the second time',
  async (_what, text, fault) => {
    expect(await faultsOf(text)).toEqual([fault])
  },
)

test('a secret that stands twice is refused and neither is quoted', async () => {
  const faults = await faultsOf(clientWith('secret: other-secret-2'))
  expect(faults).toEqual([
    'config.yaml:8:9: the key secret stands twice in one map, first in line 7; keep one',
  ])
})

test('a key that is a list is refused', async () => {
  expect(await faultsOf('? [a]\n: b')).toEqual(['config.yaml:1:3: a key of a map is not a plain text'])
})

test('every fault of a file is found in one reading, in the order of the file', async () => {
  const text = `server:
  port: seventy
  hots: localhost
tenants:
  acme:
    issuer: https://acme.example//
    oauth2:
      access_token_ttl: soon
      scopes: { "a b": no }
    clients:
      app:
        scopes: [admin]
  beta:
    name: Beta
    signing: { algorithm: HS256 }
`
  expect(await faultsOf(text)).toEqual([
    'config.yaml:2:9: server.port is "seventy", wanted a whole number from 0 to 65535',
    'config.yaml:3:3: server.hots is not a known key; did you mean host?',
    'config.yaml:6:5: tenants.acme.name is missing; it is required',
    'config.yaml:6:13: tenants.acme.issuer is "https://acme.example//", wanted an absolute http(s) URL without user, query and fragment, with one slash at its end at most',
    'config.yaml:8:25: tenants.acme.oauth2.access_token_ttl is "soon", wanted seconds, or a duration such as 30s 15m 1h 7d',
    'config.yaml:9:17: tenants.acme.oauth2.scopes has the key "a b", wanted printable ASCII without space, quote and backslash (RFC 6749 section 3.3)',
    'config.yaml:11:7: tenants.acme.clients.app wants exactly one of secret, secret_env, secret_file, secret_hash, secrets; it has none',
    'config.yaml:12:18: tenants.acme.clients.app.scopes[0] is admin, which is not a scope of this tenant (none)',
    'config.yaml:15:27: tenants.beta.signing.algorithm is "HS256", wanted one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA',
  ])
})

test('lines and columns are the same with CRLF line ends', async () => {
  const text = tenantWith('isuer: https://a.example').replaceAll('\n', '\r\n')
  expect(await faultsOf(text)).toEqual([
    'config.yaml:4:5: tenants.acme.isuer is not a known key; did you mean issuer?',
  ])
})
