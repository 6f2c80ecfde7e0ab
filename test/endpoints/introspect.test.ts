import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { secretUses } from '../../src/clients/client-row.ts'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { listedKeys, makeKey, managerToken, revokeKey } from '../support/api-keys.ts'
import { rowsOf } from '../support/failing-storage.ts'
import {
  api,
  asleep,
  changed,
  inactive,
  introspect,
  isActive,
  judgementOf,
  oauthPath,
  other,
  postForm,
  revoke,
  startRevocable,
  svc,
  withClient,
  withTenant,
} from '../support/revocable.ts'
import { type TestApp, testStart } from '../support/test-app.ts'
import { basic, jsonHeaders, type Refusal, refusal, stableHeaders } from './acme.ts'

let app: TestApp
let token: string

beforeEach(async () => {
  app = await startRevocable()
  token = await app.token('acme', { ...svc, scope: 'read write' })
})
afterEach(() => app.close())

const start = testStart / 1000
const failed: Refusal = [401, 'invalid_client', 'Client authentication failed']
const missing: Refusal = [401, 'invalid_client', 'Client credentials are missing']
const malformed: Refusal = [401, 'invalid_client', 'The client credentials are malformed']
const notFound: Refusal = [404, 'tenant_not_found', 'Tenant not found']

describe('the answer about an active token', () => {
  test('holds what the token says, in this order, and nothing else', async () => {
    const { jti } = jose.decodeJwt(token)
    expect(await judgementOf(app, 'acme', token)).toBe(
      `{"active":true,"scope":"read write","client_id":"svc","token_type":"Bearer","exp":${start + 600},"iat":${start},"sub":"svc","aud":["shared-api"],"iss":"http://localhost:3000/api/v1/tenant/acme","jti":"${jti}"}`,
    )
  })

  test('has no scope where the token has none', async () => {
    const bare = await app.token('acme', api)
    expect(Object.keys(JSON.parse(await judgementOf(app, 'acme', bare)))).toEqual([
      'active',
      'client_id',
      'token_type',
      'exp',
      'iat',
      'sub',
      'aud',
      'iss',
      'jti',
    ])
  })

  test('tells an API key from an access token', async () => {
    const manager = await managerToken(app, 'acme')
    const key = await makeKey(app, {
      token: manager,
      body: { name: 'k', scopes: ['read'], expires_in_days: 2 },
    })
    const { jti } = jose.decodeJwt(key.api_key)
    expect(JSON.parse(await judgementOf(app, 'acme', key.api_key))).toEqual({
      active: true,
      scope: 'read',
      client_id: 'svc',
      token_type: 'Bearer',
      exp: start + 2 * 86_400,
      iat: start,
      sub: key.id,
      aud: ['shared-api'],
      iss: 'http://localhost:3000/api/v1/tenant/acme',
      jti,
      tenant_id: 'acme',
      api_key: true,
    })
  })

  test('tells of an API key without an end that it has no exp', async () => {
    const key = await makeKey(app, { token: await managerToken(app, 'acme'), body: { name: 'k' } })
    const body = JSON.parse(await judgementOf(app, 'acme', key.api_key))
    expect(body).toMatchObject({ active: true, sub: key.id, api_key: true })
    expect(body).not.toHaveProperty('exp')
    expect(body).not.toHaveProperty('scope')
  })

  test('is never cached, whether active or not', async () => {
    for (const asked of [token, 'x']) {
      expect(stableHeaders(await introspect(app, 'acme', { ...api, token: asked }))).toEqual(jsonHeaders)
    }
  })
})

