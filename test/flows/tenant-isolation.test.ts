import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { startTestApp, type TestApp, testStart } from '../support/test-app.ts'

/** Two tenants that have all in common but their names: nothing of one may pass at the other. */
let app: TestApp

beforeAll(async () => {
  const tenant = (name: string) => `
    name: ${name}
    oauth2: { audience: [shared-api], scopes: { read: Reading } }
    signing: { algorithm: ES256, kid: shared-kid }
    clients:
      svc: { secret: shared-secret-value, scopes: [read] }`
  app = await startTestApp(`tenants:\n  a:${tenant('A')}\n  b:${tenant('B')}\n`)
})
afterAll(() => app.close())

const credentials = { client_id: 'svc', client_secret: 'shared-secret-value' }
const issuerOf = (tenant: string) => `http://localhost:3000/api/v1/tenant/${tenant}`

/** The published keys of a tenant. */
async function keysOf(tenant: string): Promise<jose.JSONWebKeySet> {
  return (await app.send(`/api/v1/tenant/${tenant}/.well-known/jwks.json`)).json()
}

/** What an API of `tenant` does with a token, with other people's code. */
async function verifyFor(tenant: string, token: string, issuer = issuerOf(tenant)) {
  return jose.jwtVerify(token, jose.createLocalJWKSet(await keysOf(tenant)), {
    issuer,
    audience: 'shared-api',
    algorithms: ['ES256'],
    typ: 'JWT',
    requiredClaims: ['exp', 'iat', 'jti', 'client_id'],
    currentDate: new Date(testStart),
  })
}

describe('two tenants with the same client, secret, audience and kid', () => {
  test('have different keys under the one kid', async () => {
    const [[a], [b]] = [(await keysOf('a')).keys, (await keysOf('b')).keys]
    expect([a?.kid, b?.kid]).toEqual(['shared-kid', 'shared-kid'])
    expect(a?.x).not.toBe(b?.x)
  })

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('a token of %s passes there and is refused where one of %s is wanted', async (own, other) => {
    const token = await app.token(own, credentials)
    expect((await verifyFor(own, token)).payload.iss).toBe(issuerOf(own))
    await expect(verifyFor(other, token)).rejects.toThrow(jose.errors.JWSSignatureVerificationFailed)
    // Not even an API that forgets to ask for the issuer is deceived by the key, nor the other way round.
    await expect(verifyFor(other, token, issuerOf(own))).rejects.toThrow(
      jose.errors.JWSSignatureVerificationFailed,
    )
    await expect(verifyFor(own, token, issuerOf(other))).rejects.toThrow(jose.errors.JWTClaimValidationFailed)
  })

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('the protected resource names %s, not %s, for its token', async (own) => {
    const headers = { Authorization: `Bearer ${await app.token(own, credentials)}` }
    const answer = await app.send('/api/v1/protected-resource', { headers })
    expect(await answer.json()).toMatchObject({ tenant_id: own, client_id: 'svc' })
  })

  test('a token whose issuer is exchanged is refused, whichever key signed it', async () => {
    const token = await app.token('a', credentials)
    const claims = { ...jose.decodeJwt(token), iss: issuerOf('b') }
    const header = { alg: 'ES256', typ: 'JWT', kid: 'shared-kid' }
    const { privateKey } = (await app.deps.keyring.of('a')).active
    const resigned = await new jose.SignJWT(claims).setProtectedHeader(header).sign(privateKey)
    const [head, , signature] = token.split('.')
    const spliced = `${head}.${jose.base64url.encode(JSON.stringify(claims))}.${signature}`
    for (const forged of [resigned, spliced]) {
      const headers = { Authorization: `Bearer ${forged}` }
      const answer = await app.send('/api/v1/protected-resource', { headers })
      expect([answer.status, (await answer.json()).error_description]).toEqual([
        401,
        'The access token is invalid',
      ])
    }
  })
})

test('what a tenant has alone does not exist at another', async () => {
  const two = await startTestApp(`
tenants:
  a:
    name: A
    oauth2: { audience: [a-api], scopes: { a: x } }
    signing: { algorithm: ES256 }
    clients:
      only-a: { secret: only-a-secret, scopes: [a], resources: ['urn:a'] }
      both: { secret: both-in-a-secret, scopes: [a] }
  b:
    name: B
    oauth2: { audience: [b-api], scopes: { b: x } }
    signing: { algorithm: ES256 }
    clients:
      both: { secret: both-in-b-secret, scopes: [b] }
`)
  const errorOf = async (tenant: string, form: Record<string, string>) =>
    (await (await two.post(tenant, { grant_type: 'client_credentials', ...form })).json()).error
  const inA = { client_id: 'both', client_secret: 'both-in-a-secret' }
  const inB = { client_id: 'both', client_secret: 'both-in-b-secret' }
  expect(await errorOf('a', inA)).toBeUndefined()
  expect(await errorOf('b', inB)).toBeUndefined()
  expect(await errorOf('b', inA)).toBe('invalid_client')
  expect(await errorOf('a', inB)).toBe('invalid_client')
  expect(await errorOf('b', { client_id: 'only-a', client_secret: 'only-a-secret' })).toBe('invalid_client')
  expect(await errorOf('b', { ...inB, scope: 'a' })).toBe('invalid_scope')
  expect(await errorOf('b', { ...inB, resource: 'a-api' })).toBe('invalid_target')
  expect(await errorOf('b', { ...inB, resource: 'urn:a' })).toBe('invalid_target')
  await two.close()
})
