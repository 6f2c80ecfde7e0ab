import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { listedKeys, listKeys, makeKey, managerToken, rotateKey } from '../support/api-keys.ts'
import { rowsOf } from '../support/failing-storage.ts'
import {
  api,
  asleep,
  changed,
  isActive,
  oauthPath,
  other,
  postForm,
  revoke,
  startRevocable,
  svc,
  withClient,
} from '../support/revocable.ts'
import { callProtected, type TestApp, testStart } from '../support/test-app.ts'
import { basic, type Refusal, refusal, stableHeaders } from './acme.ts'

let app: TestApp
let token: string

beforeEach(async () => {
  app = await startRevocable()
  token = await app.token('acme', { ...svc, scope: 'read write' })
})
afterEach(() => app.close())

const failed: Refusal = [401, 'invalid_client', 'Client authentication failed']
const missing: Refusal = [401, 'invalid_client', 'Client credentials are missing']
const malformed: Refusal = [401, 'invalid_client', 'The client credentials are malformed']
const foreign: Refusal = [400, 'unauthorized_client', 'The token was issued to another client']
const invalid: Refusal = [401, 'invalid_token', 'The access token is invalid']

/** Status and body of an answer. */
const answered = async (response: Response) => [response.status, await response.text()]
const done = [200, '']

const stored = (tenant: string) => rowsOf(app.deps.storage, tenant, revocations)

describe('one of the client’s own tokens', () => {
  test('is revoked with an empty answer and these headers', async () => {
    const response = await revoke(app, 'acme', { ...svc, token })
    expect(stableHeaders(response)).toEqual([
      ['cache-control', 'no-store'],
      ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
      ['pragma', 'no-cache'],
      ['referrer-policy', 'no-referrer'],
      ['x-content-type-options', 'nosniff'],
    ])
    expect(await answered(response)).toEqual(done)
  })

  test('is no good from then on: at the protected resource, at introspection, at the API keys', async () => {
    const manager = await managerToken(app, 'acme')
    expect((await callProtected(app, manager)).status).toBe(200)
    expect((await listKeys(app, { token: manager })).status).toBe(200)
    await revoke(app, 'acme', { ...svc, token: manager })
    const refused = await callProtected(app, manager)
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="grantd", error="invalid_token", error_description="The access token is invalid"',
    )
    expect(await refusal(refused)).toEqual(invalid)
    expect(await refusal(await listKeys(app, { token: manager }))).toEqual(invalid)
    expect(await isActive(app, 'acme', manager)).toBe(false)
    expect(app.log.at(-2)).toMatchObject({ error: 'invalid_token', reason: 'revoked' })
  })

  test('is revoked alone: an older and a younger one of the same client stay good', async () => {
    app.advance(1)
    const younger = await app.token('acme', svc)
    const twin = await app.token('acme', svc)
    await revoke(app, 'acme', { ...svc, token: twin })
    expect(await isActive(app, 'acme', token)).toBe(true)
    expect(await isActive(app, 'acme', younger)).toBe(true)
    expect(await isActive(app, 'acme', twin)).toBe(false)
  })

  test('may be revoked again, and by 50 requests at once, and leaves one row', async () => {
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => revoke(app, 'acme', { ...svc, token })),
    )
    for (const response of responses) expect(await answered(response)).toEqual(done)
    expect(await answered(await revoke(app, 'acme', { ...svc, token }))).toEqual(done)
    expect(await stored('acme')).toHaveLength(1)
    expect(await isActive(app, 'acme', token)).toBe(false)
  })

  test('is kept as its jti until its exp, without the token', async () => {
    app.advance(5)
    await revoke(app, 'acme', { ...svc, token })
    const { jti, exp = 0 } = jose.decodeJwt(token)
    const [row] = await stored('acme')
    expect(row).toMatchObject({
      id: `token:${jti}`,
      expiresAt: exp * 1000,
      value: { before: testStart / 1000 + 5 },
    })
    expect(JSON.stringify(row)).not.toContain(token.split('.')[2])
  })

  test('stays refused when its row was cleaned away at its exp', async () => {
    await revoke(app, 'acme', { ...svc, token })
    app.advance(600)
    expect(await app.deps.storage.deleteExpired(testStart + 600_000, 10)).toBe(1)
    expect(await refusal(await callProtected(app, token))).toEqual([
      401,
      'invalid_token',
      'Token has expired',
    ])
  })

  test('is in no other state for a client that has become inactive: it cannot revoke', async () => {
    const off = changed(app, { client: withClient('svc', { active: false }) })
    expect(await refusal(await revoke(off, 'acme', { ...svc, token }))).toEqual(failed)
    expect(await isActive(app, 'acme', token)).toBe(true)
  })

  test('may be revoked when its audience is no longer the client’s', async () => {
    const later = changed(app, { client: withClient('svc', { audience: ['else'] }) })
    expect(await answered(await revoke(later, 'acme', { ...svc, token }))).toEqual(done)
    expect(await isActive(app, 'acme', token)).toBe(false)
  })

  test('is in the audit trail and in the log with its jti and without the token', async () => {
    await revoke(app, 'acme', { ...svc, token })
    expect(app.events.at(-1)).toEqual({
      type: 'token.revoked',
      tenant: 'acme',
      outcome: 'success',
      actor: 'svc',
      client: 'svc',
      detail: { jti: jose.decodeJwt(token).jti ?? '' },
      requestId: expect.any(String),
      address: undefined,
    })
    expect(app.log.at(-1)).toMatchObject({
      route: '/api/v1/tenant/:tenant/oauth/revoke',
      status: 200,
      tenant: 'acme',
      client_id: 'svc',
      secret_id: 'default',
    })
  })
})

