import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { startTestApp, type TestApp, testStart } from '../support/test-app.ts'
import { basic, grant, jsonHeaders, jwtTexts, stableHeaders, startAcme, svc } from './acme.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

const start = testStart / 1000
const asSvc = { Authorization: basic('svc', svc.client_secret) }

describe('the answer', () => {
  test.each([
    ['client_secret_post', { ...grant, ...svc }, {}],
    ['client_secret_basic', grant, asSvc],
  ])('with %s holds the four members of the document and no others', async (_, form, headers) => {
    const response = await app.post('acme', form, headers)
    expect(response.status).toBe(200)
    const body = await response.json()
    expect(Object.keys(body)).toEqual(['access_token', 'token_type', 'expires_in', 'scope'])
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'read write',
    })
  })

  test('has these headers and no others', async () => {
    expect(stableHeaders(await app.post('acme', { ...grant, ...svc }))).toEqual(jsonHeaders)
  })
})

describe('the token', () => {
  test('has alg, typ and kid as its header, in that order', async () => {
    const { header } = await jwtTexts(await app.post('acme', { ...grant, ...svc }))
    expect(header).toBe('{"alg":"ES256","typ":"JWT","kid":"shared-kid"}')
  })

  test('has the eight claims, in their order, and no others', async () => {
    const { claims } = await jwtTexts(await app.post('acme', { ...grant, ...svc, scope: 'write' }))
    const { jti } = JSON.parse(claims)
    expect(claims).toBe(
      `{"iss":"https://auth.acme.example","sub":"svc","aud":["acme-api"],"exp":${start + 600},"iat":${start},"jti":"${jti}","scope":"write","client_id":"svc"}`,
    )
  })

  test('has the default issuer as issuer and audience where nothing else is said', async () => {
    const issuer = 'http://localhost:3000/api/v1/tenant/beta'
    const claims = jose.decodeJwt(await app.token('beta', svc))
    expect(claims).toEqual({
      iss: issuer,
      sub: 'svc',
      aud: [issuer],
      exp: start + 3600,
      iat: start,
      jti: expect.any(String),
      client_id: 'svc',
    })
  })

  test('is of type at+jwt where the tenant says so', async () => {
    const { header } = await jwtTexts(await app.post('beta', { ...grant, ...svc }))
    expect(header).toBe('{"alg":"ES256","typ":"at+jwt","kid":"shared-kid"}')
  })

  test('lives as long as the client says, else the tenant', async () => {
    const own = { client_id: 'own', client_secret: 'own-secret-value' }
    const response = await app.post('acme', { ...grant, ...own })
    const { access_token, expires_in } = await response.json()
    expect(expires_in).toBe(90)
    expect(jose.decodeJwt(access_token).exp).toBe(start + 90)
  })

  test('takes nothing from the request that was not asked for', async () => {
    const forged = {
      sub: 'root',
      iss: 'evil',
      aud: 'evil',
      exp: '9',
      jti: 'mine',
      role: 'x',
      typ: 'x',
      kid: 'x',
    }
    const { header, claims } = await jwtTexts(await app.post('acme', { ...forged, ...grant, ...svc }))
    expect(header).toBe('{"alg":"ES256","typ":"JWT","kid":"shared-kid"}')
    const { jti, ...rest } = JSON.parse(claims)
    expect(jti).not.toBe('mine')
    expect(rest).toEqual({
      iss: 'https://auth.acme.example',
      sub: 'svc',
      aud: ['acme-api'],
      exp: start + 600,
      iat: start,
      scope: 'read write',
      client_id: 'svc',
    })
  })

  test('has an id of its own of 128 bits, for 50 requests at once too', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => app.token('acme', svc)))
    const ids = tokens.map((token) => jose.decodeJwt(token).jti ?? '')
    expect(new Set(ids).size).toBe(50)
    for (const id of ids) expect(jose.base64url.decode(id).length).toBe(16)
  })

  test('is verified by the published keys of its tenant', async () => {
    const token = await app.token('acme', svc)
    const jwks = await (await app.send('/api/v1/tenant/acme/.well-known/jwks.json')).json()
    const { payload } = await jose.jwtVerify(token, jose.createLocalJWKSet(jwks), {
      issuer: 'https://auth.acme.example',
      audience: 'acme-api',
      typ: 'JWT',
      currentDate: new Date(testStart),
    })
    expect(payload['client_id']).toBe('svc')
  })
})

test('with the configuration of the document, the answer and the token are those of the document', async () => {
  const story = await startTestApp(`
tenants:
  test-tenant:
    name: Test Tenant
    issuer: https://auth.example.com
    oauth2:
      audience: [your-api]
      scopes: { 'api:read': Read access, 'api:write': Write access }
    signing: { kid: oauth2-key-1 }
    clients:
      your-client-id: { secret: your-client-secret, scopes: ['api:read', 'api:write'] }
`)
  const credentials = { client_id: 'your-client-id', client_secret: 'your-client-secret' }
  const form = { ...grant, ...credentials, scope: 'api:read api:write' }
  const response = await story.post('test-tenant', form)
  expect(await response.clone().json()).toEqual({
    access_token: expect.stringMatching(
      /^eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Im9hdXRoMi1rZXktMSJ9\.[\w-]+\.[\w-]{342}$/,
    ),
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'api:read api:write',
  })
  const { claims } = await jwtTexts(response)
  expect(JSON.parse(claims)).toMatchObject({
    iss: 'https://auth.example.com',
    sub: 'your-client-id',
    aud: ['your-api'],
    scope: 'api:read api:write',
    client_id: 'your-client-id',
  })
  await story.close()
})
