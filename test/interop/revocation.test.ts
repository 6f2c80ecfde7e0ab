import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { discover, discoverBare, insecure, type JudgedServer, secretOf, startJudged } from './judges.ts'

let judged: JudgedServer

beforeAll(async () => {
  judged = await startJudged()
})
afterAll(() => judged.stop())

const callProtected = (token: string) =>
  fetch(`${judged.server.url}/api/v1/protected-resource`, { headers: { Authorization: `Bearer ${token}` } })

test('oauth4webapi finds where to revoke, revokes a token, and the token is refused from then on', async () => {
  const as = await discoverBare(judged.issuer())
  expect(as.revocation_endpoint).toBe(`${judged.issuer()}/oauth/revoke`)
  expect(as.introspection_endpoint).toBe(`${judged.issuer()}/oauth/introspect`)
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
  expect(as.revocation_endpoint_auth_methods_supported).toEqual(methods)
  expect(as.introspection_endpoint_auth_methods_supported).toEqual(methods)
  const client = { client_id: 'app' }
  const auth = oauth.ClientSecretPost(secretOf('app'))
  const granted = await oauth.clientCredentialsGrantRequest(as, client, auth, new URLSearchParams(), insecure)
  const { access_token } = await oauth.processClientCredentialsResponse(as, client, granted)
  expect((await callProtected(access_token)).status).toBe(200)
  const revoked = await oauth.revocationRequest(as, client, auth, access_token, insecure)
  expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
  const introspected = await oauth.introspectionRequest(as, client, auth, access_token, insecure)
  expect(await oauth.processIntrospectionResponse(as, client, introspected)).toEqual({ active: false })
  expect((await callProtected(access_token)).status).toBe(401)
})

test('an API that looks at the signature alone does not learn of a revocation: the JWT is as it was', async () => {
  const config = await discover(judged.issuer(), 'app')
  const { access_token } = await openid.clientCredentialsGrant(config)
  await openid.tokenRevocation(config, access_token)
  const jwks = jose.createRemoteJWKSet(new URL(`${judged.issuer()}/.well-known/jwks.json`))
  expect((await jose.jwtVerify(access_token, jwks)).payload['client_id']).toBe('app')
})

test('openid-client is at peace with an unknown token, and understands that another’s is refused', async () => {
  const app = await discover(judged.issuer(), 'app')
  const other = await discover(judged.issuer(), 'other')
  await openid.tokenRevocation(app, 'nonsense')
  const { access_token } = await openid.clientCredentialsGrant(app)
  const refused = await openid.tokenRevocation(other, access_token).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(openid.ResponseBodyError)
  expect(refused).toMatchObject({
    status: 400,
    error: 'unauthorized_client',
    error_description: 'The token was issued to another client',
  })
  expect((await callProtected(access_token)).status).toBe(200)
})

test('openid-client revokes nothing at another tenant', async () => {
  const atA = await discover(judged.issuer('a'), 'app')
  const atB = await discover(judged.issuer('b'), 'app')
  const { access_token } = await openid.clientCredentialsGrant(atA)
  await openid.tokenRevocation(atB, access_token)
  expect((await callProtected(access_token)).status).toBe(200)
})

test('oauth4webapi understands the challenge of a wrong secret in the header', async () => {
  const as = await discoverBare(judged.issuer())
  const client = { client_id: 'app' }
  const response = await oauth.revocationRequest(as, client, oauth.ClientSecretBasic('wrong'), 'x', insecure)
  const refused = await oauth.processRevocationResponse(response).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
  expect(refused).toMatchObject({ status: 401 })
})
