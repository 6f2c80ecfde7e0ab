import assert from 'node:assert/strict'
import * as openid from 'openid-client'
import { audience, claim, clientId, clientSecret, issuerOf, secureIssuerOf, tryToken } from '../interop.mjs'

async function getByDiscovery(issuer, options) {
  const auth = openid.ClientSecretBasic(clientSecret)
  const config = await openid.discovery(new URL(issuer), clientId, undefined, auth, options)
  const tokens = await openid.clientCredentialsGrant(config, { scope: 'read', resource: audience })
  await tryToken(issuer, tokens.access_token)
  assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, true)
  await openid.tokenRevocation(config, tokens.access_token)
  assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, false)
}

const does = 'discovers, gets, introspects and revokes a token'
await claim(['openid-client'], `${does} over https`, () => getByDiscovery(secureIssuerOf('rs256')))
await claim(['openid-client'], `${does} over http`, () => getByDiscovery(issuerOf('rs256')), [
  '`execute: [allowInsecureRequests]`',
  () => getByDiscovery(issuerOf('rs256'), { execute: [openid.allowInsecureRequests] }),
])
await claim(['openid-client'], 'discovers by RFC 8414', () =>
  getByDiscovery(secureIssuerOf('rs256'), { algorithm: 'oauth2' }),
)
