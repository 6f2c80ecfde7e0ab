import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import * as openid from 'openid-client'
import {
  audience,
  claim,
  clientId,
  clientSecret,
  issuerOf,
  keyedId,
  keyPath,
  secureIssuerOf,
  tryToken,
} from '../interop.mjs'

async function getByDiscovery(issuer, options) {
  const auth = openid.ClientSecretBasic(clientSecret)
  const config = await openid.discovery(new URL(issuer), clientId, undefined, auth, options)
  const tokens = await openid.clientCredentialsGrant(config, { scope: 'read', resource: audience })
  await tryToken(issuer, tokens.access_token)
  assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, true)
  await openid.tokenRevocation(config, tokens.access_token)
  assert.equal((await openid.tokenIntrospection(config, tokens.access_token)).active, false)
}

async function getByKey(issuer) {
  const clientId = keyedId
  // snippet openid-client-private-key-jwt
  const { kid, alg, ...jwk } = JSON.parse(await readFile(keyPath, 'utf8')) // of grantd client keygen
  const usage = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } // { name: 'ECDSA', namedCurve: 'P-256' } for ES256
  const key = await crypto.subtle.importKey('jwk', jwk, usage, false, ['sign'])
  const auth = openid.PrivateKeyJwt({ key, kid })
  const config = await openid.discovery(new URL(issuer), clientId, undefined, auth)
  const tokens = await openid.clientCredentialsGrant(config, { scope: 'read' })
  // end
  await tryToken(issuer, tokens.access_token, 'read', clientId)
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
await claim(['openid-client'], 'gets a token with private_key_jwt over https', () =>
  getByKey(secureIssuerOf('rs256')),
)
