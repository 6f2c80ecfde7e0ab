import { OAuth2Client } from '@badgateway/oauth2-client'
import axios from 'axios'
import { clientCredentials } from 'axios-oauth-client'
import ClientOAuth2 from 'client-oauth2'
import { ClientCredentials } from 'simple-oauth2'
import { claim, clientId, clientSecret, issuerOf, tryToken } from '../interop.mjs'

const issuer = issuerOf('rs256')
const tokenEndpoint = `${issuer}/oauth/token`

async function getBySimple(options) {
  const { origin, pathname } = new URL(tokenEndpoint)
  const client = new ClientCredentials({
    client: { id: clientId, secret: clientSecret },
    auth: { tokenHost: origin, tokenPath: pathname },
    options,
  })
  await tryToken(issuer, (await client.getToken({ scope: 'read' })).token.access_token)
}
await claim(['simple-oauth2'], 'gets a token, secret in the header', () => getBySimple({}))
await claim(['simple-oauth2'], 'gets a token, secret in the form', () =>
  getBySimple({ authorizationMethod: 'body' }),
)

await claim(['axios-oauth-client'], 'gets a token', async () => {
  const get = clientCredentials(axios.create(), tokenEndpoint, clientId, clientSecret)
  await tryToken(issuer, (await get('read')).access_token)
})

await claim(['client-oauth2'], 'gets a token', async () => {
  const client = new ClientOAuth2({ clientId, clientSecret, accessTokenUri: tokenEndpoint, scopes: ['read'] })
  await tryToken(issuer, (await client.credentials.getToken()).accessToken)
})

async function getByBadgateway(settings) {
  const client = new OAuth2Client({ clientId, clientSecret, ...settings })
  await tryToken(issuer, (await client.clientCredentials({ scope: ['read'] })).accessToken)
}
await claim(
  ['@badgateway/oauth2-client'],
  'discovers and gets a token',
  () => getByBadgateway({ server: `${issuer}/` }),
  [
    '`discoveryEndpoint` is the URL of the metadata',
    () =>
      getByBadgateway({ server: issuer, discoveryEndpoint: `${issuer}/.well-known/openid-configuration` }),
  ],
)
