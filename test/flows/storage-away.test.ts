import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { basic, type Refusal, refusal, stableHeaders } from '../endpoints/acme.ts'
import {
  keysPath,
  listedKeys,
  listKeys,
  type MadeKey,
  makeKey,
  managerToken,
  postKey,
} from '../support/api-keys.ts'
import { type FailingStorage, failingStorage } from '../support/failing-storage.ts'
import {
  api,
  asleep,
  introspect,
  isActive,
  oauthPath,
  postForm,
  revoke,
  startRevocable,
  svc,
} from '../support/revocable.ts'
import { callProtected, type TestApp } from '../support/test-app.ts'

/** The storage goes away under a server that runs: whatever needs it says 503, and nothing is let through. */
let app: TestApp
let storage: FailingStorage
let token: string
let manager: string
let key: MadeKey

beforeEach(async () => {
  storage = failingStorage(createMemoryStorage())
  app = await startRevocable({ storage })
  token = await app.token('acme', { ...svc, scope: 'read' })
  manager = await managerToken(app, 'acme')
  key = await makeKey(app, { token: manager, body: { name: 'k', scopes: ['read'] } })
  storage.failing = true
})
afterEach(() => app.close())

const away: Refusal = [503, 'temporarily_unavailable', 'The server cannot answer this right now']

async function expectAway(response: Response): Promise<void> {
  expect(response.headers.get('retry-after')).toBe('5')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.has('www-authenticate')).toBe(false)
  expect(await refusal(response)).toEqual(away)
}

