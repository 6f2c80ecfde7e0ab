import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import {
  keysPath,
  listedKeys,
  listKeys,
  makeKey,
  managerToken,
  manageScope,
  postKey,
  revokeKey,
} from '../support/api-keys.ts'
import { rowsOf } from '../support/failing-storage.ts'
import {
  apiKeySettings,
  changed,
  isActive,
  reader,
  startRevocable,
  svc,
  withClient,
  withTenant,
} from '../support/revocable.ts'
import { callProtected, type TestApp, testStart } from '../support/test-app.ts'
import { jsonHeaders, type Refusal, refusal, stableHeaders } from './acme.ts'

let app: TestApp
let manager: string

beforeEach(async () => {
  app = await startRevocable()
  manager = await managerToken(app, 'acme')
})
afterEach(() => app.close())

const start = testStart / 1000
const notAllowed = (scope: string): Refusal => [
  400,
  'invalid_scope',
  `A requested scope is not allowed for an API key: ${scope}`,
]
const revoked: Refusal = [401, 'invalid_token', 'API key has been revoked']
const unknown: Refusal = [404, 'not_found', 'API key not found']
const day = 86_400

describe('making a key', () => {
  test('answers 201 with the six members of the document, the key among them, never to be cached', async () => {
    const body = { name: 'nightly report', scopes: ['read', 'write'], expires_in_days: 90 }
    const response = await postKey(app, 'create', { token: manager, body })
    expect(response.status).toBe(201)
    expect(stableHeaders(response)).toEqual(jsonHeaders)
    const made = await response.json()
    expect(Object.keys(made)).toEqual(['id', 'name', 'api_key', 'scopes', 'created_at', 'expires_at'])
    expect(made).toEqual({
      id: expect.stringMatching(/^ak_[\w-]{22}$/),
      name: 'nightly report',
      api_key: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      scopes: ['read', 'write'],
      created_at: '2030-01-01T00:00:00.000Z',
      expires_at: '2030-04-01T00:00:00.000Z',
    })
  })

  test('makes a JWT of the tenant, with these claims in this order', async () => {
    const made = await makeKey(app, {
      token: manager,
      body: { name: 'k', scopes: ['read', 'write'], expires_in_days: 1 },
    })
    expect(jose.decodeProtectedHeader(made.api_key)).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'shared-kid' })
    const { jti } = jose.decodeJwt(made.api_key)
    const claims = new TextDecoder().decode(jose.base64url.decode(made.api_key.split('.')[1] ?? ''))
    expect(claims).toBe(
      `{"iss":"http://localhost:3000/api/v1/tenant/acme","sub":"${made.id}","aud":["shared-api"],"exp":${start + day},"iat":${start},"jti":"${jti}","scope":"read write","client_id":"svc","tenant_id":"acme","api_key":true}`,
    )
    const jwks = await (await app.send('/api/v1/tenant/acme/.well-known/jwks.json')).json()
    const { payload } = await jose.jwtVerify(made.api_key, jose.createLocalJWKSet(jwks), {
      issuer: 'http://localhost:3000/api/v1/tenant/acme',
      audience: 'shared-api',
      currentDate: new Date(testStart),
    })
    expect(payload.sub).toBe(made.id)
  })

  test.each([
    ['0', { expires_in_days: 0 }],
    ['nothing', {}],
  ])('with %s as expires_in_days makes one that never expires and has no exp', async (_, life) => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', ...life } })
    expect(made.expires_at).toBeNull()
    expect(jose.decodeJwt(made.api_key)).not.toHaveProperty('exp')
    app.advance(100 * 365 * day)
    expect((await callProtected(app, made.api_key)).status).toBe(200)
  })

  test('with 3650 days makes one that lives just so long', async () => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 3650 } })
    expect(made.expires_at).toBe(new Date(testStart + 3650 * day * 1000).toISOString())
    app.advance(3650 * day - 0.001)
    expect((await callProtected(app, made.api_key)).status).toBe(200)
    app.advance(0.001)
    expect(await refusal(await callProtected(app, made.api_key))).toEqual([
      401,
      'invalid_token',
      'Token has expired',
    ])
  })

  test('between two seconds dates it from the second that has begun', async () => {
    app.advance(0.9)
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    expect([made.created_at, made.expires_at]).toEqual([
      '2030-01-01T00:00:00.000Z',
      '2030-01-02T00:00:00.000Z',
    ])
    expect((await callProtected(app, made.api_key)).status).toBe(200)
  })

  test.each([
    ['none', {}],
    ['an empty list', { scopes: [] }],
  ])('with %s as scopes makes one that has none', async (_, scopes) => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1, ...scopes } })
    expect(made.scopes).toEqual([])
    expect(jose.decodeJwt(made.api_key)).not.toHaveProperty('scope')
    expect((await (await callProtected(app, made.api_key)).json()).scope).toEqual([])
  })

  test('with a scope named twice gives it once', async () => {
    const scopes = ['write', 'read', 'write', 'read']
    const made = await makeKey(app, { token: manager, body: { name: 'k', scopes } })
    expect(made.scopes).toEqual(['write', 'read'])
    expect(jose.decodeJwt(made.api_key)['scope']).toBe('write read')
  })

  test.each([
    'ключ 🔑',
    '  spaces  ',
    '__proto__',
    '\u0000\u001b[31m\u202e',
    '"\\\n',
    '\ud800',
    'x'.repeat(200),
  ])('keeps the name %j as it is', async (name) => {
    const made = await makeKey(app, { token: manager, body: { name } })
    expect(made.name).toBe(name)
    expect((await listedKeys(app, { token: manager }))[0]?.name).toBe(name)
  })

  test('twice with one name makes two keys', async () => {
    const body = { name: 'same', expires_in_days: 1 }
    const [a, b] = [
      await makeKey(app, { token: manager, body }),
      await makeKey(app, { token: manager, body }),
    ]
    expect(a.id).not.toBe(b.id)
    await revokeKey(app, a.id, { token: manager })
    expect(await refusal(await callProtected(app, a.api_key))).toEqual(revoked)
    expect((await callProtected(app, b.api_key)).status).toBe(200)
  })

  test('by 50 requests at once makes 50 keys', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, () => makeKey(app, { token: manager, body: { name: 'k' } })),
    )
    expect(new Set(made.map(({ id }) => id)).size).toBe(50)
    expect(new Set(made.map(({ api_key }) => jose.decodeJwt(api_key).jti)).size).toBe(50)
    expect(await listedKeys(app, { token: manager })).toHaveLength(50)
  })

  test('keeps a hash of the key in the storage, and nothing of the key itself', async () => {
    const { id, api_key } = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    const [row] = await rowsOf(app.deps.storage, 'acme', apiKeys)
    const hash = app.deps.hashing.sha256(api_key).toHex()
    expect(row).toMatchObject({ id, parent: 'svc', expiresAt: null, usedAt: null })
    expect(row?.value).toEqual({
      name: 'k',
      scopes: [],
      client_id: 'svc',
      created_at: testStart,
      expires_at: testStart + day * 1000,
      revoked_at: null,
      tokens: [{ jti: jose.decodeJwt(api_key).jti ?? '', hash, ends_at: null }],
    })
    for (const part of api_key.split('.')) expect(JSON.stringify(row)).not.toContain(part)
  })

  test('is in the audit trail and in the log, with the id and the scopes', async () => {
    const { id } = await makeKey(app, { token: manager, body: { name: 'k', scopes: ['read', 'write'] } })
    expect(app.events.at(-1)).toEqual({
      type: 'api_key.created',
      tenant: 'acme',
      outcome: 'success',
      actor: 'svc',
      client: 'svc',
      detail: { api_key: id, scope: 'read write' },
      requestId: expect.any(String),
      address: undefined,
    })
    expect(app.log.at(-1)).toMatchObject({
      route: '/api/v1/tenant/:tenant/api-keys/create',
      status: 201,
      tenant: 'acme',
      client_id: 'svc',
    })
  })
})