describe('a token of another client', () => {
  test('is refused and stays good', async () => {
    expect(await refusal(await revoke(app, 'acme', { ...other, token }))).toEqual(foreign)
    expect(await isActive(app, 'acme', token)).toBe(true)
    expect(await stored('acme')).toEqual([])
  })

  test('is refused for a client with introspect: true too', async () => {
    expect(await refusal(await revoke(app, 'acme', { ...api, token }))).toEqual(foreign)
    expect(await isActive(app, 'acme', token)).toBe(true)
  })

  test('is refused in the audit trail, with the client that tried', async () => {
    await revoke(app, 'acme', { ...other, token })
    expect(app.events.at(-1)).toMatchObject({
      type: 'token.revoked',
      tenant: 'acme',
      outcome: 'refused',
      reason: 'unauthorized_client',
      actor: 'other',
    })
  })

  test('that is expired is answered like any other dead token', async () => {
    app.advance(600)
    expect(await answered(await revoke(app, 'acme', { ...other, token }))).toEqual(done)
  })
})

describe('a token that is no good', () => {
  test.each([
    ['no JWT', (_: string) => 'x'],
    ['over 8 KB', (_: string) => 'x'.repeat(8 * 1024 + 1)],
    ['without its signature', (good: string) => good.replace(/[^.]+$/, '')],
    ['signed by nobody we know', (good: string) => good.replace(/[^.]+$/, 'A'.repeat(86))],
    ['with a space behind it', (good: string) => `${good} `],
  ])('%s: all is well, and nothing was revoked', async (_, forge) => {
    expect(await answered(await revoke(app, 'acme', { ...svc, token: forge(token) }))).toEqual(done)
    expect(await answered(await revoke(app, 'acme', { ...other, token: forge(token) }))).toEqual(done)
    expect(await stored('acme')).toEqual([])
    expect(await isActive(app, 'acme', token)).toBe(true)
    expect(app.events.filter(({ type }) => type === 'token.revoked')).toEqual([])
  })

  test('an expired one: all is well, and no row is written for it', async () => {
    app.advance(600)
    expect(await answered(await revoke(app, 'acme', { ...svc, token }))).toEqual(done)
    expect(await stored('acme')).toEqual([])
  })

  test('one of another tenant, with the same kid, client and secret: it stays good there', async () => {
    const twin = await app.token('beta', svc)
    expect(await answered(await revoke(app, 'acme', { ...svc, token: twin }))).toEqual(done)
    expect(await answered(await revoke(app, 'beta', { ...svc, token }))).toEqual(done)
    expect(await isActive(app, 'beta', twin)).toBe(true)
    expect(await isActive(app, 'acme', token)).toBe(true)
    expect([await stored('acme'), await stored('beta')]).toEqual([[], []])
  })
})

test('revoking at one tenant ends no token with the same jti at another', async () => {
  const { jti } = jose.decodeJwt(token)
  const claims = { ...jose.decodeJwt(token), iss: 'http://localhost:3000/api/v1/tenant/beta' }
  const { privateKey } = (await app.deps.keyring.of('beta')).active
  const twin = await new jose.SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'shared-kid' })
    .sign(privateKey)
  expect(jose.decodeJwt(twin).jti).toBe(jti)
  await revoke(app, 'acme', { ...svc, token })
  expect([await isActive(app, 'acme', token), await isActive(app, 'beta', twin)]).toEqual([false, true])
})

