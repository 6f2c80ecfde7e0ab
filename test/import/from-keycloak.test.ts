import { expect, test } from 'bun:test'
import { lost, read, readOne, realm, sha256Of } from './import-kit.ts'

test('a realm becomes a tenant, and its clients keep ids, secrets, grants and URIs', () => {
  const tenant = readOne('keycloak', realm)
  expect(tenant.id).toBe('acme')
  expect(tenant.patch).toEqual({
    name: 'Acme Ltd',
    active: true,
    oauth2: { scopes: { 'orders:read': 'Read orders', 'orders:write': '' }, access_token_ttl: 300 },
    oidc: { session_ttl: 36_000, session_idle: 1800 },
  })
  expect(tenant.clients.map(({ id }) => id)).toEqual(['web', 'phone', 'masked'])
  const [web, phone, maskedClient] = tenant.clients
  expect(web?.secret).toEqual({ kind: 'hash', hash: sha256Of('aK7sPq0Zx9wYb3nLm5tRv8cDe2fGh6jU') })
  expect(web?.patch).toEqual({
    name: 'The shop',
    active: true,
    grant_types: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
    scopes: ['orders:read', 'orders:write'],
    default_scopes: ['orders:read'],
    resources: [],
    access_token_ttl: 120,
    redirect_uris: ['https://shop.example.com/callback'],
    post_logout_redirect_uris: ['https://shop.example.com/bye', 'https://shop.example.com/callback'],
    allowed_origins: ['https://shop.example.com'],
    backchannel_logout_uri: 'https://shop.example.com/logout',
    consent: 'skip',
    require_pkce: false,
  })
  expect(phone).toMatchObject({
    secret: { kind: 'none' },
    patch: { token_endpoint_auth_method: 'none', require_pkce: true, consent: 'remember' },
  })
  expect(maskedClient?.secret).toEqual({ kind: 'missing' })
})

test('what does not come over is named, with the reason', () => {
  const tenant = readOne('keycloak', realm)
  expect(lost(tenant)).toEqual([
    "client 'account': it is of Keycloak itself",
    "client 'web': redirect URI 'https://shop.example.com/*': only a whole URI without a wildcard is one here",
    "client 'web': grant password: there is no such grant here",
    "client 'web': URI after sign-out 'https://shop.example.com/*': only a whole URI without a wildcard is one here",
    "client 'web': origin '*': only one such as https://app.example.com is good here",
    "client 'phone': grant implicit: there is no such grant here",
    "client 'saml': it does not speak OpenID Connect",
    "client 'api': an API that only checks tokens needs no client here",
    "client 'masked': secret: the file does not have it; make one with grantd secret rotate",
    "client 'keyed': it proves itself in a way that is not known here, or its public keys are not in the file",
    '1 identity providers: people sign in with a password here',
    '2 roles: scopes and groups say here what somebody may do',
  ])
  // The account of a service is no person.
  expect(tenant.people.map(({ number }) => number)).toEqual([1, 3])
})

test('an export of several realms has a tenant for each', () => {
  expect(read('keycloak', [{ realm: 'a' }, { realm: 'b' }]).map(({ id }) => id)).toEqual(['a', 'b'])
})

test('a client that proves itself with keys of the file keeps them', () => {
  const jwks = { keys: [{ kty: 'RSA', n: 'x', e: 'AQAB' }] }
  const client = {
    clientId: 'keyed',
    clientAuthenticatorType: 'client-jwt',
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    attributes: { 'jwks.string': JSON.stringify(jwks) },
  }
  const [keyed] = readOne('keycloak', { realm: 'a', clients: [client] }).clients
  expect(keyed).toMatchObject({
    secret: { kind: 'none' },
    patch: { token_endpoint_auth_method: 'private_key_jwt', jwks },
  })
})
