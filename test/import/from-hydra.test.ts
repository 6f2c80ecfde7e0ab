import { expect, test } from 'bun:test'
import { lost, readOne, sha256Of } from './import-kit.ts'

const bcrypt = '$2a$10$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.'
const clients = [
  {
    client_id: 'svc',
    client_name: 'Billing',
    client_secret: bcrypt,
    grant_types: ['client_credentials'],
    scope: 'invoices:read offline openid',
    audience: ['https://api.example.com', 'plain'],
    token_endpoint_auth_method: 'client_secret_post',
  },
  {
    client_id: 'app',
    grant_types: ['authorization_code', 'refresh_token', 'implicit'],
    redirect_uris: ['https://app.example.com/cb'],
    post_logout_redirect_uris: ['https://app.example.com/'],
    allowed_cors_origins: ['https://app.example.com'],
    token_endpoint_auth_method: 'none',
    skip_consent: true,
    userinfo_signed_response_alg: 'RS256',
  },
  {
    client_id: 'pbkdf2',
    client_secret: '$pbkdf2-sha256$i=25000,l=32$c2FsdA$aGFzaA',
    grant_types: ['client_credentials'],
  },
  { client_id: 'clear', client_secret: 'a-secret-in-clear-0123456789', grant_types: ['client_credentials'] },
  { client_id: 'old', grant_types: ['implicit'] },
]

test('a hash whose check would take hours is not taken over', () => {
  const costs = [
    bcrypt.replace('$10$', '$31$'),
    `$argon2id$v=19$m=999999,t=99,p=1$${'c2FsdHNhbHRzYWx0'}$${'a'.repeat(43)}`,
  ]
  const list = costs.map((client_secret, index) => ({
    ...{ client_id: `c${index}`, client_secret, grant_types: ['client_credentials'] },
  }))
  const kinds = readOne('hydra', list).clients.map(({ secret }) => secret.kind)
  expect(kinds).toEqual(['missing', 'missing'])
})

test('clients of the command line keep ids and grants, and secrets where the hash is one that is known', () => {
  const tenant = readOne('hydra', { items: clients, is_last_page: true })
  expect(tenant.id).toBeUndefined()
  expect(tenant.clients.map(({ id, secret }) => [id, secret])).toEqual([
    ['svc', { kind: 'hash', hash: bcrypt }],
    ['app', { kind: 'none' }],
    ['pbkdf2', { kind: 'missing' }],
    ['clear', { kind: 'hash', hash: sha256Of('a-secret-in-clear-0123456789') }],
  ])
  const [svc, app] = tenant.clients
  expect(svc?.patch).toEqual({
    name: 'Billing',
    active: true,
    grant_types: ['client_credentials'],
    scopes: ['invoices:read'],
    resources: ['https://api.example.com'],
    token_endpoint_auth_method: 'client_secret_post',
  })
  expect(app?.patch).toMatchObject({ consent: 'remember', require_pkce: true, userinfo_signed: true })
  expect(tenant.patch).toEqual({ oauth2: { scopes: { 'invoices:read': '' } }, oidc: {} })
  expect(lost(tenant)).toEqual([
    "client 'svc': audience 'plain': only an absolute URI can be asked for here; give others to the tenant as its audience",
    "client 'app': grant implicit: there is no such grant here",
    "client 'pbkdf2': secret: its hash is of a kind that is not known here (sha256, argon2id and bcrypt are); make one with grantd secret rotate",
    "client 'old': grant implicit: there is no such grant here",
    "client 'old': it has no grant that there is here (authorization code, refresh token, client credentials, device code)",
  ])
})

test('a list of the API, one client, and JSON lines are read too', () => {
  const all = readOne('hydra', clients)
  expect(all.clients).toHaveLength(4)
  expect(readOne('hydra', clients[0]).clients).toEqual(all.clients.slice(0, 1))
  expect(readOne('hydra', clients.map((client) => JSON.stringify(client)).join('\n')).clients).toEqual(
    all.clients,
  )
})
