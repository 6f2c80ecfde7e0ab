import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as oauth from 'oauth4webapi'
import { testStart } from '../../support/test-app.ts'
import { authTime, type PeopleApp, peopleYaml, redirectUri, startPeopleApp, verifier } from './people-app.ts'

/** The answers as a library of other people checks them. */

let app: PeopleApp
beforeAll(async () => {
  app = await startPeopleApp(
    undefined,
    peopleYaml.replaceAll('access_token_ttl: 10m', 'access_token_ttl: 10m, access_token_typ: at+jwt'),
  )
})
afterAll(() => app.close())

const issuer = new URL('http://localhost:3000/api/v1/tenant/acme')
const client: oauth.Client = {
  client_id: 'web',
  [oauth.clockSkew]: Math.round((testStart - Date.now()) / 1000),
}
const auth = oauth.ClientSecretBasic('web-secret-value')
const options = () => ({
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: (url: string, { method, headers, body }: oauth.CustomFetchOptions<string, unknown>) =>
    app.send(new URL(url).pathname, {
      method,
      headers,
      body: body instanceof URLSearchParams ? body.toString() : null,
    }),
})

async function discover(): Promise<oauth.AuthorizationServer> {
  const found = await oauth.discoveryRequest(issuer, options())
  return oauth.processDiscoveryResponse(issuer, found)
}

test('a code, userinfo, a refresh, introspection and revocation', async () => {
  const server = await discover()
  const code = await app.issue({ sid: null })
  const callback = new URL(`${redirectUri}?${new URLSearchParams({ code, iss: issuer.href, state: 's' })}`)
  const params = oauth.validateAuthResponse(server, client, callback, 's')
  const answer = await oauth.authorizationCodeGrantRequest(
    ...([server, client, auth, params, redirectUri, verifier, options()] as const),
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: 'a-nonce',
    maxAge: 3600,
    requireIdToken: true,
  })
  await oauth.validateApplicationLevelSignature(server, answer, options())
  const claims = oauth.getValidatedIdTokenClaims(tokens)
  expect(claims).toMatchObject({ sub: 'sub-of-ada', auth_time: authTime, email: 'ada@example.com' })

  const info = await oauth.userInfoRequest(server, client, tokens.access_token, options())
  expect(await oauth.processUserInfoResponse(server, client, claims?.sub ?? '', info)).toMatchObject({
    name: 'Ada Lovelace',
  })

  const again = await oauth.refreshTokenGrantRequest(
    ...([server, client, auth, tokens.refresh_token ?? '', options()] as const),
  )
  const fresh = await oauth.processRefreshTokenResponse(server, client, again)
  expect(oauth.getValidatedIdTokenClaims(fresh)).toMatchObject({ sub: 'sub-of-ada', auth_time: authTime })

  const access = new Request('http://localhost:3000/', {
    headers: { Authorization: `Bearer ${fresh.access_token}` },
  })
  const checked = await oauth.validateJwtAccessToken(server, access, 'acme-api', {
    ...options(),
    [oauth.clockSkew]: client[oauth.clockSkew] ?? 0,
  })
  expect(checked).toMatchObject({ sub: 'sub-of-ada', client_id: 'web', auth_time: authTime })

  const refresh = fresh.refresh_token ?? ''
  const asked = await oauth.introspectionRequest(...([server, client, auth, refresh, options()] as const))
  expect(await oauth.processIntrospectionResponse(server, client, asked)).toMatchObject({ active: true })
  const revoked = await oauth.revocationRequest(...([server, client, auth, refresh, options()] as const))
  await oauth.processRevocationResponse(revoked)
  const dead = await oauth.introspectionRequest(
    ...([server, client, auth, fresh.access_token, options()] as const),
  )
  expect(await oauth.processIntrospectionResponse(server, client, dead)).toEqual({ active: false })
})
