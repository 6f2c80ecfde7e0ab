import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startTestApp, type TestApp } from '../support/test-app.ts'

/** A `public_url` with a path: some proxies cut it off, others leave it there. */
let app: TestApp

beforeAll(async () => {
  app = await startTestApp(`
server: { public_url: 'https://id.example.com/auth/v2' }
log: { probes: true }
admin: { tenant: ops }
tenants:
  ops:
    name: Operations
    oauth2: { scopes: { read: Read } }
    api_keys: { allowed_scopes: [read] }
    signing: { algorithm: ES256 }
    clients: { boss: { secret: 'boss-of-the-path', scopes: [read, grantd:admin, api-keys:manage] } }
`)
})
afterAll(() => app.close())

const issuer = 'https://id.example.com/auth/v2/api/v1/tenant/ops'
const form = (scope: string) =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'boss',
    client_secret: 'boss-of-the-path',
    scope,
  })

async function tokenAt(prefix: string, scope: string): Promise<string> {
  const response = await app.send(`${prefix}/api/v1/tenant/ops/oauth/token`, {
    method: 'POST',
    body: form(scope),
  })
  expect(response.status).toBe(200)
  return (await response.json()).access_token
}

describe.each([
  ['a proxy that leaves the path', '/auth/v2'],
  ['a proxy that cuts the path off', ''],
])('behind %s', (_, prefix) => {
  test.each([
    '/',
    '/health',
    '/health/ready',
    '/swagger',
    '/swagger/json',
    '/api/v1/tenant/ops/strategies',
    '/api/v1/tenant/ops/.well-known/jwks.json',
    '/api/v1/tenant/ops/.well-known/oauth-authorization-server',
    '/api/v1/tenant/ops/.well-known/openid-configuration',
  ])('%s is there, and is one route in the log', async (path) => {
    const response = await app.send(`${prefix}${path}`)
    expect(response.status).toBe(200)
    expect(app.log.at(-1)?.['route']).toBe(path.replace('/ops/', '/:tenant/'))
  })

  test('a token is had, is good at the protected resource, and manages at the admin API', async () => {
    const send = (path: string, token: string) =>
      app.send(`${prefix}${path}`, { headers: { Authorization: `Bearer ${token}` } })
    const resource = await send('/api/v1/protected-resource', await tokenAt(prefix, 'read'))
    expect(await resource.json()).toMatchObject({ tenant_id: 'ops', client_id: 'boss' })
    const tenant = await send('/api/v1/admin/tenants/ops', await tokenAt(prefix, 'grantd:admin'))
    expect(await tenant.json()).toMatchObject({ id: 'ops', issuer })
    const other = await send('/api/v1/admin/tenants/%6fps', await tokenAt(prefix, 'grantd:admin'))
    expect(other.status).toBe(404)
  })

  test('the next page of a list is at the URL that was asked for', async () => {
    const token = await tokenAt(prefix, 'api-keys:manage')
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const base = `${prefix}/api/v1/tenant/ops/api-keys`
    for (const name of ['a', 'b']) {
      const made = await app.send(`${base}/create`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ name }),
      })
      expect(made.status).toBe(201)
    }
    const seen = 'https://id.example.com/auth/v2/api/v1/tenant/ops/api-keys/list?limit=1'
    const link = (await app.send(`${base}/list?limit=1`, { headers })).headers.get('link') ?? ''
    const next = new URL(/^<([^>]+)>; rel="next"$/.exec(link)?.[1] ?? '', seen)
    expect(next.pathname).toBe('/auth/v2/api/v1/tenant/ops/api-keys/list')
    const page = await app.send(`${base}/list${next.search}`, { headers })
    expect(await page.json()).toHaveLength(1)
  })

  test('a path that is not there is 404, and a wrong method 405', async () => {
    expect((await app.send(`${prefix}/nothing`)).status).toBe(404)
    const wrong = await app.send(`${prefix}/api/v1/tenant/ops/oauth/token`)
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
  })
})

test('the base itself is the root, and other spellings of it are not', async () => {
  expect(await (await app.send('/auth/v2')).json()).toMatchObject({
    name: 'grantd',
    links: { swagger: 'https://id.example.com/auth/v2/swagger' },
  })
  for (const path of [
    '/auth',
    '/auth/v2x/health',
    '/Auth/v2/health',
    '/auth/v2/auth/v2/health',
    '/auth//v2/health',
  ]) {
    expect([path, (await app.send(path)).status]).toEqual([path, 404])
  }
})

test('the OpenAPI document sends requests and its token flow below the path', async () => {
  const document = await (await app.send('/swagger/json')).json()
  expect(document.servers).toEqual([{ url: '/auth/v2', description: 'This server' }])
  expect(document.components.securitySchemes.oauth2.flows.clientCredentials.tokenUrl).toBe(
    '/auth/v2/api/v1/tenant/ops/oauth/token',
  )
})

test('a path with characters that mean something in a route is not taken for a pattern', async () => {
  const odd = await startTestApp("server: { public_url: 'https://id.example.com/:any' }\ntenants: {}\n")
  expect((await odd.send('/health')).status).toBe(200)
  for (const path of ['/:any/health', '/other/health']) expect((await odd.send(path)).status).toBe(404)
  await odd.close()
})
