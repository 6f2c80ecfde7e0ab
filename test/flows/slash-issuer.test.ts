import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import * as openid from 'openid-client'
import { callProtected, startTestApp, type TestApp, testStart } from '../support/test-app.ts'

/** Tenants that moved here from a service whose issuers end in a slash. */
let app: TestApp
let admin: string

const here = 'http://localhost:3000/realms/old/'
const elsewhere = 'https://id.example/auth/'
const secret = 'own-secret-of-app-1'

beforeAll(async () => {
  const tenant = (issuer: string) => `
    name: Moved
    issuer: ${issuer}
    oauth2: { scopes: { read: Reading } }
    signing: { algorithm: ES256 }
    clients: { app: { secret: ${secret}, scopes: [read], introspect: true } }`
  app = await startTestApp(`
admin: { tenant: ops }
tenants:
  ops: { name: Ops, oauth2: {}, clients: { root: { secret: ${secret}, scopes: [grantd:admin] } } }
  here:${tenant(here)}
  elsewhere:${tenant(elsewhere)}
`)
  admin = await app.token('ops', { client_id: 'root', client_secret: secret, scope: 'grantd:admin' })
})
afterAll(() => app.close())

const tokenOf = (tenant: string) => app.token(tenant, { client_id: 'app', client_secret: secret })
const use = async (token: string) => (await callProtected(app, token)).status

describe.each([
  ['here', here],
  ['elsewhere', elsewhere],
])('the tenant %s with the issuer %s', (tenant, issuer) => {
  test('has it byte for byte in tokens, metadata and introspection, and its tokens pass', async () => {
    const token = await tokenOf(tenant)
    expect(jose.decodeJwt(token)).toMatchObject({ iss: issuer, aud: [issuer] })
    expect(await use(token)).toBe(200)
    const metadata = await app.send(`/api/v1/tenant/${tenant}/.well-known/oauth-authorization-server`)
    expect((await metadata.json()).issuer).toBe(issuer)
    const body = new URLSearchParams({ token, client_id: 'app', client_secret: secret })
    const answer = await app.send(`/api/v1/tenant/${tenant}/oauth/introspect`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ active: true, iss: issuer })
  })

  test('takes no token of its own key with the issuer in another spelling', async () => {
    const { active } = await app.deps.keyring.of(tenant)
    const sign = (iss: string) =>
      new jose.SignJWT({ client_id: 'app', scope: 'read' })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: active.kid })
        .setIssuer(iss)
        .setSubject('app')
        .setAudience([issuer])
        .setJti('forged')
        .setIssuedAt(testStart / 1000)
        .setExpirationTime(testStart / 1000 + 60)
        .sign(active.privateKey)
    expect(await use(await sign(issuer))).toBe(200)
    for (const other of [issuer.slice(0, -1), `${issuer}/`, `${issuer}.`]) {
      expect(await use(await sign(other))).toBe(401)
    }
  })
})

test('the metadata are where RFC 8414 section 3.1 and OpenID Connect Discovery look, without the slash', async () => {
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    for (const path of [`/.well-known/${name}/realms/old`, `/realms/old/.well-known/${name}`]) {
      const answer = await app.send(path)
      expect([path, answer.status]).toEqual([path, 200])
      expect((await answer.json()).issuer).toBe(here)
    }
  }
})

test.each(['oauth2', 'oidc'] as const)(
  'openid-client finds it by its issuer (%s) and takes it',
  async (algorithm) => {
    const auth = openid.ClientSecretPost(secret)
    const config = await openid.discovery(new URL(here), 'app', undefined, auth, {
      algorithm,
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: (url, { method, headers }) => app.send(url, { method, headers }),
    })
    expect(config.serverMetadata().issuer).toBe(here)
  },
)

describe('a tenant of the admin API', () => {
  const call = async (method: string, path: string, body: unknown) => {
    const headers = { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json', 'If-Match': '*' }
    const init = { method, headers, body: JSON.stringify(body) }
    const answer = await app.send(`/api/v1/admin${path}`, init)
    return { status: answer.status, body: await answer.json() }
  }
  const make = (id: string, issuer: string) =>
    call('POST', '/tenants', { id, name: 'Made', issuer, oauth2: {}, signing: { algorithm: 'ES256' } })

  test('keeps the slash, and nobody else has its issuer with or without it', async () => {
    const issuer = 'https://stored.example/realm/'
    const made = await make('stored', issuer)
    expect([made.status, made.body.issuer]).toEqual([201, issuer])
    const client = await call('POST', '/tenants/stored/clients', { client_id: 'app' })
    const form = { client_id: 'app', client_secret: client.body.client_secret }
    const token = await app.token('stored', form)
    expect(jose.decodeJwt(token).iss).toBe(issuer)
    expect(await use(token)).toBe(200)
    for (const taken of [issuer, issuer.slice(0, -1), here, here.slice(0, -1), elsewhere.slice(0, -1)]) {
      expect((await make('thief', taken)).status).toBe(409)
    }
    const moved = await call('PATCH', '/tenants/stored', { issuer: issuer.slice(0, -1) })
    expect([moved.status, moved.body.issuer]).toEqual([200, issuer.slice(0, -1)])
    expect(await use(token)).toBe(401)
    expect(await use(await app.token('stored', form))).toBe(200)
    expect((await make('thief', issuer)).status).toBe(409)
    const away = await call('PATCH', '/tenants/stored', { issuer: 'https://stored.example/other/' })
    expect(away.status).toBe(200)
    expect((await make('heir', issuer)).status).toBe(201)
  })

  test('can have its default issuer with a slash, and not that of another', async () => {
    const issuer = 'http://localhost:3000/api/v1/tenant/slashed/'
    expect((await make('slashed', issuer)).status).toBe(201)
    const client = await call('POST', '/tenants/slashed/clients', { client_id: 'app' })
    const token = await app.token('slashed', { client_id: 'app', client_secret: client.body.client_secret })
    expect(jose.decodeJwt(token).iss).toBe(issuer)
    expect(await use(token)).toBe(200)
    expect((await make('another', issuer)).status).toBe(409)
    expect((await make('another', 'http://localhost:3000/api/v1/tenant/unborn/')).status).toBe(409)
  })
})
