import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import { audience, claim, clientId, clientSecret, getToken, secureIssuerOf, tryToken } from '../interop.mjs'

async function discover(issuer, algorithm) {
  const url = new URL(issuer)
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm }))
}

async function getByDiscovery(algorithm) {
  const issuer = secureIssuerOf('rs256')
  const as = await discover(issuer, algorithm)
  const client = { client_id: clientId }
  const auth = oauth.ClientSecretPost(clientSecret)
  const asked = await oauth.clientCredentialsGrantRequest(
    as,
    client,
    auth,
    new URLSearchParams({ scope: 'read' }),
  )
  const { access_token } = await oauth.processClientCredentialsResponse(as, client, asked)
  await tryToken(issuer, access_token)
}

async function validate(tenant) {
  const issuer = secureIssuerOf(tenant)
  const as = await discover(issuer, 'oidc')
  // snippet oauth4webapi
  const validate = (request) => oauth.validateJwtAccessToken(as, request, audience)
  // end
  const request = (token) =>
    new Request('https://api.example/', { headers: { Authorization: `Bearer ${token}` } })
  const token = await getToken(issuer)
  assert.equal((await validate(request(token))).client_id, clientId)
  await assert.rejects(validate(request(`${token.slice(0, -8)}AAAAAAAA`)))
}

await claim(['oauth4webapi'], 'discovers and gets a token', () => getByDiscovery('oidc'))
await claim(['oauth4webapi'], 'discovers by RFC 8414 and gets a token', () => getByDiscovery('oauth2'))
await claim(['oauth4webapi'], 'verifies by validateJwtAccessToken', () => validate('rs256'), [
  '`access_token_typ: at+jwt` of the tenant',
  () => validate('atjwt'),
])