describe('the scopes of a key', () => {
  const scopesOf = (scopes: readonly string[], token = manager) =>
    postKey(app, 'create', { token, body: { name: 'k', scopes } })

  test.each([
    ['that the tenant gives to no API key', ['rule']],
    ['that nobody knows', ['nonsense']],
    ['that manages this server', ['grantd:admin']],
    ['in other case', ['READ']],
    ['beside a good one', ['read', 'rule']],
  ])('cannot hold one %s', async (_, scopes) => {
    expect(await refusal(await scopesOf(scopes))).toEqual(notAllowed(scopes.at(-1) ?? ''))
    expect(await listedKeys(app, { token: manager })).toEqual([])
  })

  test('cannot hold one that its creator may not ask for', async () => {
    const token = await managerToken(app, 'acme', reader)
    expect(await refusal(await scopesOf(['write'], token))).toEqual(notAllowed('write'))
    expect(await refusal(await scopesOf(['read', 'write'], token))).toEqual(notAllowed('write'))
    expect((await scopesOf(['read'], token)).status).toBe(201)
  })

  test('cannot hold one that the token has not itself, whatever its client may ask for', async () => {
    const narrow = await app.token('acme', { ...svc, scope: `read ${manageScope}` })
    expect(await refusal(await scopesOf(['read', 'write'], narrow))).toEqual([
      400,
      'invalid_scope',
      'The access token does not have the scope write, so it cannot pass it on',
    ])
    expect((await scopesOf(['read'], narrow)).status).toBe(201)
    const bare = await app.token('acme', { ...svc, scope: manageScope })
    expect((await refusal(await scopesOf(['read'], bare)))[1]).toBe('invalid_scope')
    expect((await scopesOf([], bare)).status).toBe(201)
  })

  test('cannot hold one that its creator has lost since', async () => {
    const later = changed(app, { client: withClient('svc', { scopes: [manageScope, 'read'] }) })
    const make = (scopes: string[]) =>
      postKey(later, 'create', { token: manager, body: { name: 'k', scopes } })
    expect(await refusal(await make(['write']))).toEqual(notAllowed('write'))
    expect((await make(['read'])).status).toBe(201)
  })

  test('never hold grantd:admin, even where client and tenant name it', async () => {
    const settings = apiKeySettings({ allowed_scopes: ['read', 'grantd:admin'] })
    const lax = changed(app, {
      client: withClient('svc', { scopes: [manageScope, 'read', 'grantd:admin'] }),
      tenant: withTenant('acme', { api_keys: settings }),
    })
    const body = { name: 'k', scopes: ['grantd:admin'] }
    expect(await refusal(await postKey(lax, 'create', { token: manager, body }))).toEqual(
      notAllowed('grantd:admin'),
    )
  })

  test('a refusal is in the audit trail with its code', async () => {
    await scopesOf(['rule'])
    expect(app.events.at(-1)).toMatchObject({
      type: 'api_key.created',
      outcome: 'refused',
      reason: 'invalid_scope',
      actor: 'svc',
      tenant: 'acme',
    })
  })
})

