import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { createApp } from '../../src/app.ts'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { revokeTokensOfClient, revokeTokensOfTenant } from '../../src/tokens/revocations.ts'
import { refusal } from '../endpoints/acme.ts'
import { makeKey, managerToken } from '../support/api-keys.ts'
import { rowsOf } from '../support/failing-storage.ts'
import { isActive, startRevocable, svc } from '../support/revocable.ts'
import { callProtected, startTestApp, type TestApp, testStart } from '../support/test-app.ts'

let app: TestApp
let manager: string

beforeEach(async () => {
  app = await startRevocable()
  manager = await managerToken(app, 'acme')
})
afterEach(() => app.close())

const second = testStart / 1000
const make = (expires_in_days?: number) =>
  makeKey(app, { token: manager, body: { name: 'k', expires_in_days } })

/** The claims, signed with the tenant's own key. */
async function sign(claims: jose.JWTPayload, tenant = 'acme'): Promise<string> {
  const { privateKey } = (await app.deps.keyring.of(tenant)).active
  const header = { alg: 'ES256', typ: 'JWT', kid: 'shared-kid' }
  return new jose.SignJWT(claims).setProtectedHeader(header).sign(privateKey)
}

describe('revoking by client and by tenant', () => {
  test('ends the API keys that a client made', async () => {
    const key = await make()
    const token = await app.token('acme', svc)
    await revokeTokensOfClient(app.deps.storage, 'acme', { clientId: 'svc', before: second })
    expect(await refusal(await callProtected(app, key.api_key))).toEqual([
      401,
      'invalid_token',
      'API key has been revoked',
    ])
    expect(await isActive(app, 'acme', token)).toBe(false)
  })

  test('of one tenant leaves those of the other', async () => {
    const key = await make(1)
    const twin = await makeKey(app, {
      tenant: 'beta',
      token: await managerToken(app, 'beta'),
      body: { name: 'k', expires_in_days: 1 },
    })
    await revokeTokensOfTenant(app.deps.storage, 'acme', { before: second })
    expect(await isActive(app, 'acme', key.api_key)).toBe(false)
    expect(await isActive(app, 'beta', twin.api_key)).toBe(true)
  })
})

describe('what tells an API key from an access token', () => {
  test('an access token without exp is none, though our key signed it', async () => {
    const { exp: _, ...claims } = jose.decodeJwt(manager)
    expect((await refusal(await callProtected(app, await sign(claims))))[1]).toBe('invalid_token')
    expect(await isActive(app, 'acme', await sign(claims))).toBe(false)
  })

  test('an API key without the claim api_key is none, though our key signed it', async () => {
    const endless = await make()
    const { api_key: _, ...claims } = jose.decodeJwt(endless.api_key)
    expect(await isActive(app, 'acme', await sign(claims))).toBe(false)
  })

  test('an access token with the claim api_key is no API key, though our key signed it', async () => {
    const claims = { ...jose.decodeJwt(manager), tenant_id: 'acme', api_key: true }
    expect(await isActive(app, 'acme', await sign(claims))).toBe(false)
  })
})

test('the same claims signed anew are not the key: a key that leaked from elsewhere than us is not made good', async () => {
  const key = await make()
  const again = await sign(jose.decodeJwt(key.api_key))
  expect(again).not.toBe(key.api_key)
  expect(await isActive(app, 'acme', again)).toBe(false)
  expect(await isActive(app, 'acme', key.api_key)).toBe(true)
})

test('a key that expired stays so when the clock goes back, once what expired was cleaned away', async () => {
  const key = await make(1)
  const { deps } = app
  const handle = createApp({ ...deps, expiryCutoff: () => testStart + 86_400_000 })
  const later = {
    send: async (path: string, init?: RequestInit) =>
      handle(new Request(`http://localhost:3000${path}`, init)),
  }
  expect(await refusal(await callProtected(later, key.api_key))).toEqual([
    401,
    'invalid_token',
    'Token has expired',
  ])
  const endless = await make()
  expect((await callProtected(later, endless.api_key)).status).toBe(200)
})

test('rows of API keys are kept when what expired is cleaned away', async () => {
  await make(1)
  await app.deps.storage.deleteExpired(Number.MAX_SAFE_INTEGER, 100)
  expect(await rowsOf(app.deps.storage, 'acme', apiKeys)).toHaveLength(1)
})

test('the type of the JWT is that of the tenant', async () => {
  const typed = await startTestApp(`
tenants:
  acme:
    name: A
    oauth2: { access_token_typ: at+jwt }
    api_keys: {}
    signing: { algorithm: ES256 }
    clients: { svc: { secret: svc-secret-value, scopes: [api-keys:manage] } }
`)
  const token = await managerToken(typed, 'acme')
  const { api_key } = await makeKey(typed, { token, body: { name: 'k' } })
  expect(jose.decodeProtectedHeader(api_key).typ).toBe('at+jwt')
  expect((await callProtected(typed, api_key)).status).toBe(200)
  await typed.close()
})
