import { afterEach, beforeEach, expect, test } from 'bun:test'
import { callProtected, startTestApp, type TestApp } from '../support/test-app.ts'

/** A request whose body drips in must not act on what its token was when it came. */

let app: TestApp

beforeEach(async () => {
  app = await startTestApp(`
admin: { tenant: acme }
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { read: Reading } }
    signing: { algorithm: ES256 }
    api_keys: { allowed_scopes: [read, 'api-keys:manage'] }
    clients:
      svc: { secret: svc-secret-value, scopes: [read, 'api-keys:manage', 'grantd:admin'] }
`)
})
afterEach(() => app.close())

const svc = { client_id: 'svc', client_secret: 'svc-secret-value' }

/** Sends the head of a request and holds its body back until `release`. */
function hold(path: string, token: string, body: object) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await released
      controller.enqueue(new TextEncoder().encode(JSON.stringify(body)))
      controller.close()
    },
  })
  const headers = {
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
    'Transfer-Encoding': 'chunked',
  }
  return { answer: app.send(path, { method: 'POST', headers, body: stream }), release }
}

async function revoke(token: string): Promise<void> {
  const body = new URLSearchParams({ ...svc, token })
  expect((await app.send('/api/v1/tenant/acme/oauth/revoke', { method: 'POST', body })).status).toBe(200)
}

const keys = '/api/v1/tenant/acme/api-keys'
const requests = [
  ['making an API key', 'api-keys:manage', `${keys}/create`, { name: 'n', scopes: ['read'] }],
  ['rotating an API key', 'api-keys:manage', `${keys}/ID/rotate`, {}],
  ['making a client', 'grantd:admin', '/api/v1/admin/tenants/acme/clients', { client_id: 'late' }],
  ['adding a secret', 'grantd:admin', '/api/v1/admin/tenants/acme/clients/early/secrets', {}],
] as const

test.each(requests)(
  '%s with a token that was revoked while the body came is refused',
  async (_what, scope, path, body) => {
    const admin = await app.token('acme', { ...svc, scope: 'grantd:admin' })
    const manager = await app.token('acme', { ...svc, scope: 'api-keys:manage' })
    const send = (to: string, token: string, content: object) => {
      const held = hold(to, token, content)
      held.release()
      return held.answer
    }
    expect((await send('/api/v1/admin/tenants/acme/clients', admin, { client_id: 'early' })).status).toBe(201)
    const { id } = await (await send(`${keys}/create`, manager, { name: 'k', scopes: [] })).json()

    const token = await app.token('acme', { ...svc, scope })
    const { answer, release } = hold(path.replace('ID', id), token, body)
    await revoke(token)
    release()
    expect((await answer).status).toBe(401)
  },
)

test('an API key works while its client is there and active, and makes no other one without it', async () => {
  const admin = await app.token('acme', { ...svc, scope: 'grantd:admin' })
  const call = async (method: string, path: string, token: string, body?: object, more = {}) =>
    app.send(path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...more },
      ...(body && { body: JSON.stringify(body) }),
    })
  const clients = '/api/v1/admin/tenants/acme/clients'
  const made = await call('POST', clients, admin, { client_id: 'maker', scopes: ['read', 'api-keys:manage'] })
  const { client_secret } = await made.json()
  const manager = await app.token('acme', { client_id: 'maker', client_secret, scope: 'api-keys:manage' })
  const key = await (
    await call('POST', `${keys}/create`, manager, { name: 'k', scopes: ['api-keys:manage'] })
  ).json()
  const use = async () => (await call('GET', '/api/v1/protected-resource', key.api_key)).status
  const setActive = async (active: boolean) => {
    expect((await call('PATCH', `${clients}/maker`, admin, { active }, { 'If-Match': '*' })).status).toBe(200)
  }
  expect(await use()).toBe(200)
  await setActive(false)
  expect(await use()).toBe(401)
  expect((await call('POST', `${keys}/create`, key.api_key, { name: 'child' })).status).toBe(401)
  await setActive(true)
  expect(await use()).toBe(200)
})

test('what a clock that was ahead issued can be revoked before its time comes', async () => {
  const manager = await app.token('acme', { ...svc, scope: 'api-keys:manage' })
  app.advance(1200)
  const token = await app.token('acme', { ...svc, scope: 'read' })
  const ahead = await app.token('acme', { ...svc, scope: 'api-keys:manage' })
  const headers = { Authorization: `Bearer ${ahead}`, 'Content-Type': 'application/json' }
  const created = await app.send(`${keys}/create`, {
    method: 'POST',
    headers,
    body: '{"name":"k","scopes":["read"]}',
  })
  const key = (await created.json()).api_key
  app.advance(-1200)
  for (const each of [token, key, manager]) await revoke(each)
  app.advance(1300)
  for (const each of [token, key]) {
    const response = await callProtected(app, each)
    expect(response.status).toBe(401)
  }
})

test('a body of brackets alone is refused as malformed', async () => {
  const admin = await app.token('acme', { ...svc, scope: 'grantd:admin' })
  const headers = { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' }
  const body = `{"client_id":"deep","audience":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
  const response = await app.send('/api/v1/admin/tenants/acme/clients', { method: 'POST', headers, body })
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: 'invalid_request', error_description: 'The request body is nested too deeply' },
  ])
})
