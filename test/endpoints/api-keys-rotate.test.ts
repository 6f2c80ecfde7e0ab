import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import {
  listedKeys,
  type MadeKey,
  makeKey,
  managerToken,
  postKey,
  revokeKey,
  rotateKey,
} from '../support/api-keys.ts'
import { rowsOf } from '../support/failing-storage.ts'
import {
  apiKeySettings,
  changed,
  isActive,
  type Sender,
  startRevocable,
  svc,
  withClient,
  withTenant,
} from '../support/revocable.ts'
import { callProtected, type TestApp, testStart } from '../support/test-app.ts'
import { type Refusal, refusal } from './acme.ts'

let app: TestApp
let manager: string
let key: MadeKey

beforeEach(async () => {
  app = await startRevocable()
  manager = await managerToken(app, 'acme')
  const body = { name: 'k', scopes: ['read', 'write'], expires_in_days: 2 }
  key = await makeKey(app, { token: manager, body })
})
afterEach(() => app.close())

const day = 86_400
const invalid: Refusal = [401, 'invalid_token', 'The access token is invalid']
const replaced: Refusal = [401, 'invalid_token', 'API key has been replaced']
const revoked: Refusal = [401, 'invalid_token', 'API key has been revoked']

const use = (token: string) => callProtected(app, token)
const rotate = (body?: unknown) => rotateKey(app, key.id, { token: manager, body })
const tryRotate = (body?: unknown) => postKey(app, `${key.id}/rotate`, { token: manager, body })

describe('the answer', () => {
  test('holds the members of a new key: another JWT, and the id, name, scopes and times of the old', async () => {
    app.advance(10)
    const response = await tryRotate()
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const newer = await response.json()
    expect(Object.keys(newer)).toEqual(['id', 'name', 'api_key', 'scopes', 'created_at', 'expires_at'])
    expect(newer).toEqual({ ...key, api_key: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) })
    const [was, is] = [jose.decodeJwt(key.api_key), jose.decodeJwt(newer.api_key)]
    expect(is).toEqual({ ...was, iat: testStart / 1000 + 10, jti: expect.any(String) })
    expect(is.jti).not.toBe(was.jti)
  })

  test('of a key without an end has none either', async () => {
    const endless = await makeKey(app, { token: manager, body: { name: 'e' } })
    const newer = await rotateKey(app, endless.id, { token: manager })
    expect(newer.expires_at).toBeNull()
    expect(jose.decodeJwt(newer.api_key)).not.toHaveProperty('exp')
  })

  test('is in the audit trail, with the id and the overlap', async () => {
    await rotate({ overlap_seconds: 5 })
    expect(app.events.at(-1)).toEqual({
      type: 'api_key.rotated',
      tenant: 'acme',
      outcome: 'success',
      actor: 'svc',
      client: 'svc',
      detail: { api_key: key.id, overlap_seconds: '5' },
      requestId: expect.any(String),
      address: undefined,
    })
  })
})