describe('the life of a key under max_ttl', () => {
  const limited = () => {
    const settings = apiKeySettings({ allowed_scopes: ['read'], max_ttl: 30 * day })
    return changed(app, { tenant: withTenant('acme', { api_keys: settings }) })
  }
  const wanted: Refusal = [400, 'invalid_request', 'expires_in_days must be a whole number from 1 to 30']

  test.each([
    ['0', { expires_in_days: 0 }],
    ['nothing', {}],
    ['31', { expires_in_days: 31 }],
  ])('cannot be %s', async (_, life) => {
    expect(
      await refusal(await postKey(limited(), 'create', { token: manager, body: { name: 'k', ...life } })),
    ).toEqual(wanted)
  })

  test.each([1, 30])('can be %s', async (expires_in_days) => {
    const made = await makeKey(limited(), { token: manager, body: { name: 'k', expires_in_days } })
    expect(jose.decodeJwt(made.api_key).exp).toBe(start + expires_in_days * day)
  })

  test('is cut to whole days', async () => {
    const settings = apiKeySettings({ allowed_scopes: [], max_ttl: 1.5 * day })
    const short = changed(app, { tenant: withTenant('acme', { api_keys: settings }) })
    const make = (expires_in_days: number) =>
      postKey(short, 'create', { token: manager, body: { name: 'k', expires_in_days } })
    expect((await refusal(await make(2)))[2]).toBe('expires_in_days must be a whole number from 1 to 1')
    expect((await make(1)).status).toBe(201)
  })
})

