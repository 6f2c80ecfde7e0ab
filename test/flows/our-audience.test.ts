import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { refusal } from '../endpoints/acme.ts'
import { type ListedKey, makeKey } from '../support/api-keys.ts'
import { apiKeySettings, changed, type Sender, withTenant } from '../support/revocable.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const third = 'https://third.example/api'
const issuer = 'http://localhost:3000/api/v1/tenant/acme'

const yaml = `
admin: { tenant: acme }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    api_keys: { allowed_scopes: [read, api-keys:manage] }
    signing: { algorithm: ES256 }
    clients:
      root:
        secret: root-secret-value
        introspect: true
        scopes: [read, grantd:admin, api-keys:manage]
        resources: ["${third}", "http://localhost:3000/api/v1/tenant/beta"]
      plain: { secret: plain-secret-value, scopes: [read], resources: ["${third}"] }
  beta:
    name: Its audience is its issuer
    oauth2: { scopes: { read: Read } }
    signing: { algorithm: ES256 }
    clients:
      root: { secret: root-secret-value, scopes: [read, grantd:admin] }
`

let app: TestApp
beforeEach(async () => {
  app = await startTestApp(yaml)
})
afterEach(() => app.close())

const root = { client_id: 'root', client_secret: 'root-secret-value' }
const plain = { client_id: 'plain', client_secret: 'plain-secret-value' }

async function tokenFor(scope: string | undefined, ...resources: string[]): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...root })
  if (scope !== undefined) form.set('scope', scope)
  for (const resource of resources) form.append('resource', resource)
  const response = await app.post('acme', form.toString())
  expect(response.status).toBe(200)
  return (await response.json()).access_token
}

const audienceOf = (token: string) => jose.decodeJwt(token).aud
const get = (path: string, token: string, server: Sender = app) =>
  server.send(path, { headers: { Authorization: `Bearer ${token}` } })
const callAdmin = (token: string) => get('/api/v1/admin/tenants', token)
const callKeys = (token: string) => get('/api/v1/tenant/acme/api-keys/list', token)

describe('a token request that names a scope of grantd itself', () => {
  test.each(['grantd:admin', 'api-keys:manage', 'read grantd:admin', 'api-keys:manage grantd:admin'])(
    'gets the issuer as the audience, and no other: %s',
    async (scope) => {
      expect(audienceOf(await tokenFor(scope))).toEqual([issuer])
    },
  )

  test('gets the audience that it names where it names one', async () => {
    expect(audienceOf(await tokenFor('grantd:admin', issuer))).toEqual([issuer])
    expect(audienceOf(await tokenFor('grantd:admin', third))).toEqual([third])
    expect(audienceOf(await tokenFor('grantd:admin', issuer, third))).toEqual([issuer, third])
    expect(audienceOf(await tokenFor('read grantd:admin', 'acme-api', issuer))).toEqual(['acme-api', issuer])
  })
})

describe('any other token request', () => {
  test('gets the audience of the client as ever', async () => {
    expect(audienceOf(await tokenFor(undefined))).toEqual(['acme-api'])
    expect(audienceOf(await tokenFor('read'))).toEqual(['acme-api'])
  })

  test('may name the issuer where the client has such a scope, and else not', async () => {
    expect(audienceOf(await tokenFor('read', issuer))).toEqual([issuer])
    const form = { grant_type: 'client_credentials', ...plain, resource: issuer }
    expect((await refusal(await app.post('acme', form)))[1]).toBe('invalid_target')
  })
})