describe('while the storage is away', () => {
  test('introspection of a token of ours is 503, never an answer about it', async () => {
    for (const asked of [token, key.api_key]) {
      for (const credentials of [api, svc]) {
        await expectAway(await introspect(app, 'acme', { ...credentials, token: asked }))
      }
    }
  })

  test('introspection of what is no token of ours is answered, for nothing has to be looked up', async () => {
    const response = await introspect(app, 'acme', { ...api, token: 'nonsense' })
    expect([response.status, await response.text()]).toEqual([200, '{"active":false}'])
  })

  test('revocation is 503, never 200, and the token is as good as before when the storage is back', async () => {
    await expectAway(await revoke(app, 'acme', { ...svc, token }))
    await expectAway(await revoke(app, 'acme', { ...svc, token: key.api_key }))
    storage.failing = false
    expect(await isActive(app, 'acme', token)).toBe(true)
    expect(await isActive(app, 'acme', key.api_key)).toBe(true)
  })

  test('the protected resource lets no token through', async () => {
    await expectAway(await callProtected(app, token))
    await expectAway(await callProtected(app, key.api_key))
  })

  test('the protected resource refuses what is no good by itself as ever', async () => {
    expect((await refusal(await callProtected(app, 'nonsense')))[0]).toBe(401)
    app.advance(600)
    expect(await refusal(await callProtected(app, token))).toEqual([
      401,
      'invalid_token',
      'Token has expired',
    ])
  })

  test('the API keys are 503, and nothing is made', async () => {
    await expectAway(await postKey(app, 'create', { token: manager, body: { name: 'n' } }))
    await expectAway(await listKeys(app, { token: manager }))
    await expectAway(await postKey(app, `${key.id}/revoke`, { token: manager }))
    await expectAway(await postKey(app, `${key.id}/rotate`, { token: manager }))
    storage.failing = false
    expect(await listedKeys(app, { token: manager })).toMatchObject([{ id: key.id, revoked: false }])
  })

  test('the API keys want a token first', async () => {
    expect((await app.send(keysPath('acme', 'list'))).status).toBe(401)
    expect((await listKeys(app, { token: 'nonsense' })).status).toBe(401)
  })

  test('a client of config.yaml gets a token with its secret', async () => {
    const response = await app.post('acme', { grant_type: 'client_credentials', ...svc })
    expect(response.status).toBe(200)
    const { access_token } = await response.json()
    await expectAway(await callProtected(app, access_token))
    storage.failing = false
    expect((await callProtected(app, access_token)).status).toBe(200)
  })

  test('whoever fails to authenticate learns nothing: the same 503 in the same bytes for every reason', async () => {
    const attempts: [id: string, secret: string][] = [
      ['nobody', 'wrong-secret'],
      ['svc', 'wrong-secret'],
      ['asleep', 'wrong-secret'],
      ['asleep', asleep.client_secret],
      ['svc', api.client_secret],
    ]
    const seen = new Set<string>()
    for (const [client_id, client_secret] of attempts) {
      // So that nobody has to wait.
      app.advance(1800)
      for (const name of ['token', 'introspect', 'revoke'] as const) {
        const form = { grant_type: 'client_credentials', token }
        const path = oauthPath('acme', name)
        const posted = await postForm(app, path, { form: { ...form, client_id, client_secret } })
        const headers = { Authorization: basic(client_id, client_secret) }
        const inHeader = await postForm(app, path, { form, headers })
        for (const response of [posted, inHeader]) {
          await expectAway(response.clone())
          seen.add(JSON.stringify([stableHeaders(response), await response.text()]))
        }
      }
    }
    expect(seen.size).toBe(1)
  })

  test('whoever fails too often has to wait, whether there is such a client or not', async () => {
    // svc succeeded from here before.
    for (const client_id of ['nobody', 'asleep', 'svc']) {
      const form = { grant_type: 'client_credentials', client_id, client_secret: 'wrong-secret' }
      const statuses: number[] = []
      for (let index = 0; index < 12; index++) statuses.push((await app.post('acme', form)).status)
      expect(statuses).toEqual([...Array(10).fill(503), 429, 429])
    }
  })

  test('a tenant that config.yaml has not is 503 too, for the storage may have it', async () => {
    await expectAway(await app.post('nowhere', { grant_type: 'client_credentials', ...svc }))
    await expectAway(await introspect(app, 'nowhere', { ...svc, token }))
    await expectAway(await revoke(app, 'nowhere', { ...svc, token }))
    await expectAway(await listKeys(app, { tenant: 'nowhere', token: manager }))
  })

  test('what can be no tenant is not found as ever, and so is a known one that is off', async () => {
    for (const tenant of ['closed', 'plain', '-x', 'x'.repeat(65)]) {
      expect((await refusal(await revoke(app, tenant, { ...svc, token })))[1]).toBe('tenant_not_found')
    }
  })

  test('a malformed request is told as ever', async () => {
    expect(await refusal(await introspect(app, 'acme', api))).toEqual([
      400,
      'invalid_request',
      'Missing token parameter',
    ])
    expect((await refusal(await app.post('acme', svc)))[2]).toBe('Missing grant_type parameter')
  })

  test('the log says why, as an error', async () => {
    await callProtected(app, token)
    expect(app.log.at(-1)).toMatchObject({
      level: 'error',
      status: 503,
      error: 'temporarily_unavailable',
      reason: 'The storage of the test is switched off',
    })
  })

  test('no refusal is put into the audit trail that was none', async () => {
    const before = app.events.length
    await revoke(app, 'acme', { ...svc, token })
    await postKey(app, 'create', { token: manager, body: { name: 'n' } })
    expect(app.events).toHaveLength(before)
  })
})

test('once the storage is back all is as before, without a restart', async () => {
  await expectAway(await callProtected(app, token))
  storage.failing = false
  expect((await callProtected(app, token)).status).toBe(200)
  expect((await callProtected(app, key.api_key)).status).toBe(200)
  expect(await isActive(app, 'acme', token)).toBe(true)
  expect((await app.post('acme', { grant_type: 'client_credentials', ...svc })).status).toBe(200)
  expect(
    (await refusal(await app.post('acme', { grant_type: 'client_credentials', client_id: 'x' })))[0],
  ).toBe(401)
  expect((await revoke(app, 'acme', { ...svc, token })).status).toBe(200)
  expect(await isActive(app, 'acme', token)).toBe(false)
})

test('a revocation that was acknowledged counts when the storage comes back from being away', async () => {
  storage.failing = false
  expect((await revoke(app, 'acme', { ...svc, token })).status).toBe(200)
  storage.failing = true
  await expectAway(await callProtected(app, token))
  storage.failing = false
  expect((await refusal(await callProtected(app, token)))[1]).toBe('invalid_token')
})

test('uses of keys and secrets that could not be written are written when the storage is back', async () => {
  storage.failing = false
  await callProtected(app, key.api_key)
  storage.failing = true
  await app.deps.lastUse.flush()
  storage.failing = false
  await app.deps.lastUse.flush()
  expect((await listedKeys(app, { token: manager }))[0]?.last_used).toBe('2030-01-01T00:00:00.000Z')
})