describe('the list', () => {
  test('is empty at first, and never to be cached', async () => {
    const response = await listKeys(app, { token: manager })
    expect([response.status, await response.text()]).toEqual([200, '[]'])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.has('link')).toBe(false)
  })

  test('holds these members of each key, the key itself not among them', async () => {
    const made = await makeKey(app, {
      token: manager,
      body: { name: 'k', scopes: ['read'], expires_in_days: 1 },
    })
    const text = await (await listKeys(app, { token: manager })).text()
    expect(text).toBe(
      `[{"id":"${made.id}","name":"k","scopes":["read"],"created_at":"2030-01-01T00:00:00.000Z","expires_at":"2030-01-02T00:00:00.000Z","last_used":null,"revoked":false}]`,
    )
  })

  test('is in the order of the ids, revoked and expired ones too', async () => {
    const body = { name: 'k', expires_in_days: 1 }
    const first = await makeKey(app, { token: manager, body })
    const second = await makeKey(app, { token: manager, body })
    await revokeKey(app, first.id, { token: manager })
    app.advance(2 * day)
    const keys = await listedKeys(app, { token: await managerToken(app, 'acme') })
    expect(keys.map(({ id }) => id)).toEqual([first.id, second.id].sort())
    expect(keys.filter(({ id }) => id === first.id)).toMatchObject([{ revoked: true }])
    expect(keys.filter(({ id }) => id === second.id)).toMatchObject([{ revoked: false }])
  })

  test('comes in pages, each with the link to the next, the last without', async () => {
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.push((await makeKey(app, { token: manager, body: { name: `k${n}` } })).id)
    ids.sort()
    const pages: string[][] = []
    let query: string | undefined = '?limit=2'
    while (query !== undefined) {
      const response: Response = await listKeys(app, { token: manager }, query)
      const page: { id: string }[] = await response.json()
      pages.push(page.map(({ id }) => id))
      const link = response.headers.get('link')
      expect(link === null).toBe(pages.length === 3)
      const next = link === null ? undefined : /^<([^>]+)>; rel="next"$/.exec(link)?.[1]
      query = next
    }
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)])
  })

  test('with exactly as many keys as the limit has no next page', async () => {
    for (let n = 0; n < 2; n++) await makeKey(app, { token: manager, body: { name: 'k' } })
    const response = await listKeys(app, { token: manager }, '?limit=2')
    expect(await response.json()).toHaveLength(2)
    expect(response.headers.has('link')).toBe(false)
  })

  test.each(['0', '1001', '-1', '1.5', 'x', '', '1e3', '00001'])(
    'with the limit %j is refused',
    async (limit) => {
      expect(await refusal(await listKeys(app, { token: manager }, `?limit=${limit}`))).toEqual([
        400,
        'invalid_request',
        'limit must be a whole number from 1 to 1000',
      ])
    },
  )

  test.each(['%00', '%ff', 'zzz', '%F0%9F%98%80'])('after %s, which is no id, is answered', async (after) => {
    await makeKey(app, { token: manager, body: { name: 'k' } })
    const response = await listKeys(app, { token: manager }, `?after=${after}`)
    expect([response.status, await response.json()]).toEqual([200, []])
  })
})