describe('who may know', () => {
  const body = async (credentials: Record<string, string>) =>
    (await introspect(app, 'acme', { ...credentials, token })).text()

  test('the client that the token was issued to', async () => {
    expect(JSON.parse(await body(svc))).toMatchObject({ active: true, client_id: 'svc' })
  })

  test('a client with introspect: true, about the token of any client', async () => {
    expect(JSON.parse(await body(api))).toMatchObject({ active: true, client_id: 'svc' })
  })

  test('no other client: it learns as little as about a token that is none', async () => {
    const mine = await introspect(app, 'acme', { ...other, token })
    const none = await introspect(app, 'acme', { ...other, token: 'x' })
    expect([mine.status, await mine.text()]).toEqual([200, inactive])
    expect([none.status, await none.text()]).toEqual([200, inactive])
    expect(stableHeaders(mine)).toEqual(stableHeaders(none))
  })

  test('a client that has lost introspect no longer knows', async () => {
    const later = changed(app, { client: withClient('api', { introspect: false }) })
    expect(await (await introspect(later, 'acme', { ...api, token })).text()).toBe(inactive)
  })

  test('the creator of an API key and a client with introspect: true, and no other', async () => {
    const manager = await managerToken(app, 'acme')
    const { api_key } = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    const ask = async (credentials: Record<string, string>) =>
      (await (await introspect(app, 'acme', { ...credentials, token: api_key })).json()).active
    expect(await ask(svc)).toBe(true)
    expect(await ask(api)).toBe(true)
    expect(await ask(other)).toBe(false)
  })
})

describe('the client', () => {
  test.each([
    ['none', {}, missing],
    ['an id alone', { client_id: 'api' }, missing],
    ['an unknown one', { client_id: 'nobody', client_secret: 'api-secret-value' }, failed],
    ['one with a wrong secret', { ...api, client_secret: 'wrong-secret' }, failed],
    ['one with the secret of another', { ...api, client_secret: other.client_secret }, failed],
    ['an inactive one with its secret', asleep, failed],
  ])('is wanted: %s is refused', async (_, credentials, wanted) => {
    const response = await introspect(app, 'acme', { ...credentials, token })
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect(await refusal(response)).toEqual(wanted)
  })

  test('may use client_secret_basic, and gets its challenge there', async () => {
    const ask = (secret: string) =>
      postForm(app, oauthPath('acme', 'introspect'), {
        form: { token },
        headers: { Authorization: basic('api', secret) },
      })
    expect((await (await ask(api.client_secret)).json()).active).toBe(true)
    const refused = await ask('wrong-secret')
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="acme"')
    expect(await refusal(refused)).toEqual(failed)
  })

  test('may not use two methods at once', async () => {
    const response = await postForm(app, oauthPath('acme', 'introspect'), {
      form: { ...api, token },
      headers: { Authorization: basic('api', api.client_secret) },
    })
    expect(await refusal(response)).toEqual([
      400,
      'invalid_request',
      'More than one client authentication method was used',
    ])
  })

  test('may not use an access token instead', async () => {
    const response = await postForm(app, oauthPath('acme', 'introspect'), {
      form: { token },
      headers: { Authorization: `Bearer ${token}` },
    })
    expect(await refusal(response)).toEqual(malformed)
  })

  test('is told first: a request without token and with a wrong secret is refused for the secret', async () => {
    expect(await refusal(await introspect(app, 'acme', { ...api, client_secret: 'wrong-secret' }))).toEqual(
      failed,
    )
  })

  test('and its secret stand in the log line, the secret itself and the token do not', async () => {
    await introspect(app, 'acme', { ...api, token })
    expect(app.log.at(-1)).toMatchObject({
      route: '/api/v1/tenant/:tenant/oauth/introspect',
      status: 200,
      tenant: 'acme',
      client_id: 'api',
      secret_id: 'default',
    })
    await app.deps.lastUse.flush()
    const uses = await rowsOf(app.deps.storage, 'acme', secretUses)
    expect(uses.map(({ id, usedAt, parent }) => [id, usedAt, parent])).toEqual([
      ['["api","default"]', testStart, 'api'],
      ['["svc","default"]', testStart, 'svc'],
    ])
  })
})

