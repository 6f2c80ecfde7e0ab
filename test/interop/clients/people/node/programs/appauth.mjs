// A native app on a desktop: a public client whose redirect URI is a loopback address with the port of the moment (RFC 8252).
import {
  CLIENT_ID,
  ISSUER,
  POST_LOGOUT_REDIRECT_URI,
  REDIRECT_URI,
  redirect,
  serve,
  versionOf,
} from './app.mjs'

// It looks for the crypto of a window as soon as it is loaded.
globalThis.window ??= globalThis
const {
  AuthorizationRequest,
  AuthorizationServiceConfiguration,
  BaseTokenRequestHandler,
  BasicQueryStringUtils,
  DefaultCrypto,
  GRANT_TYPE_AUTHORIZATION_CODE,
  GRANT_TYPE_REFRESH_TOKEN,
  RevokeTokenRequest,
  TokenRequest,
} = await import('@openid/appauth')
const { NodeRequestor } = await import('@openid/appauth/built/src/node_support/node_requestor.js')

const requestor = new NodeRequestor()
const config = await AuthorizationServiceConfiguration.fetchFromIssuer(ISSUER, requestor)
const tokenHandler = new BaseTokenRequestHandler(requestor)
let pending
let tokens

serve(versionOf('@openid/appauth'), {
  '/login': async () => {
    pending = new AuthorizationRequest(
      {
        client_id: CLIENT_ID,
        redirect_uri: REDIRECT_URI,
        scope: 'openid email offline_access',
        response_type: AuthorizationRequest.RESPONSE_TYPE_CODE,
        extras: { prompt: 'consent' },
      },
      new DefaultCrypto(),
    )
    await pending.setupCodeVerifier()
    const query = {
      redirect_uri: pending.redirectUri,
      client_id: pending.clientId,
      response_type: pending.responseType,
      state: pending.state,
      scope: pending.scope,
      ...pending.extras,
    }
    return redirect(`${config.authorizationEndpoint}?${new BasicQueryStringUtils().stringify(query)}`)
  },
  '/callback': async (url) => {
    if (url.searchParams.get('state') !== pending.state) throw new Error('another state')
    tokens = await tokenHandler.performTokenRequest(
      config,
      new TokenRequest({
        client_id: CLIENT_ID,
        redirect_uri: REDIRECT_URI,
        grant_type: GRANT_TYPE_AUTHORIZATION_CODE,
        code: url.searchParams.get('code'),
        extras: { code_verifier: pending.internal.code_verifier },
      }),
    )
    return JSON.parse(Buffer.from(tokens.idToken.split('.')[1], 'base64url').toString())
  },
  '/refresh': async () => {
    const request = new TokenRequest({
      client_id: CLIENT_ID,
      redirect_uri: REDIRECT_URI,
      grant_type: GRANT_TYPE_REFRESH_TOKEN,
      refresh_token: tokens.refreshToken,
    })
    const next = await tokenHandler.performTokenRequest(config, request)
    if (next.accessToken === tokens.accessToken || !next.refreshToken) throw new Error('nothing new')
    tokens = next
    return { refreshed: true }
  },
  '/userinfo': async () =>
    (
      await fetch(config.userInfoEndpoint, { headers: { Authorization: `Bearer ${tokens.accessToken}` } })
    ).json(),
  '/logout': async () => {
    await tokenHandler.performRevokeTokenRequest(
      config,
      new RevokeTokenRequest({ client_id: CLIENT_ID, token: tokens.refreshToken }),
    )
    // This version of the library reads the endpoint from the metadata and has no request for it, as those for phones have.
    const query = { id_token_hint: tokens.idToken, post_logout_redirect_uri: POST_LOGOUT_REDIRECT_URI }
    return redirect(`${config.endSessionEndpoint}?${new BasicQueryStringUtils().stringify(query)}`)
  },
})
