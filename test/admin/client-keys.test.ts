import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newClientKey, signAssertion, withAssertion } from '../support/assertions.ts'
import { type AdminApp, type CallOptions, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const base = '/tenants/acme/clients'
const call = (method: string, path: string, options: CallOptions = {}) =>
  app.call(method, path, { as: 'manager', ...options })
const make = (client_id: string, rest: object) => call('POST', base, { body: { client_id, ...rest } })
const patch = (id: string, body: object) =>
  call('PATCH', `${base}/${id}`, { body, headers: { 'If-Match': '*' } } as CallOptions)

const first = await newClientKey('ES256', 'first')
const second = await newClientKey('EdDSA', 'second')
const method = { token_endpoint_auth_method: 'private_key_jwt' }
const jwksOf = (...keys: readonly { readonly jwk: object }[]) => ({
  jwks: { keys: keys.map(({ jwk }) => jwk) },
})

async function tokenStatus(clientId: string, key: typeof first): Promise<number> {
  const issuer = (await app.deps.tenants.find('acme'))?.issuer
  const assertion = await signAssertion({ clientId, audience: issuer, key })
  return (await app.post('acme', { grant_type: 'client_credentials', ...withAssertion(assertion) })).status
}

describe('a client of private_key_jwt', () => {
  test('is made without a secret, shows its public keys, and works at once', async () => {
    const { status, body } = await make('keyed', { ...method, ...jwksOf(first) })
    expect(status).toBe(201)
    expect(body).not.toHaveProperty('client_secret')
    expect(body).toMatchObject({ ...method, ...jwksOf(first), secrets: [] })
    expect(await tokenStatus('keyed', first)).toBe(200)
    expect(await tokenStatus('keyed', second)).toBe(401)
  })

  test('has its keys changed without a gap', async () => {
    await make('turning', { ...method, ...jwksOf(first) })
    expect((await patch('turning', jwksOf(first, second))).status).toBe(200)
    expect([await tokenStatus('turning', first), await tokenStatus('turning', second)]).toEqual([200, 200])
    await patch('turning', jwksOf(second))
    expect([await tokenStatus('turning', first), await tokenStatus('turning', second)]).toEqual([401, 200])
  })

  test('takes no single key in place of the set that it has, private or public', async () => {
    await make('patched', { ...method, ...jwksOf(first) })
    const { body } = await patch('patched', { jwks: { ...second.jwk, d: 'AAAA' } })
    expect(body.error_description).toStartWith('The field jwks.d is part of a private key')
    const single = await patch('patched', { jwks: second.jwk })
    expect(single.status).toBe(400)
    expect(single.body.error_description).toEndWith('; this is a single key')
    expect([await tokenStatus('patched', first), await tokenStatus('patched', second)]).toEqual([200, 401])
  })

  test('gets no secret, and has none to remove', async () => {
    await make('secretless', { ...method, ...jwksOf(first) })
    const plainly = 'The client proves itself with private_key_jwt and has no secrets; change its jwks'
    for (const [verb, path] of [
      ['POST', `${base}/secretless/secrets`],
      ['DELETE', `${base}/secretless/secrets/x`],
    ] as const) {
      const { status, body } = await call(verb, path)
      expect([status, body.error, body.error_description]).toEqual([409, 'conflict', plainly])
    }
  })

  test('comes to be of a client with a secret, whose secret is gone then; and the other way round', async () => {
    const { body: made } = await make('moving', {})
    const form = { grant_type: 'client_credentials', client_id: 'moving', client_secret: made.client_secret }
    expect((await app.post('acme', form)).status).toBe(200)
    const { body } = await patch('moving', { ...method, ...jwksOf(first) })
    expect(body.secrets).toEqual([])
    expect((await app.post('acme', form)).status).toBe(401)
    expect(await tokenStatus('moving', first)).toBe(200)
    expect((await patch('moving', { token_endpoint_auth_method: null })).status).toBe(400)
    expect((await patch('moving', { token_endpoint_auth_method: null, jwks: null })).status).toBe(200)
    expect(await tokenStatus('moving', first)).toBe(401)
    expect((await app.post('acme', form)).status).toBe(401)
    const { body: added } = await call('POST', `${base}/moving/secrets`)
    expect((await app.post('acme', { ...form, client_secret: added.client_secret })).status).toBe(200)
  })
})

test.each([
  ['no keys', method, 'The field jwks is no JWK Set'],
  ['null in the place of keys', { ...method, jwks: null }, 'The field jwks is no JWK Set'],
  ['a text', { ...method, jwks: 'text' }, 'The field jwks is no JWK Set'],
  [
    'a private key',
    { ...method, jwks: { keys: [{ ...first.jwk, d: 'AAAA' }] } },
    'The field jwks.keys.0.d is part of',
  ],
  [
    'keys without the method',
    jwksOf(first),
    'The field jwks is for token_endpoint_auth_method private_key_jwt',
  ],
  [
    'an unknown method',
    { token_endpoint_auth_method: 'nothing' },
    'The field token_endpoint_auth_method must be one of',
  ],
  [
    'a file of the server',
    { ...method, jwks_file: '/etc/passwd' },
    'The request body has a field that is not known',
  ],
])('a client with %s is refused', async (_what, rest, complaint) => {
  const { status, body } = await make('never', rest)
  expect([status, body.error]).toEqual([400, 'invalid_request'])
  expect(body.error_description).toStartWith(complaint)
})
