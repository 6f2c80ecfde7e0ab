import { expect, test } from 'bun:test'
import { lost, readOne, sha256Of } from './import-kit.ts'

const yaml = `
clients:
  - client_id: aaaa
    name: Shop
    app_type: regular_web
    client_secret: a-secret-of-the-shop-0123456789
    callbacks: [https://shop.example.com/cb, '##SHOP##/cb']
    allowed_logout_urls: [https://shop.example.com/]
    web_origins: [https://shop.example.com/]
    grant_types: [authorization_code, refresh_token, client_credentials, 'http://auth0.com/oauth/grant-type/mfa-otp']
  - client_id: bbbb
    name: Phone
    app_type: native
    callbacks: ['com.example.phone:/cb']
    grant_types: [authorization_code]
  - name: Nameless
  - name: All Applications
    global: true
    client_id: gggg
resourceServers:
  - name: Orders
    identifier: https://orders.example.com
    scopes: [{ value: orders:read, description: Read orders }]
clientGrants:
  - { client_id: Shop, audience: https://orders.example.com, scope: [orders:read] }
connections: [{ name: google }]
`

test('an export of auth0-deploy-cli becomes clients with the scopes of their grants', () => {
  const tenant = readOne('auth0', yaml)
  const [shop, phone] = tenant.clients
  expect(tenant.clients).toHaveLength(2)
  expect(tenant.patch).toEqual({ oauth2: { scopes: { 'orders:read': 'Read orders' } }, oidc: {} })
  expect(shop).toEqual({
    id: 'aaaa',
    secret: { kind: 'hash', hash: sha256Of('a-secret-of-the-shop-0123456789') },
    patch: {
      name: 'Shop',
      active: true,
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scopes: ['orders:read'],
      resources: ['https://orders.example.com'],
      redirect_uris: ['https://shop.example.com/cb'],
      post_logout_redirect_uris: ['https://shop.example.com/'],
      allowed_origins: ['https://shop.example.com'],
      consent: 'skip',
      require_pkce: false,
    },
  })
  expect(phone?.patch).toMatchObject({ token_endpoint_auth_method: 'none', require_pkce: true })
  expect(lost(tenant)).toEqual([
    'client number 3: it has no client_id',
    "client 'aaaa': redirect URI '##SHOP##/cb': only a whole URI without a wildcard is one here",
    "client 'aaaa': grant http://auth0.com/oauth/grant-type/mfa-otp: there is no such grant here",
    '1 connections: there is no such thing here',
  ])
})

test('a list of clients of the Management API is read', () => {
  const list = [{ client_id: 'x', app_type: 'non_interactive', grant_types: ['client_credentials'] }]
  const tenant = readOne('auth0', list)
  expect(tenant.clients.map(({ id, secret }) => [id, secret.kind])).toEqual([['x', 'missing']])
})

test('users keep the id that tokens had, and hashes that are known', () => {
  const bcrypt = '$2b$10$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.'
  const users = [
    { _id: { $oid: '5dea9f9c' }, email: 'a@example.com', email_verified: true, passwordHash: bcrypt },
    {
      user_id: 'google-oauth2|12',
      email: 'b@example.com',
      name: 'Bea',
      blocked: true,
      user_metadata: { a: 1 },
    },
    { identifiers: [{ type: 'email', value: 'c@example.com', verified: true }], alt_id: 'euclid' },
    { email: 'd@example.com', custom_password_hash: { algorithm: 'md5', hash: { value: 'abc' } } },
  ]
  const tenant = readOne('auth0', users.map((user) => JSON.stringify(user)).join('\n'))
  expect(tenant.people.map(({ value }) => value)).toEqual([
    {
      sub: 'auth0|5dea9f9c',
      email: 'a@example.com',
      email_verified: true,
      active: true,
      attributes: {},
      password_hash: bcrypt,
    },
    { sub: 'google-oauth2|12', email: 'b@example.com', name: 'Bea', active: false, attributes: {} },
    { sub: 'auth0|euclid', email: 'c@example.com', email_verified: true, active: true, attributes: {} },
    { email: 'd@example.com', active: true, attributes: {} },
  ])
  expect(lost(tenant)).toEqual([
    'person number 2: user_metadata: there is no such thing here; write what tokens need into attributes',
    'person number 4: password: its hash is of a kind that is not known here; grantd user reset makes a link',
  ])
})
