import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { apiKeyCounts } from '../../src/tokens/api-keys/api-key-row.ts'
import { revokeTokensOfClient } from '../../src/tokens/revocations.ts'
import { makeKey, managerToken, postKey, revokeKey } from '../support/api-keys.ts'
import {
  apiKeySettings,
  changed,
  isActive,
  reader,
  type Sender,
  startRevocable,
  withClient,
  withTenant,
} from '../support/revocable.ts'
import { callProtected, type TestApp, testStart } from '../support/test-app.ts'
import { type Refusal, refusal } from './acme.ts'

let app: TestApp
let manager: string

beforeEach(async () => {
  app = await startRevocable()
  manager = await managerToken(app, 'acme')
})
afterEach(() => app.close())

const day = 86_400
const full = (most: number): Refusal => [
  409,
  'conflict',
  `The client has as many API keys as it can have (${most}); revoke one`,
]

function limited(settings: Parameters<typeof apiKeySettings>[0]): Sender {
  const allowed_scopes = ['read', 'write', 'api-keys:manage']
  return changed(app, {
    tenant: withTenant('acme', { api_keys: apiKeySettings({ allowed_scopes, ...settings }) }),
  })
}

describe('max_per_client', () => {
  const body = { name: 'k', scopes: ['read', 'api-keys:manage'], expires_in_days: 1 }
  const make = (server: Sender, token = manager) => postKey(server, 'create', { token, body })

  test('is the number of live keys that a client can have; another has its own', async () => {
    const server = limited({ max_per_client: 2 })
    for (let n = 0; n < 2; n++) expect((await make(server)).status).toBe(201)
    expect(await refusal(await make(server))).toEqual(full(2))
    expect(app.events.at(-1)).toMatchObject({
      type: 'api_key.created',
      outcome: 'refused',
      reason: 'conflict',
    })
    expect((await make(server, await managerToken(app, 'acme', reader))).status).toBe(201)
  })

  test('leaves room again once one is revoked, and for one alone', async () => {
    const server = limited({ max_per_client: 2 })
    const [first] = [await (await make(server)).json(), await make(server)]
    await revokeKey(server, first.id, { token: manager })
    await revokeKey(server, first.id, { token: manager })
    expect((await make(server)).status).toBe(201)
    expect(await refusal(await make(server))).toEqual(full(2))
  })

  test('leaves room again once one has expired', async () => {
    const server = limited({ max_per_client: 1 })
    await make(server)
    app.advance(day)
    manager = await managerToken(app, 'acme')
    expect((await make(server)).status).toBe(201)
    expect(await refusal(await make(server))).toEqual(full(1))
  })

  test('does not count what has ended with its parent, or with all of the client, a minute later', async () => {
    const server = limited({ max_per_client: 3 })
    const boss = await (await make(server)).json()
    for (let n = 0; n < 2; n++) expect((await make(server, boss.api_key)).status).toBe(201)
    await revokeKey(server, boss.id, { token: manager })
    expect((await make(server)).status).toBe(201)
    expect(await refusal(await make(server))).toEqual(full(3))
    app.advance(60)
    for (let n = 0; n < 2; n++) expect((await make(server)).status).toBe(201)
    expect(await refusal(await make(server))).toEqual(full(3))
    await revokeTokensOfClient(app.deps.storage, 'acme', {
      clientId: 'svc',
      before: app.deps.now() / 1000,
    })
    app.advance(60)
    manager = await managerToken(app, 'acme')
    for (let n = 0; n < 3; n++) expect((await make(server)).status).toBe(201)
    expect(await refusal(await make(server))).toEqual(full(3))
  })

  test('a key that had ended already and is revoked makes no room', async () => {
    const server = limited({ max_per_client: 2 })
    const old = await (await make(server)).json()
    app.advance(day)
    manager = await managerToken(app, 'acme')
    for (let n = 0; n < 2; n++) expect((await make(server)).status).toBe(201)
    await revokeKey(server, old.id, { token: manager })
    expect(await refusal(await make(server))).toEqual(full(2))
  })

  test('counts the keys of a database of before, of which no number was kept', async () => {
    const server = limited({ max_per_client: 3 })
    for (let n = 0; n < 2; n++) await make(server)
    await app.deps.storage.of('acme').of(apiKeyCounts).delete('svc')
    expect((await make(server)).status).toBe(201)
    expect(await refusal(await make(server))).toEqual(full(3))
  })

  test('holds for 50 requests at once', async () => {
    const server = limited({ max_per_client: 7 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => make(server)))
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(7).fill(201),
      ...Array(43).fill(409),
    ])
  })

  test('does not count those of a client of the same id in another tenant', async () => {
    const server = limited({ max_per_client: 1 })
    await makeKey(app, { tenant: 'beta', token: await managerToken(app, 'beta'), body: { name: 'k' } })
    expect((await make(server)).status).toBe(201)
  })

  test('that was made smaller ends no key', async () => {
    const key = await makeKey(app, { token: manager, body })
    await make(app)
    expect(await refusal(await make(limited({ max_per_client: 1 })))).toEqual(full(1))
    expect((await callProtected(app, key.api_key)).status).toBe(200)
  })
})

describe('default_ttl', () => {
  test('is the life of a key whose request names none', async () => {
    const made = await makeKey(limited({ default_ttl: 3 * day }), { token: manager, body: { name: 'k' } })
    expect(made.expires_at).toBe(new Date(testStart + 3 * day * 1000).toISOString())
  })

  test('does not replace one that is named, 0 for ever among them', async () => {
    const server = limited({ default_ttl: 3 * day })
    const body = (expires_in_days: number) => ({ name: 'k', expires_in_days })
    expect((await makeKey(server, { token: manager, body: body(0) })).expires_at).toBeNull()
    const short = await makeKey(server, { token: manager, body: body(1) })
    expect(short.expires_at).toBe(new Date(testStart + day * 1000).toISOString())
  })

  test('does for a tenant with max_ttl, whose keys cannot live for ever', async () => {
    const server = limited({ default_ttl: 3 * day, max_ttl: 5 * day })
    expect((await makeKey(server, { token: manager, body: { name: 'k' } })).expires_at).not.toBeNull()
    const endless = await postKey(server, 'create', {
      token: manager,
      body: { name: 'k', expires_in_days: 0 },
    })
    expect((await refusal(endless))[2]).toBe('expires_in_days must be a whole number from 1 to 5')
  })
})

describe('the audience of a key', () => {
  const own = withClient('reader', { audience: ['own-api'] })
  const body = { name: 'k', scopes: ['read'] }
  const tokenAt = async (server: Sender) => {
    const form = { grant_type: 'client_credentials', ...reader, scope: 'read api-keys:manage' }
    const response = await server.send('/api/v1/tenant/acme/oauth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    })
    return (await response.json()).access_token
  }

  test('is that of the client that made it, not that of the tenant', async () => {
    const server = changed(app, { client: own })
    const { api_key } = await makeKey(server, { token: await tokenAt(server), body })
    expect(jose.decodeJwt(api_key).aud).toEqual(['own-api'])
    expect((await callProtected(server, api_key)).status).toBe(200)
  })

  test('is looked at whenever the key is used: one that the client has no more is refused', async () => {
    const { api_key } = await makeKey(app, { token: await managerToken(app, 'acme', reader), body })
    expect(jose.decodeJwt(api_key).aud).toEqual(['shared-api'])
    expect(await refusal(await callProtected(changed(app, { client: own }), api_key))).toEqual([
      401,
      'invalid_token',
      'The access token is invalid',
    ])
    expect(await isActive(app, 'acme', api_key)).toBe(true)
  })
})