describe('a token for another API', () => {
  test.each([
    ['grantd:admin', callAdmin],
    ['api-keys:manage', callKeys],
  ])('with %s is refused at our own endpoints, so that API cannot use it there', async (scope, call) => {
    for (const resources of [[third], ['acme-api'], ['http://localhost:3000/api/v1/tenant/beta']]) {
      const response = await call(await tokenFor(scope, ...resources))
      expect(response.headers.get('www-authenticate')).toStartWith(
        'Bearer realm="grantd", error="invalid_token"',
      )
      expect(await refusal(response)).toEqual([
        401,
        'invalid_token',
        'The access token is for another API: its aud does not have the issuer',
      ])
    }
    for (const resources of [[], [issuer], [third, issuer]]) {
      expect((await call(await tokenFor(scope, ...resources))).status).toBe(200)
    }
  })

  test('without the scope learns which scope is missing', async () => {
    expect((await refusal(await callAdmin(await tokenFor('read', third))))[1]).toBe('insufficient_scope')
  })
})

test('a token for the issuer alone is taken by protected-resource and by introspection', async () => {
  const token = await tokenFor('read grantd:admin')
  const resource = await get('/api/v1/protected-resource', token)
  expect([resource.status, (await resource.json()).audience]).toEqual([200, [issuer]])
  const response = await app.send('/api/v1/tenant/acme/oauth/introspect', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...root, token }).toString(),
  })
  expect(await response.json()).toMatchObject({ active: true, aud: [issuer], scope: 'read grantd:admin' })
})

test('a tenant whose audience is its issuer needs nothing else', async () => {
  const token = await app.token('beta', { ...root, scope: 'grantd:admin' })
  expect(audienceOf(token)).toEqual(['http://localhost:3000/api/v1/tenant/beta'])
  expect((await get('/api/v1/admin/tenants/beta', token)).status).toBe(200)
})

describe('an API key', () => {
  const make = async (...scopes: string[]) =>
    makeKey(app, { token: await tokenFor('read api-keys:manage'), body: { name: 'k', scopes } })

  test('that manages keys is for the issuer alone, any other for the audience of its client', async () => {
    expect(audienceOf((await make('read')).api_key)).toEqual(['acme-api'])
    expect(audienceOf((await make('api-keys:manage')).api_key)).toEqual([issuer])
    const both = await make('api-keys:manage', 'read')
    expect(audienceOf(both.api_key)).toEqual([issuer])
    expect((await callKeys(both.api_key)).status).toBe(200)
    expect((await get('/api/v1/protected-resource', both.api_key)).status).toBe(200)
  })

  test('that is rotated once it manages no keys any more is for the audience of its client', async () => {
    const { id } = await make('api-keys:manage', 'read')
    const settings = apiKeySettings({ allowed_scopes: ['read'] })
    const plainApp = { ...app, deps: { ...app.deps, admin: undefined } }
    const strict = changed(plainApp, { tenant: withTenant('acme', { api_keys: settings }) })
    const response = await strict.send(`/api/v1/tenant/acme/api-keys/${id}/rotate`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await tokenFor('read api-keys:manage')}` },
    })
    expect(audienceOf((await response.json()).api_key)).toEqual(['acme-api'])
  })

  test('of an earlier build, whose audience is that of the tenant, manages keys once it was rotated', async () => {
    const { id, api_key } = await make('api-keys:manage')
    const { storage, hashing, keyring } = app.deps
    const old = await new jose.SignJWT({ ...jose.decodeJwt(api_key), aud: ['acme-api'] })
      .setProtectedHeader({ ...jose.decodeProtectedHeader(api_key), alg: 'ES256' })
      .sign((await keyring.of('acme')).active.privateKey)
    const records = storage.of('acme').of(apiKeys)
    const row = await records.find(id)
    if (!row) return expect.unreachable()
    const tokens = row.value.tokens.map((each) => ({ ...each, hash: hashing.sha256(old).toHex() }))
    await records.replace(id, { ...row.value, tokens }, { ifVersion: row.version })
    expect((await get('/api/v1/protected-resource', old)).status).toBe(200)
    expect((await callKeys(old)).status).toBe(401)
    const response = await app.send(`/api/v1/tenant/acme/api-keys/${id}/rotate`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await tokenFor('api-keys:manage')}` },
    })
    const { api_key: newer } = await response.json()
    const listed: ListedKey[] = await (await callKeys(newer)).json()
    expect(listed.map((each) => each.id)).toEqual([id])
  })
})
