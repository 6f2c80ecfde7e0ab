import { afterEach, beforeEach, expect, test } from 'bun:test'
import { revokeTokensOfClient, revokeTokensOfTenant } from '../../src/tokens/revocations.ts'
import { callProtected, startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp
let manager: string

const svc = { client_id: 'svc', client_secret: 'svc-secret-value' }

beforeEach(async () => {
  app = await startTestApp(`
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { read: Reading } }
    signing: { algorithm: ES256 }
    api_keys: { allowed_scopes: [read] }
    clients:
      svc: { secret: svc-secret-value, scopes: [read, 'api-keys:manage'] }
`)
  manager = await newManager()
})

const newManager = () => app.token('acme', { ...svc, scope: 'read api-keys:manage' })
afterEach(() => app.close())

async function call(path: string, token: string, body?: unknown): Promise<Response> {
  return app.send(`/api/v1/tenant/acme/api-keys/${path}`, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
  })
}

async function makeKey() {
  return (await call('create', await newManager(), { name: 'n', scopes: ['read'] })).json()
}

async function use(token: string) {
  const response = await callProtected(app, token)
  return response.status
}

const { floor } = Math
const revocations = [
  [
    'of its client',
    (before: number) => revokeTokensOfClient(app.deps.storage, 'acme', { clientId: 'svc', before }),
  ],
  ['of the tenant', (before: number) => revokeTokensOfTenant(app.deps.storage, 'acme', { before })],
] as const

test.each(revocations)(
  'revoking everything %s ends a key for good: no rotation brings it back',
  async (_what, revoke) => {
    const key = await makeKey()
    app.advance(10)
    const rotated = await (await call(`${key.id}/rotate`, manager, {})).json()
    expect([await use(key.api_key), await use(rotated.api_key)]).toEqual([200, 200])

    // A time between the making and the rotation: the key is older than that, so all of its tokens go.
    await revoke(floor(app.deps.now() / 1000) - 5)
    expect([await use(key.api_key), await use(rotated.api_key)]).toEqual([401, 401])
    manager = await newManager()
    const again = await call(`${key.id}/rotate`, manager, {})
    expect([again.status, await again.json()]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'The API key has been revoked' },
    ])
    expect(
      (await (await call('list', manager)).json()).map((each: { revoked: boolean }) => each.revoked),
    ).toEqual([true])
    // What is made afterwards is good.
    const fresh = await makeKey()
    expect(await use(fresh.api_key)).toBe(200)
  },
)