describe('an API key', () => {
  test('is revoked as a whole by the client that made it, with every token of its rotation', async () => {
    const manager = await managerToken(app, 'acme')
    const key = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    const newer = await rotateKey(app, key.id, { token: manager })
    expect(await answered(await revoke(app, 'acme', { ...svc, token: key.api_key }))).toEqual(done)
    for (const dead of [key.api_key, newer.api_key]) {
      expect(await refusal(await callProtected(app, dead))).toEqual([
        401,
        'invalid_token',
        'API key has been revoked',
      ])
    }
    expect((await listedKeys(app, { token: manager })).map(({ revoked }) => revoked)).toEqual([true])
    expect(app.events.filter(({ type }) => type === 'api_key.revoked')).toMatchObject([
      { tenant: 'acme', outcome: 'success', actor: 'svc', client: 'svc', detail: { api_key: key.id } },
    ])
    expect(await answered(await revoke(app, 'acme', { ...svc, token: key.api_key }))).toEqual(done)
  })

  test('is not revoked by another client, nor at another tenant', async () => {
    const manager = await managerToken(app, 'acme')
    const { api_key } = await makeKey(app, { token: manager, body: { name: 'k', expires_in_days: 1 } })
    expect(await refusal(await revoke(app, 'acme', { ...other, token: api_key }))).toEqual(foreign)
    expect(await answered(await revoke(app, 'beta', { ...svc, token: api_key }))).toEqual(done)
    expect((await callProtected(app, api_key)).status).toBe(200)
  })
})

describe('the client', () => {
  test.each([
    ['none', {}, missing],
    ['an id alone', { client_id: 'svc' }, missing],
    ['an unknown one', { client_id: 'nobody', client_secret: 'svc-secret-value' }, failed],
    ['one with a wrong secret', { ...svc, client_secret: 'wrong-secret' }, failed],
    ['an inactive one with its secret', asleep, failed],
  ])('is wanted: %s is refused, and nothing is revoked', async (_, credentials, wanted) => {
    const response = await revoke(app, 'acme', { ...credentials, token })
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect(await refusal(response)).toEqual(wanted)
    expect(await isActive(app, 'acme', token)).toBe(true)
  })

  test('may use client_secret_basic, and gets its challenge there', async () => {
    const ask = (secret: string) =>
      postForm(app, oauthPath('acme', 'revoke'), {
        form: { token },
        headers: { Authorization: basic('svc', secret) },
      })
    const refused = await ask('wrong-secret')
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="acme"')
    expect(await refusal(refused)).toEqual(failed)
    expect(await answered(await ask(svc.client_secret))).toEqual(done)
    expect(await isActive(app, 'acme', token)).toBe(false)
  })

  test('may not be the token itself', async () => {
    const headers = { Authorization: `Bearer ${token}` }
    const path = oauthPath('acme', 'revoke')
    expect(await refusal(await postForm(app, path, { form: { token }, headers }))).toEqual(malformed)
  })
})

describe('the form', () => {
  test.each([
    ['no token', {}],
    ['an empty token', { token: '' }],
  ])('with %s is refused', async (_, form) => {
    expect(await refusal(await revoke(app, 'acme', { ...svc, ...form }))).toEqual([
      400,
      'invalid_request',
      'Missing token parameter',
    ])
  })

  test('with two tokens is refused, and neither is revoked', async () => {
    const second = await app.token('acme', svc)
    const form = `${new URLSearchParams({ ...svc, token })}&token=${second}`
    expect(await refusal(await revoke(app, 'acme', form))).toEqual([
      400,
      'invalid_request',
      'A parameter was sent more than once: token',
    ])
    for (const each of [token, second]) expect(await isActive(app, 'acme', each)).toBe(true)
  })

  test.each(['access_token', 'refresh_token', 'nonsense', ''])(
    'with the token_type_hint %j revokes as without',
    async (hint) => {
      const response = await revoke(app, 'acme', { ...svc, token, token_type_hint: hint })
      expect(await answered(response)).toEqual(done)
      expect(await isActive(app, 'acme', token)).toBe(false)
    },
  )

  test('of another media type is refused', async () => {
    const response = await postForm(app, oauthPath('acme', 'revoke'), {
      form: JSON.stringify({ ...svc, token }),
      headers: { 'Content-Type': 'application/json' },
    })
    expect(await refusal(response)).toEqual([
      400,
      'invalid_request',
      'The body must be application/x-www-form-urlencoded',
    ])
  })

  test('over 64 KB is too large', async () => {
    expect(await refusal(await revoke(app, 'acme', { ...svc, token: 'x'.repeat(65_536) }))).toEqual([
      413,
      'invalid_request',
      'The request body is too large',
    ])
  })
})

describe('the route', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('is not for %s', async (method) => {
    const response = await app.send(`${oauthPath('acme', 'revoke')}?token=${token}`, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('OPTIONS, POST')
    expect(await isActive(app, 'acme', token)).toBe(true)
  })

  test.each(['nowhere', 'plain', 'closed', 'ACME'])('is not there for the tenant %s', async (tenant) => {
    expect(await refusal(await revoke(app, tenant, { ...svc, token }))).toEqual([
      404,
      'tenant_not_found',
      'Tenant not found',
    ])
  })
})