describe('the form', () => {
  const missing: Refusal = [400, 'invalid_request', 'Missing token parameter']
  test.each([
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['a token under another name', { access_token: 'x' }],
    ['a token in other case', { Token: 'x' }],
  ])('with %s is refused', async (_, form) => {
    expect(await refusal(await introspect(app, 'acme', { ...api, ...form }))).toEqual(missing)
  })

  test('with the token in the query alone is refused', async () => {
    const path = `${oauthPath('acme', 'introspect')}?token=${token}`
    expect(await refusal(await postForm(app, path, { form: api }))).toEqual(missing)
  })

  test('with two tokens is refused, even the same twice', async () => {
    const form = `${new URLSearchParams({ ...api, token })}&token=${token}`
    expect(await refusal(await introspect(app, 'acme', form))).toEqual([
      400,
      'invalid_request',
      'A parameter was sent more than once: token',
    ])
  })

  test.each(['access_token', 'refresh_token', 'api_key', '', 'nonsense', '\0'])(
    'with the token_type_hint %j is answered as without',
    async (token_type_hint) => {
      const good = await introspect(app, 'acme', { ...api, token, token_type_hint })
      expect(await good.text()).toBe(await judgementOf(app, 'acme', token))
      const bad = await introspect(app, 'acme', { ...api, token: 'x', token_type_hint })
      expect(await bad.text()).toBe(inactive)
    },
  )

  test.each(['application/json', 'multipart/form-data', 'text/plain', ''])(
    'of the media type %j is refused',
    async (type) => {
      const response = await postForm(app, oauthPath('acme', 'introspect'), {
        form: { ...api, token },
        headers: { 'Content-Type': type },
      })
      expect(await refusal(response)).toEqual([
        400,
        'invalid_request',
        'The body must be application/x-www-form-urlencoded',
      ])
    },
  )

  test('over 64 KB is too large', async () => {
    expect(await refusal(await introspect(app, 'acme', { ...api, token: 'x'.repeat(65_536) }))).toEqual([
      413,
      'invalid_request',
      'The request body is too large',
    ])
  })
})

