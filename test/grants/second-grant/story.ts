import { afterAll, beforeAll, expect, test } from 'bun:test'
import { decodeJwt } from '../../../src/keys/jwt.ts'
import { basic, refusal } from '../../endpoints/acme.ts'
import { callProtected, startTestApp, type TestApp } from '../../support/test-app.ts'
import { voucherType } from './voucher-grant.ts'

/** Runs under overlay.ts: second-grant.test.ts starts it. */
const yaml = `
admin: { tenant: ruler }
tenants:
  ruler:
    name: Ruler
    oauth2: {}
    signing: { algorithm: ES256 }
    clients: { root: { secret: root-secret-value, scopes: ['grantd:admin'] } }
  acme:
    name: Acme
    oauth2: { reuse_window: 1m, scopes: { read: Reading, admin: Ruling } }
    signing: { algorithm: ES256 }
    clients:
      svc:
        secret: svc-secret-value
        grant_types: [client_credentials, '${voucherType}']
        scopes: [read]
        introspect: true
      plain: { secret: plain-secret-value, scopes: [read] }
`
let app: TestApp
beforeAll(async () => {
  app = await startTestApp(yaml)
})
afterAll(() => app.close())

const authorized = { Authorization: basic('svc', 'svc-secret-value') }
const redeem = (voucher: string, form: Record<string, string> = {}) =>
  app.post('acme', { grant_type: voucherType, voucher, ...form }, authorized)

async function answerTo(voucher: string, form: Record<string, string> = {}) {
  const response = await redeem(voucher, form)
  expect(response.status).toBe(200)
  return response.json()
}

test('the token endpoint serves it, with its own subject', async () => {
  const answer = await answerTo('plain', { scope: 'read' })
  expect(Object.keys(answer)).toEqual(['access_token', 'token_type', 'expires_in', 'scope'])
  expect(decodeJwt(answer.access_token).claims).toMatchObject({
    sub: 'holder-of-plain',
    client_id: 'svc',
    scope: 'read',
  })
})

test('its refusals are those of the endpoint, and it gets none of its parameters empty', async () => {
  expect(await refusal(await redeem('stolen'))).toEqual([400, 'invalid_grant', 'The voucher is not good'])
  expect(await refusal(await redeem(''))).toEqual([400, 'invalid_request', 'Missing voucher parameter'])
  const twice = `grant_type=${encodeURIComponent(voucherType)}&voucher=plain&voucher=plain`
  expect(await refusal(await app.post('acme', twice, authorized))).toEqual([
    400,
    'invalid_request',
    'A parameter was sent more than once: voucher',
  ])
})

test('a scope that the client does not have is refused, whatever the grant says', async () => {
  const sentence = 'The requested scope is not allowed for this client: admin'
  expect(await refusal(await redeem('too-much'))).toEqual([400, 'invalid_scope', sentence])
  expect(await refusal(await redeem('plain', { scope: 'admin' }))).toEqual([400, 'invalid_scope', sentence])
})

test('a client that does not list it may not use it', async () => {
  const form = { grant_type: voucherType, voucher: 'plain' }
  const response = await app.post('acme', form, { Authorization: basic('plain', 'plain-secret-value') })
  expect(await refusal(response)).toEqual([
    400,
    'unauthorized_client',
    `The client is not allowed to use this grant type: ${voucherType}`,
  ])
})

test('identical requests share no token, and those of client_credentials do', async () => {
  const tokens = [await answerTo('plain'), await answerTo('plain')].map(({ access_token }) => access_token)
  expect(new Set(tokens).size).toBe(2)
  const form = { client_id: 'svc', client_secret: 'svc-secret-value' }
  expect(await app.token('acme', form)).toBe(await app.token('acme', form))
})

test('a cnf is in the token and in introspection, and the token is no bearer token', async () => {
  const cnf = { 'x5t#S256': 'thumbprint-of-a-certificate' }
  const { access_token } = await answerTo('bound')
  expect(decodeJwt(access_token).claims).toMatchObject({ cnf })
  const introspect = (token: string) =>
    app
      .send('/api/v1/tenant/acme/oauth/introspect', {
        method: 'POST',
        headers: { ...authorized, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token }).toString(),
      })
      .then((response) => response.json())
  expect(await introspect(access_token)).toMatchObject({ active: true, sub: 'holder-of-bound', cnf })
  expect(await introspect((await answerTo('plain')).access_token)).not.toHaveProperty('cnf')
  const response = await callProtected(app, access_token)
  expect(await refusal(response)).toEqual([401, 'invalid_token', 'The access token is invalid'])
  expect((await callProtected(app, (await answerTo('plain')).access_token)).status).toBe(200)
})

test('a further token comes in the answer', async () => {
  const answer = await answerTo('with-receipt')
  const { claims } = decodeJwt(answer.access_token)
  expect(answer.receipt).toBe(`holder-of-with-receipt svc ${claims['jti']}`)
})

test('the metadata lists it', async () => {
  const response = await app.send('/api/v1/tenant/acme/.well-known/oauth-authorization-server')
  expect(await response.json()).toMatchObject({
    grant_types_supported: expect.arrayContaining([voucherType]),
  })
})

test('the OpenAPI document lists it, its parameter and its further token', async () => {
  const { components } = await (await app.send('/swagger/json')).json()
  const { properties } = components.schemas.ClientCredentialsRequest
  expect(properties.grant_type.enum).toContain(voucherType)
  expect(properties.voucher).toEqual({ description: 'The voucher that the holder gave away', type: 'string' })
  const answered = components.schemas.TokenResponse
  expect(answered.properties.receipt).toEqual({
    description: 'Says who the voucher was for',
    type: 'string',
  })
  expect(answered.required).toEqual(['access_token', 'token_type', 'expires_in'])
})

test('the admin API gives it to a client, which then uses it', async () => {
  const token = await app.token('ruler', {
    client_id: 'root',
    client_secret: 'root-secret-value',
    scope: 'grantd:admin',
  })
  const made = await app.send('/api/v1/admin/tenants/acme/clients', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_id: 'new', grant_types: [voucherType] }),
  })
  expect(made.status).toBe(201)
  const { client_secret, grant_types } = await made.json()
  expect(grant_types).toEqual([voucherType])
  const form = { grant_type: voucherType, voucher: 'plain', client_id: 'new', client_secret }
  expect((await app.post('acme', form)).status).toBe(200)
})

test('it is counted and recorded by its name', async () => {
  await answerTo('plain')
  expect(app.events.at(-1)).toMatchObject({ type: 'token.issued', detail: { grant_type: voucherType } })
})
