import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { discover, discoverBare, insecure, type JudgedServer, secretOf, startJudged } from './judges.ts'

let judged: JudgedServer

beforeAll(async () => {
  judged = await startJudged()
})
afterAll(() => judged.stop())

const inactive = { active: false }

describe('openid-client', () => {
  test.each([
    ['client_secret_post', openid.ClientSecretPost(secretOf('app'))],
    ['client_secret_basic', openid.ClientSecretBasic(secretOf('app'))],
  ])(
    'goes with %s from discovery to a token, its introspection, its revocation and the end of it',
    async (_, auth) => {
      const config = await discover(judged.issuer(), 'app', auth)
      const { access_token } = await openid.clientCredentialsGrant(config, { scope: 'read' })
      expect(await openid.tokenIntrospection(config, access_token)).toEqual({
        active: true,
        scope: 'read',
        client_id: 'app',
        token_type: 'Bearer',
        exp: expect.any(Number),
        iat: expect.any(Number),
        sub: 'app',
        aud: ['api'],
        iss: judged.issuer(),
        jti: expect.any(String),
      })
      await openid.tokenRevocation(config, access_token)
      expect(await openid.tokenIntrospection(config, access_token)).toEqual(inactive)
      await openid.tokenRevocation(config, access_token, { token_type_hint: 'access_token' })
    },
  )

  test('introspects as an API the token of a client, and is told nothing as another client', async () => {
    const app = await discover(judged.issuer(), 'app')
    const { access_token } = await openid.clientCredentialsGrant(app, { scope: 'read write' })
    const asApi = await discover(judged.issuer(), 'api')
    const hint = { token_type_hint: 'access_token' }
    expect(await openid.tokenIntrospection(asApi, access_token, hint)).toMatchObject({
      active: true,
      scope: 'read write',
    })
    const asOther = await discover(judged.issuer(), 'other')
    expect(await openid.tokenIntrospection(asOther, access_token)).toEqual(inactive)
  })

  test('is told nothing of the token of another tenant', async () => {
    const { access_token } = await openid.clientCredentialsGrant(await discover(judged.issuer('b'), 'app'))
    const atA = await discover(judged.issuer('a'), 'api')
    const atB = await discover(judged.issuer('b'), 'api')
    expect(await openid.tokenIntrospection(atA, access_token)).toEqual(inactive)
    expect(await openid.tokenIntrospection(atB, access_token)).toMatchObject({ active: true })
  })

  test('understands that a wrong secret is refused', async () => {
    const config = await discover(judged.issuer(), 'app', openid.ClientSecretPost('wrong'))
    const refused = await openid.tokenIntrospection(config, 'x').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(openid.ResponseBodyError)
    expect(refused).toMatchObject({
      status: 401,
      error: 'invalid_client',
      error_description: 'Client authentication failed',
    })
  })
})

test('oauth4webapi introspects a token that it got, and takes the answer', async () => {
  const as = await discoverBare(judged.issuer())
  const client = { client_id: 'app' }
  const auth = oauth.ClientSecretBasic(secretOf('app'))
  const granted = await oauth.clientCredentialsGrantRequest(
    as,
    client,
    auth,
    new URLSearchParams({ scope: 'read' }),
    insecure,
  )
  const { access_token } = await oauth.processClientCredentialsResponse(as, client, granted)
  const introspect = async (token: string) =>
    oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, auth, token, insecure),
    )
  expect(await introspect(access_token)).toMatchObject({ active: true, client_id: 'app', scope: 'read' })
  expect(await introspect('nonsense')).toEqual(inactive)
})

describe('an API key', () => {
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

  async function makeKey(body: object, tenant = 'a') {
    const config = await discover(judged.issuer(tenant), 'app')
    const { access_token } = await openid.clientCredentialsGrant(config, { scope: 'read api-keys:manage' })
    const response = await fetch(`${judged.issuer(tenant)}/api-keys/create`, {
      method: 'POST',
      headers: { ...bearer(access_token), 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(201)
    const made = await response.json()
    judged.server.canary.watch(made.api_key)
    return { ...made, manager: access_token, config }
  }
  const jwks = (tenant: string) =>
    jose.createRemoteJWKSet(new URL(`${judged.issuer(tenant)}/.well-known/jwks.json`))

  test.each([
    ['with an end', 7],
    ['without an end', 0],
  ])(
    '%s is verified by jose from the remote JWKS of its tenant, and not by that of another',
    async (_, expires_in_days) => {
      const { id, api_key } = await makeKey({ name: 'k', scopes: ['read'], expires_in_days })
      const options = { issuer: judged.issuer(), audience: 'api', typ: 'at+jwt', algorithms: ['RS256'] }
      const { payload, protectedHeader } = await jose.jwtVerify(api_key, jwks('a'), options)
      expect(payload).toMatchObject({
        sub: id,
        tenant_id: 'a',
        api_key: true,
        scope: 'read',
        client_id: 'app',
      })
      expect('exp' in payload).toBe(expires_in_days > 0)
      expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: 'same' })
      await expect(jose.jwtVerify(api_key, jwks('b'))).rejects.toThrow('signature verification failed')
    },
  )

  test('passes the RFC 9068 check of oauth4webapi like an access token', async () => {
    const { api_key } = await makeKey({ name: 'k', scopes: ['read'], expires_in_days: 1 })
    const request = new Request('https://api.example.com', { headers: bearer(api_key) })
    const as = await discoverBare(judged.issuer())
    expect(await oauth.validateJwtAccessToken(as, request, 'api', insecure)).toMatchObject({
      scope: 'read',
      client_id: 'app',
    })
  })

  test('is introspected and revoked by openid-client', async () => {
    const { api_key, config } = await makeKey({ name: 'k' })
    expect(await openid.tokenIntrospection(config, api_key)).toMatchObject({ active: true, api_key: true })
    await openid.tokenRevocation(config, api_key)
    expect(await openid.tokenIntrospection(config, api_key)).toEqual(inactive)
    const response = await fetch(`${judged.server.url}/api/v1/protected-resource`, {
      headers: bearer(api_key),
    })
    expect([response.status, (await response.json()).error_description]).toEqual([
      401,
      'API key has been revoked',
    ])
  })

  test('is rotated by a request without a body, and by one with', async () => {
    const { id, api_key, manager } = await makeKey({ name: 'k' })
    const rotate = async (init: RequestInit) => {
      const response = await fetch(`${judged.issuer()}/api-keys/${id}/rotate`, { method: 'POST', ...init })
      const body = await response.json()
      judged.server.canary.watch(body.api_key)
      return { status: response.status, body }
    }
    const useOf = async (token: string) =>
      (await fetch(`${judged.server.url}/api/v1/protected-resource`, { headers: bearer(token) })).status
    const second = await rotate({ headers: bearer(manager) })
    expect([second.status, await useOf(api_key), await useOf(second.body.api_key)]).toEqual([200, 200, 200])
    const refused = await rotate({
      headers: bearer(manager),
      body: new Blob(['{"overlap_seconds":0}']),
    })
    expect([refused.status, refused.body.error_description]).toEqual([
      400,
      'The body must be application/json',
    ])
    const third = await rotate({
      headers: { ...bearer(manager), 'Content-Type': 'application/json' },
      body: '{"overlap_seconds":0}',
    })
    expect([third.status, await useOf(api_key), await useOf(second.body.api_key)]).toEqual([200, 401, 401])
    expect(await useOf(third.body.api_key)).toBe(200)
  })
})