describe('the route', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('is not for %s', async (method) => {
    const response = await app.send(`${oauthPath('acme', 'introspect')}?token=x`, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  test.each(['nowhere', 'plain', 'closed', 'ACME', '%61cme'])(
    'is not there for the tenant %s',
    async (tenant) => {
      expect(await refusal(await introspect(app, tenant, { ...svc, token }))).toEqual(notFound)
    },
  )

  test('is there for a tenant without API keys', async () => {
    const form = { ...svc, token: await app.token('keyless', svc) }
    expect((await (await introspect(app, 'keyless', form)).json()).active).toBe(true)
  })
})

describe('a token is inactive', () => {
  test('from its exp on, to the millisecond', async () => {
    app.advance(599.999)
    expect(await isActive(app, 'acme', token)).toBe(true)
    app.advance(0.001)
    expect(await judgementOf(app, 'acme', token)).toBe(inactive)
  })

  test('more than half a minute before its iat', async () => {
    app.advance(-31)
    expect(await judgementOf(app, 'acme', token)).toBe(inactive)
  })

  test.each([
    ['that is no JWT', (_: string) => 'x'],
    ['that is over 8 KB', (_: string) => 'x'.repeat(8 * 1024 + 1)],
    ['that is a JWT over 8 KB', (good: string) => `${good}${'A'.repeat(8 * 1024)}`],
    ['without its signature', (good: string) => good.replace(/[^.]+$/, '')],
    ['with a part more', (good: string) => `${good}.e30`],
    ['with a space behind it', (good: string) => `${good} `],
    ['with a byte that is not ASCII', (good: string) => `${good}é`],
    ['with the scheme before it', (good: string) => `Bearer ${good}`],
    ['whose signature was changed', (good: string) => flip(good, good.lastIndexOf('.') + 5)],
    ['whose claims were changed', (good: string) => flip(good, good.indexOf('.') + 20)],
    [
      'without an algorithm',
      (good: string) => `${encode({ alg: 'none', typ: 'JWT' })}.${good.split('.')[1]}.`,
    ],
  ])('%s', async (_, forge) => {
    expect(await judgementOf(app, 'acme', forge(token))).toBe(inactive)
  })

  test('once it was revoked', async () => {
    expect((await revoke(app, 'acme', { ...svc, token })).status).toBe(200)
    expect(await judgementOf(app, 'acme', token)).toBe(inactive)
    expect(await (await introspect(app, 'acme', { ...svc, token })).text()).toBe(inactive)
  })

  test('once its API key was revoked', async () => {
    const manager = await managerToken(app, 'acme')
    const key = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    expect(await isActive(app, 'acme', key.api_key)).toBe(true)
    await revokeKey(app, key.id, { token: manager })
    expect(await judgementOf(app, 'acme', key.api_key)).toBe(inactive)
  })

  test('once its client is inactive, or gone', async () => {
    const off = changed(app, { client: withClient('svc', { active: false }) })
    expect(await judgementOf(off, 'acme', token)).toBe(inactive)
    const gone = changed(app, { client: (client) => (client.id === 'svc' ? undefined : client) })
    expect(await judgementOf(gone, 'acme', token)).toBe(inactive)
    expect(await isActive(app, 'acme', token)).toBe(true)
  })

  test('once its client has lost the audience', async () => {
    const later = changed(app, { client: withClient('svc', { audience: ['else'] }) })
    expect(await judgementOf(later, 'acme', token)).toBe(inactive)
  })

  test('at a tenant that has another issuer by now', async () => {
    const moved = changed(app, { tenant: withTenant('acme', { issuer: 'https://moved.example' }) })
    expect(await judgementOf(moved, 'acme', token)).toBe(inactive)
  })
})

describe('a token of another tenant', () => {
  test('is inactive, though kid, client, secret and audience are the same', async () => {
    const twin = await app.token('beta', svc)
    expect(await judgementOf(app, 'acme', twin)).toBe(inactive)
    expect(await judgementOf(app, 'beta', token)).toBe(inactive)
    expect(await (await introspect(app, 'acme', { ...svc, token: twin })).text()).toBe(inactive)
    expect(await isActive(app, 'beta', twin)).toBe(true)
  })

  test('is inactive when its issuer was exchanged, whichever key signed it', async () => {
    const claims = { ...jose.decodeJwt(token), iss: 'http://localhost:3000/api/v1/tenant/beta' }
    const { privateKey } = (await app.deps.keyring.of('acme')).active
    const resigned = await new jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'shared-kid' })
      .sign(privateKey)
    for (const tenant of ['acme', 'beta']) expect(await judgementOf(app, tenant, resigned)).toBe(inactive)
  })

  test('that is an API key is inactive, and asking is no use of it', async () => {
    const manager = await managerToken(app, 'beta')
    const request = { tenant: 'beta', token: manager }
    const { api_key } = await makeKey(app, { ...request, body: { name: 'k', expires_in_days: 1 } })
    expect(await judgementOf(app, 'acme', api_key)).toBe(inactive)
    await app.deps.lastUse.flush()
    expect((await listedKeys(app, request)).map(({ last_used }) => last_used)).toEqual([null])
    expect(await rowsOf(app.deps.storage, 'acme', apiKeys)).toEqual([])
  })

  test('is inactive even while that tenant has no key to verify it', async () => {
    const twin = await app.token('beta', svc)
    const of = app.deps.keyring.of.bind(app.deps.keyring)
    app.deps.keyring.of = (tenant) => (tenant === 'beta' ? Promise.reject(new Error('broken')) : of(tenant))
    expect(await judgementOf(app, 'acme', twin)).toBe(inactive)
  })
})

test('introspection leaves nothing in the audit trail but its refusals', async () => {
  const before = app.events.length
  await introspect(app, 'acme', { ...api, token })
  expect(app.events).toHaveLength(before)
  await introspect(app, 'acme', { ...api, client_secret: 'wrong-secret', token })
  expect(app.events.slice(before)).toMatchObject([
    {
      type: 'introspection.refused',
      tenant: 'acme',
      outcome: 'refused',
      reason: 'wrong_secret',
      actor: undefined,
      client: api.client_id,
    },
  ])
})

/** The text with another base64url character at a place. */
function flip(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}

function encode(value: unknown): string {
  return jose.base64url.encode(JSON.stringify(value))
}