describe('the overlap', () => {
  test('lets both work until it ends, to the millisecond, and the new one alone after', async () => {
    const newer = await rotate({ overlap_seconds: 60 })
    for (const token of [key.api_key, newer.api_key]) expect((await use(token)).status).toBe(200)
    app.advance(59.999)
    for (const token of [key.api_key, newer.api_key]) expect((await use(token)).status).toBe(200)
    app.advance(0.001)
    expect(await refusal(await use(key.api_key))).toEqual(replaced)
    expect(await isActive(app, 'acme', key.api_key)).toBe(false)
    expect((await use(newer.api_key)).status).toBe(200)
  })

  test.each([
    ['no body', undefined],
    ['an empty object', {}],
  ])('is that of the tenant with %s', async (_, body) => {
    await rotate(body)
    app.advance(3599.999)
    expect((await use(key.api_key)).status).toBe(200)
    app.advance(0.001)
    expect(await refusal(await use(key.api_key))).toEqual(replaced)
  })

  test('of 0 ends the old at once', async () => {
    const newer = await rotate({ overlap_seconds: 0 })
    expect(await refusal(await use(key.api_key))).toEqual(invalid)
    expect((await use(newer.api_key)).status).toBe(200)
  })

  test('of 0 from the tenant ends the old at once', async () => {
    const settings = apiKeySettings({ allowed_scopes: ['read', 'write'] })
    const strict = changed(app, { tenant: withTenant('acme', { api_keys: settings }) })
    const newer = await rotateKey(strict, key.id, { token: manager })
    expect(await refusal(await use(key.api_key))).toEqual(invalid)
    expect((await use(newer.api_key)).status).toBe(200)
  })

  test('is never made longer by a second rotation', async () => {
    const second = await rotate({ overlap_seconds: 60 })
    app.advance(30)
    const third = await rotate({ overlap_seconds: 600 })
    app.advance(29.999)
    for (const each of [key, second, third]) expect((await use(each.api_key)).status).toBe(200)
    app.advance(0.001)
    expect(await refusal(await use(key.api_key))).toEqual(replaced)
    app.advance(570)
    expect(await refusal(await use(second.api_key))).toEqual(replaced)
    expect((await use(third.api_key)).status).toBe(200)
  })

  test('is cut by a second rotation without one: every older key ends', async () => {
    const second = await rotate({ overlap_seconds: 600 })
    const third = await rotate({ overlap_seconds: 0 })
    expect(await refusal(await use(key.api_key))).toEqual(invalid)
    expect(await refusal(await use(second.api_key))).toEqual(invalid)
    expect((await use(third.api_key)).status).toBe(200)
    const [row] = await rowsOf(app.deps.storage, 'acme', apiKeys)
    expect(row?.value.tokens).toHaveLength(1)
  })

  test('does not outlive the key', async () => {
    const newer = await rotate({ overlap_seconds: 10 * day })
    app.advance(2 * day)
    for (const token of [key.api_key, newer.api_key]) {
      expect(await refusal(await use(token))).toEqual([401, 'invalid_token', 'Token has expired'])
    }
  })

  test('does not outlive a revocation', async () => {
    const newer = await rotate({ overlap_seconds: 600 })
    await revokeKey(app, key.id, { token: manager })
    for (const token of [key.api_key, newer.api_key]) {
      expect(await refusal(await use(token))).toEqual(revoked)
    }
  })

  test.each([
    ['below 0', -1],
    ['over a year', 365 * day + 1],
    ['a fraction', 1.5],
    ['a text', '60'],
    ['null', null],
    ['a list', [60]],
    ['a map', { seconds: 60 }],
    ['true', true],
  ])('that is %s is refused, and nothing is rotated', async (_, overlap_seconds) => {
    expect(await refusal(await tryRotate({ overlap_seconds }))).toEqual([
      400,
      'invalid_request',
      'The field overlap_seconds is malformed',
    ])
    expect((await rowsOf(app.deps.storage, 'acme', apiKeys))[0]?.version).toBe(1)
  })

  test('of a year is the longest', async () => {
    expect((await tryRotate({ overlap_seconds: 365 * day })).status).toBe(200)
  })
})