describe('using a key', () => {
  test('is as good as an access token', async () => {
    const made = await makeKey(app, {
      token: manager,
      body: { name: 'k', scopes: ['read'], expires_in_days: 1 },
    })
    expect(await (await callProtected(app, made.api_key)).json()).toEqual({
      message: 'The access token is valid',
      tenant_id: 'acme',
      sub: made.id,
      client_id: 'svc',
      scope: ['read'],
      audience: ['shared-api'],
      expires_at: '2030-01-02T00:00:00.000Z',
    })
  })

  test('that never expires is told with expires_at null', async () => {
    const { api_key } = await makeKey(app, { token: manager, body: { name: 'k' } })
    expect(await (await callProtected(app, api_key)).json()).toMatchObject({ expires_at: null })
  })

  test('is in the list once the uses are written, and costs no write before', async () => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    const lastUsed = async () => (await listedKeys(app, { token: manager }))[0]?.last_used
    await app.deps.lastUse.flush()
    expect(await lastUsed()).toBeNull()
    app.advance(5)
    await callProtected(app, made.api_key)
    app.advance(2)
    await callProtected(app, made.api_key)
    expect(await lastUsed()).toBeNull()
    await app.deps.lastUse.flush()
    expect(await lastUsed()).toBe('2030-01-01T00:00:07.000Z')
    app.advance(300)
    expect(await isActive(app, 'acme', made.api_key)).toBe(true)
    await app.deps.lastUse.flush()
    expect(await lastUsed()).toBe('2030-01-01T00:05:07.000Z')
    expect((await rowsOf(app.deps.storage, 'acme', apiKeys))[0]?.version).toBe(1)
  })

  test('that is refused is no use', async () => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    await revokeKey(app, made.id, { token: manager })
    await callProtected(app, made.api_key)
    await callProtected(app, `${made.api_key.replace(/[^.]+$/, '')}${'A'.repeat(86)}`)
    await app.deps.lastUse.flush()
    expect((await listedKeys(app, { token: manager }))[0]?.last_used).toBeNull()
  })

  test.each([['the row was deleted', async () => void (await rowsOf(app.deps.storage, 'acme', apiKeys))]])(
    'is refused once %s',
    async () => {
      const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
      await app.deps.storage.of('acme').of(apiKeys).delete(made.id)
      expect(await refusal(await callProtected(app, made.api_key))).toEqual([
        401,
        'invalid_token',
        'The access token is invalid',
      ])
    },
  )

  test('is refused once the tenant has no API keys', async () => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    const without = changed(app, { tenant: withTenant('acme', { api_keys: null }) })
    expect(await refusal(await callProtected(without, made.api_key))).toEqual([
      401,
      'invalid_token',
      'The access token is invalid',
    ])
  })

  test('that was signed with our key but never made here is refused', async () => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    const { privateKey } = (await app.deps.keyring.of('acme')).active
    const sign = (changes: object) =>
      new jose.SignJWT({ ...jose.decodeJwt(made.api_key), ...changes })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'shared-kid' })
        .sign(privateKey)
    for (const changes of [
      { scope: 'rule' },
      { sub: 'ak_AAAAAAAAAAAAAAAAAAAAAA' },
      { jti: 'another' },
      { api_key: false },
      { api_key: 'true' },
      { tenant_id: undefined },
    ]) {
      expect(await refusal(await callProtected(app, await sign(changes)))).toEqual([
        401,
        'invalid_token',
        'The access token is invalid',
      ])
    }
  })
})

