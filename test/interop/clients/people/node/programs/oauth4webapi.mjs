// A public client, with every check that the library has.
import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import {
  CLIENT_ID,
  ISSUER,
  POST_LOGOUT_REDIRECT_URI,
  REDIRECT_URI,
  redirect,
  serve,
  versionOf,
} from './app.mjs'

const issuer = new URL(ISSUER)
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer))
const client = { client_id: CLIENT_ID }
const auth = oauth.None()
let pending
let tokens

serve(versionOf('oauth4webapi'), {
  '/login': async () => {
    const verifier = oauth.generateRandomCodeVerifier()
    pending = { verifier, state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() }
    const url = new URL(as.authorization_endpoint)
    const parameters = {
      client_id: CLIENT_ID,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'openid email',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
      max_age: '3600',
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return redirect(url)
  },
  '/callback': async (url) => {
    const params = oauth.validateAuthResponse(as, client, url, pending.state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      auth,
      params,
      REDIRECT_URI,
      pending.verifier,
    )
    tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: pending.nonce,
      maxAge: 3600,
      requireIdToken: true,
    })
    pending.idToken = tokens.id_token
    await oauth.validateApplicationLevelSignature(as, response)
    return oauth.getValidatedIdTokenClaims(tokens)
  },
  '/refresh': async () => {
    const response = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token)
    const next = await oauth.processRefreshTokenResponse(as, client, response)
    assert.notEqual(next.refresh_token, tokens.refresh_token)
    tokens = next
    return { refreshed: true }
  },
  '/userinfo': async () => {
    const response = await oauth.userInfoRequest(as, client, tokens.access_token)
    return oauth.processUserInfoResponse(as, client, oauth.skipSubjectCheck, response)
  },
  '/logout': () => {
    const url = new URL(as.end_session_endpoint)
    url.searchParams.set('id_token_hint', pending.idToken)
    url.searchParams.set('post_logout_redirect_uri', POST_LOGOUT_REDIRECT_URI)
    return redirect(url)
  },
})