describe('the body', () => {
  test.each([
    ['JSON that is broken', '{', 'The request body is malformed'],
    ['no JSON, though it says so', '', 'The request body is malformed'],
    ['a list', [], 'The request body must be a JSON object'],
    ['a member that is not known', { overlap: 60 }, 'The request body has a field that is not known'],
  ])('with %s is refused', async (_, body, sentence) => {
    expect(await refusal(await tryRotate(body))).toEqual([400, 'invalid_request', sentence])
  })

  test('of another media type is refused, and so is one of none: it is never passed over', async () => {
    const wanted: Refusal = [400, 'invalid_request', 'The body must be application/json']
    for (const type of ['application/x-www-form-urlencoded', 'text/plain']) {
      const headers = { 'Content-Type': type }
      const request = { token: manager, body: '{"overlap_seconds":0}', headers }
      expect(await refusal(await postKey(app, `${key.id}/rotate`, request))).toEqual(wanted)
    }
    const bare = await app.send(`/api/v1/tenant/acme/api-keys/${key.id}/rotate`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${manager}`, 'Content-Length': '21' },
      // Bytes have no type of their own.
      body: new TextEncoder().encode('{"overlap_seconds":0}'),
    })
    expect(await refusal(bare)).toEqual(wanted)
    expect((await rowsOf(app.deps.storage, 'acme', apiKeys))[0]?.version).toBe(1)
  })

  test('over 64 KB is too large', async () => {
    expect(await refusal(await tryRotate(JSON.stringify({ overlap_seconds: ' '.repeat(65_536) })))).toEqual([
      413,
      'invalid_request',
      'The request body is too large',
    ])
  })
})

describe('what cannot be rotated', () => {
  test('a key that is not there', async () => {
    expect(await refusal(await postKey(app, 'ak_x/rotate', { token: manager }))).toEqual([
      404,
      'not_found',
      'API key not found',
    ])
  })

  test('a key that was revoked', async () => {
    await revokeKey(app, key.id, { token: manager })
    expect(await refusal(await tryRotate())).toEqual([400, 'invalid_request', 'The API key has been revoked'])
    expect(app.events.at(-1)).toMatchObject({ type: 'api_key.rotated', outcome: 'refused', actor: 'svc' })
  })

  test('a key that has expired, from the millisecond on', async () => {
    app.advance(2 * day - 0.001)
    manager = await managerToken(app, 'acme')
    expect((await tryRotate()).status).toBe(200)
    app.advance(0.001)
    expect(await refusal(await tryRotate())).toEqual([400, 'invalid_request', 'The API key has expired'])
  })

  test('a key with a scope that the token of the caller has not', async () => {
    const narrow = await app.token('acme', { ...svc, scope: 'read api-keys:manage' })
    expect(await refusal(await postKey(app, `${key.id}/rotate`, { token: narrow }))).toEqual([
      400,
      'invalid_scope',
      'The access token does not have the scope write, so it cannot pass it on',
    ])
    expect((await rowsOf(app.deps.storage, 'acme', apiKeys))[0]?.version).toBe(1)
  })

  test.each([
    ['the tenant', () => ({ tenant: withTenant('acme', { api_keys: apiKeySettings({}) }) })],
    ['its client', () => ({ client: withClient('svc', { scopes: ['api-keys:manage'] }) })],
  ])('a key of whose scopes %s allows none any more', async (_, change) => {
    expect(
      await refusal(await postKey(changed(app, change()), `${key.id}/rotate`, { token: manager })),
    ).toEqual([400, 'invalid_scope', 'No scope of the API key is allowed for an API key any more'])
    expect((await use(key.api_key)).status).toBe(200)
  })
})

describe('the settings of today apply to the new token', () => {
  const narrowed = async (server: Sender) => {
    const newer = await rotateKey(server, key.id, { token: manager })
    expect(newer.scopes).toEqual(['read'])
    expect(jose.decodeJwt(newer.api_key)['scope']).toBe('read')
    expect((await rowsOf(app.deps.storage, 'acme', apiKeys))[0]?.value.scopes).toEqual(['read'])
    expect(app.events.at(-1)?.detail).toMatchObject({ api_key: key.id, scope: 'read' })
  }

  test('a scope that the tenant gives to no key any more is left out, for good', async () => {
    const strict = changed(app, {
      tenant: withTenant('acme', { api_keys: apiKeySettings({ allowed_scopes: ['read'] }) }),
    })
    await narrowed(strict)
    expect((await rotateKey(app, key.id, { token: manager })).scopes).toEqual(['read'])
  })

  test('so is one that the client of the key has lost', async () => {
    await narrowed(changed(app, { client: withClient('svc', { scopes: ['api-keys:manage', 'read'] }) }))
  })

  test('a key without an end ends after max_ttl, which no rotation moves; so does what is left of the old token', async () => {
    const endless = await makeKey(app, { token: manager, body: { name: 'e' } })
    const settings = apiKeySettings({ allowed_scopes: ['read', 'write'], max_ttl: day })
    const strict = changed(app, { tenant: withTenant('acme', { api_keys: settings }) })
    const body = { overlap_seconds: 10 * day }
    const newer = await rotateKey(strict, endless.id, { token: manager, body })
    expect(newer.expires_at).toBe(new Date(testStart + day * 1000).toISOString())
    app.advance(day / 2)
    manager = await managerToken(app, 'acme')
    const again = await rotateKey(strict, endless.id, { token: manager, body })
    expect(again.expires_at).toBe(newer.expires_at)
    app.advance(day / 2)
    expect(await refusal(await use(endless.api_key))).toEqual(replaced)
    for (const { api_key } of [newer, again]) {
      expect(await refusal(await use(api_key))).toEqual([401, 'invalid_token', 'Token has expired'])
    }
  })

  test('a key that ends before max_ttl keeps its end', async () => {
    const settings = apiKeySettings({ allowed_scopes: ['read', 'write'], max_ttl: 300 * day })
    const strict = changed(app, { tenant: withTenant('acme', { api_keys: settings }) })
    expect((await rotateKey(strict, key.id, { token: manager })).expires_at).toBe(key.expires_at)
  })

  test('the audience is that of the client', async () => {
    const later = changed(app, {
      client: withClient('svc', { audience: ['own-api'], resources: ['urn:ours'] }),
    })
    // The token of the caller is for the old audience: it is asked for anew.
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...svc,
      scope: 'read write api-keys:manage',
    })
    const asked = await later.send('/api/v1/tenant/acme/oauth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    })
    const newer = await rotateKey(later, key.id, { token: (await asked.json()).access_token })
    expect(jose.decodeJwt(newer.api_key).aud).toEqual(['own-api'])
    expect((await callProtected(later, newer.api_key)).status).toBe(200)
  })
})

describe('50 rotations at once', () => {
  test('without an overlap all succeed, and one key works in the end', async () => {
    const newer = await Promise.all(Array.from({ length: 50 }, () => rotate({ overlap_seconds: 0 })))
    expect(new Set(newer.map(({ api_key }) => api_key)).size).toBe(50)
    const answers = await Promise.all([key, ...newer].map(({ api_key }) => use(api_key)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(50).fill(401)])
    const [row] = await rowsOf(app.deps.storage, 'acme', apiKeys)
    expect([row?.version, row?.value.tokens.length]).toEqual([51, 1])
  })

  test('with an overlap all work until it ends, and one after', async () => {
    const newer = await Promise.all(Array.from({ length: 50 }, () => rotate({ overlap_seconds: 60 })))
    const statuses = async () =>
      (await Promise.all([key, ...newer].map(({ api_key }) => use(api_key)))).map(({ status }) => status)
    expect(await statuses()).toEqual(Array(51).fill(200))
    app.advance(60)
    expect((await statuses()).sort()).toEqual([200, ...Array(50).fill(401)])
  })

  test('beside a revocation end with every key refused', async () => {
    const rotations = Array.from({ length: 50 }, () => tryRotate({ overlap_seconds: 60 }))
    const [, ...answers] = await Promise.all([revokeKey(app, key.id, { token: manager }), ...rotations])
    for (const answer of answers) {
      const body = await answer.json()
      if (answer.status === 200) expect(await refusal(await use(body.api_key))).toEqual(revoked)
      else {
        expect([answer.status, body.error_description]).toEqual([400, 'The API key has been revoked'])
      }
    }
    expect(await refusal(await use(key.api_key))).toEqual(revoked)
    expect((await listedKeys(app, { token: manager })).map((each) => each.revoked)).toEqual([true])
  })
})

test('a use of the old key during the overlap is a use of the key', async () => {
  await rotate({ overlap_seconds: 60 })
  app.advance(1)
  await use(key.api_key)
  await app.deps.lastUse.flush()
  expect((await listedKeys(app, { token: manager }))[0]?.last_used).toBe('2030-01-01T00:00:01.000Z')
})
