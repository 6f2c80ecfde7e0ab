import assert from 'node:assert/strict'
import * as openid from 'openid-client'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  ISSUER,
  POST_LOGOUT_REDIRECT_URI,
  REDIRECT_URI,
  redirect,
  serve,
  versionOf,
} from './app.mjs'

const config = await openid.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  CLIENT_SECRET,
  openid.ClientSecretBasic(CLIENT_SECRET),
)
let pending
let tokens

serve(versionOf('openid-client'), {
  '/login': async () => {
    const verifier = openid.randomPKCECodeVerifier()
    pending = { verifier, state: openid.randomState(), nonce: openid.randomNonce() }
    return redirect(
      openid.buildAuthorizationUrl(config, {
        redirect_uri: REDIRECT_URI,
        scope: 'openid email offline_access',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: pending.state,
        nonce: pending.nonce,
        prompt: 'consent',
      }),
    )
  },
  '/callback': async (url) => {
    tokens = await openid.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: pending.verifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    })
    return tokens.claims()
  },
  '/refresh': async () => {
    const before = tokens
    const after = await openid.refreshTokenGrant(config, before.refresh_token)
    assert.notEqual(after.access_token, before.access_token)
    assert.notEqual(after.refresh_token, before.refresh_token)
    assert.equal(after.claims().sub, before.claims().sub)
    tokens = { ...after, claims: () => after.claims(), id_token: after.id_token ?? before.id_token }
    return { refreshed: true }
  },
  '/userinfo': () => openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub),
  '/logout': () =>
    redirect(
      openid.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token,
        post_logout_redirect_uri: POST_LOGOUT_REDIRECT_URI,
      }),
    ),
})
