import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { makeKey as makeKeyBy, managerToken } from '../support/api-keys.ts'
import { callProtected } from '../support/test-app.ts'
import { type AdminApp, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const path = '/tenants/acme/tokens/revoke'
const revoke = (body: unknown) => app.call('POST', path, { as: 'manager', body })
const plainToken = () => app.token('acme', { client_id: 'plain', client_secret: 'plain-secret-value' })
const use = async (token: string) => (await callProtected(app, token)).status

const manager = { client_id: 'manager', client_secret: 'manager-secret-value' }
const makeKey = async () => {
  const token = await managerToken(app, 'acme', manager)
  return makeKeyBy(app, { token, body: { name: 'a key', scopes: ['api:read'] } })
}

describe('one token', () => {
  test('is no good afterwards, and others are', async () => {
    const [one, other] = [await plainToken(), await plainToken()]
    const { status, body } = await revoke({ token: one })
    expect([status, body]).toEqual([200, { revoked: 'token' }])
    expect([await use(one), await use(other)]).toEqual([401, 200])
    expect((await revoke({ token: one })).status).toBe(200)
    expect(app.events.at(-1)).toMatchObject({
      type: 'token.revoked',
      tenant: 'acme',
      actor: 'manager',
      client: 'plain',
      detail: { jti: expect.any(String) },
    })
  })

  test('that stands for an API key ends the key', async () => {
    const key = await makeKey()
    const { body } = await revoke({ token: key.api_key })
    expect([body, await use(key.api_key)]).toEqual([{ revoked: 'api_key' }, 401])
    expect(app.events.at(-1)).toMatchObject({ type: 'api_key.revoked', detail: { api_key: key.id } })
  })

  test('that is of another tenant, expired, changed or none is told of', async () => {
    const sentence = 'The field token is no token of this tenant, or has expired'
    const foreign = await app.tokenOf('other')
    for (const token of [foreign, `${await plainToken()}x`, 'x', 'x'.repeat(9000)]) {
      expectRefusal(await revoke({ token }), 400, 'invalid_request', sentence)
    }
    expect(await use(foreign)).toBe(200)
    const old = await plainToken()
    app.advance(900)
    expectRefusal(await revoke({ token: old }), 400, 'invalid_request', sentence)
  })

  test('of a client that is gone or inactive can be revoked', async () => {
    const made = await app.call('POST', '/tenants/acme/clients', { body: { client_id: 'leaver' } })
    const token = await app.token('acme', { client_id: 'leaver', client_secret: made.body.client_secret })
    await app.call('PATCH', '/tenants/acme/clients/leaver', { body: { active: false }, ifMatch: '*' })
    expect((await revoke({ token })).status).toBe(200)
  })
})

describe('those of a client', () => {
  test('are no good, those of others and later ones are', async () => {
    const [token, other] = [await plainToken(), await app.tokenOf('manager')]
    const { status, body } = await revoke({ client_id: 'plain' })
    const before = new Date(app.deps.now()).toISOString()
    expect([status, body]).toEqual([200, { revoked: 'tokens', before }])
    expect([await use(token), await use(other)]).toEqual([401, 200])
    expect(app.events.at(-1)).toMatchObject({
      type: 'token.revoked',
      client: 'plain',
      detail: { of: 'client', before },
    })
    app.advance(1)
    expect(await use(await plainToken())).toBe(200)
  })

  test('are told by when: what came after stays', async () => {
    app.advance(100)
    const older = await plainToken()
    const then = new Date(app.deps.now()).toISOString()
    app.advance(100)
    const newer = await plainToken()
    expect((await revoke({ client_id: 'plain', before: then })).body.before).toBe(then)
    expect([await use(older), await use(newer)]).toEqual([401, 200])
    // An earlier time than one that was given does not bring anything back.
    await revoke({ client_id: 'plain', before: '2020-01-01T00:00:00Z' })
    expect(await use(older)).toBe(401)
  })

  test('need no client that is there, and such an id is not in the trail', async () => {
    expect((await revoke({ client_id: 'gone-long-ago' })).status).toBe(200)
    expect(JSON.stringify(app.events.at(-1))).not.toContain('gone-long-ago')
  })
})

test('all of a tenant, that of the caller and API keys too, and none of another tenant', async () => {
  app.advance(1)
  const key = await makeKey()
  const [token, own, foreign] = [await plainToken(), await app.tokenOf('manager'), await app.tokenOf('other')]
  expect((await revoke({ all: true })).body.revoked).toBe('tokens')
  expect([await use(token), await use(own), await use(key.api_key), await use(foreign)]).toEqual([
    401, 401, 401, 200,
  ])
  expect(app.events.at(-1)).toMatchObject({ type: 'token.revoked', tenant: 'acme', detail: { of: 'tenant' } })
  app.advance(601)
  expect(await use(await plainToken())).toBe(200)
})

test.each<[string, unknown, string]>([
  ['nothing', {}, 'Exactly one of token, client_id and all is wanted, and before not with token'],
  [
    'two',
    { client_id: 'x', all: true },
    'Exactly one of token, client_id and all is wanted, and before not with token',
  ],
  [
    'a time for one token',
    { token: 'x', before: '2030-01-01T00:00:00Z' },
    'Exactly one of token, client_id and all is wanted, and before not with token',
  ],
  ['all that is false', { all: false }, 'The field all is malformed'],
  ['the future', { all: true, before: '2040-01-01T00:00:00Z' }, 'The field before must not be in the future'],
  [
    'a time in another zone',
    { all: true, before: '2020-01-01T00:00:00+00:00' },
    'The field before must be a time in UTC such as 2030-01-31T00:00:00Z',
  ],
  ['a time that is a number', { all: true, before: 1 }, 'The field before is malformed'],
  ['an id that no client has', { client_id: 'a\0b' }, 'The field client_id is malformed'],
  [
    'a member that is not known',
    { all: true, tenant: 'other' },
    'The request body has a field that is not known',
  ],
])('refuses %s', async (_, body, sentence) => {
  expectRefusal(await revoke(body), 400, 'invalid_request', sentence)
})