describe('revoking a key', () => {
  test('is at once, for ever, and as often as one likes', async () => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    expect((await callProtected(app, made.api_key)).status).toBe(200)
    await revokeKey(app, made.id, { token: manager })
    const refused = await callProtected(app, made.api_key)
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="grantd", error="invalid_token", error_description="API key has been revoked"',
    )
    expect(await refusal(refused)).toEqual(revoked)
    app.advance(5)
    await revokeKey(app, made.id, { token: manager })
    const [row] = await rowsOf(app.deps.storage, 'acme', apiKeys)
    expect(row?.value.revoked_at).toBe(testStart)
    expect((await listedKeys(app, { token: manager }))[0]?.revoked).toBe(true)
  })

  test('by 50 requests at once succeeds for each', async () => {
    const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    await Promise.all(Array.from({ length: 50 }, () => revokeKey(app, made.id, { token: manager })))
    expect(await refusal(await callProtected(app, made.api_key))).toEqual(revoked)
    expect((await rowsOf(app.deps.storage, 'acme', apiKeys))[0]?.version).toBe(2)
  })

  test('needs no body, and does not look at one', async () => {
    for (const body of [undefined, '', '{}', '[broken', 'x'.repeat(100_000)]) {
      const made = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
      await revokeKey(app, made.id, { token: manager, body })
    }
  })

  test.each(['ak_AAAAAAAAAAAAAAAAAAAAAA', 'nonsense', '__proto__', 'x'.repeat(5000)])(
    'that is not there is refused: %s',
    async (id) => {
      expect(await refusal(await postKey(app, `${id}/revoke`, { token: manager }))).toEqual(unknown)
      expect(app.events.at(-1)).toMatchObject({
        type: 'api_key.revoked',
        outcome: 'refused',
        reason: 'not_found',
      })
    },
  )

  test('with an id that is spelled with a percent sign is refused', async () => {
    const { id } = await makeKey(app, { token: manager, body: { name: 'k' } })
    const odd = id.replace('ak_', '%61k_')
    expect((await postKey(app, `${odd}/revoke`, { token: manager })).status).toBe(404)
    expect((await postKey(app, '%00/revoke', { token: manager })).status).toBe(404)
    expect((await listedKeys(app, { token: manager }))[0]?.revoked).toBe(false)
  })

  test('is in the audit trail with the id', async () => {
    const { id } = await makeKey(app, { token: manager, body: { name: 'k' } })
    await revokeKey(app, id, { token: manager })
    expect(app.events.at(-1)).toMatchObject({
      type: 'api_key.revoked',
      tenant: 'acme',
      outcome: 'success',
      actor: 'svc',
      client: 'svc',
      detail: { api_key: id },
    })
  })
})

describe('the routes', () => {
  test.each([
    ['create', 'GET', 'POST'],
    ['list', 'POST', 'GET, HEAD'],
    ['ak_x/revoke', 'GET', 'POST'],
    ['ak_x/rotate', 'DELETE', 'POST'],
  ])('%s is not for %s', async (rest, method, allow) => {
    const headers = { Authorization: `Bearer ${manager}` }
    const response = await app.send(keysPath('acme', rest), { method, headers })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
  })

  test('say so to a client of a tenant that has no API keys, and to nobody else', async () => {
    const own = await managerToken(app, 'keyless')
    const none: Refusal = [404, 'not_found', 'The tenant has no API keys']
    expect(await refusal(await listKeys(app, { tenant: 'keyless', token: own }))).toEqual(none)
    const made = await postKey(app, 'create', { tenant: 'keyless', token: own, body: { name: 'k' } })
    expect(await refusal(made)).toEqual(none)
    const stranger = await app.send(keysPath('keyless', 'list'))
    expect(await refusal(stranger)).toEqual([404, 'tenant_not_found', 'Tenant not found'])
  })

  test.each(['keyless', 'plain', 'closed', 'nowhere', 'ACME'])(
    'are not there for the tenant %s',
    async (tenant) => {
      const notThere: Refusal = [404, 'tenant_not_found', 'Tenant not found']
      for (const rest of ['create', 'ak_x/revoke', 'ak_x/rotate']) {
        expect(await refusal(await postKey(app, rest, { tenant, token: manager, body: {} }))).toEqual(
          notThere,
        )
      }
      expect(await refusal(await listKeys(app, { tenant, token: manager }))).toEqual(notThere)
      expect(app.events.filter(({ type }) => type.startsWith('api_key'))).toEqual([])
    },
  )
})
