import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as oauth from 'oauth4webapi'
import { ada, type DeviceApp, startDeviceApp } from '../../endpoints/people/device-kit.ts'
import { decide, logIn } from '../../support/people/flow.ts'

/** The device flow as oauth4webapi reads RFC 8628, from discovery to a refresh. */

let kit: DeviceApp
beforeAll(async () => {
  kit = await startDeviceApp()
})
afterAll(() => kit.app.close())

const client: oauth.Client = { client_id: 'tv' }
const issuer = new URL('http://localhost:3000/api/v1/tenant/acme')
const auth = oauth.None()

/** The test is in the time of the app, and this library in that of the machine. */
function optionsNow() {
  const skew = Math.round((kit.app.deps.now() - Date.now()) / 1000)
  Object.assign(client, { [oauth.clockSkew]: skew })
  return {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<string, unknown>) =>
      kit.app.send(new URL(url).pathname, {
        method: init.method,
        headers: init.headers,
        ...(init.body ? { body: String(init.body) } : {}),
      }),
  }
}

test('oauth4webapi discovers, waits and gets tokens whose ID token it accepts', async () => {
  const options = optionsNow()
  const found = await oauth.discoveryRequest(issuer, options)
  const server = await oauth.processDiscoveryResponse(issuer, found)
  expect(server.grant_types_supported).toContain('urn:ietf:params:oauth:grant-type:device_code')
  const parameters = new URLSearchParams({ scope: 'openid profile offline_access' })
  const asked = await oauth.deviceAuthorizationRequest(server, client, auth, parameters, options)
  const codes = await oauth.processDeviceAuthorizationResponse(server, client, asked)
  const poll = async () => {
    kit.app.advance(codes.interval ?? 5)
    const answer = await oauth.deviceCodeGrantRequest(server, client, auth, codes.device_code, optionsNow())
    return oauth.processDeviceCodeResponse(server, client, answer)
  }
  const waiting = await poll().catch((error: unknown) => error)
  expect(waiting).toBeInstanceOf(oauth.ResponseBodyError)
  expect(waiting).toMatchObject({ error: 'authorization_pending', status: 400 })
  const browser = kit.browser()
  const form = await browser.open(codes.verification_uri_complete ?? '')
  await decide(browser, await logIn(browser, await browser.submit(form, {}), ada))
  const tokens = await poll()
  expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ name: 'Ada Lovelace', aud: 'tv' })
  const refreshToken = tokens.refresh_token ?? ''
  const answer = await oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, optionsNow())
  const refreshed = await oauth.processRefreshTokenResponse(server, client, answer)
  expect(refreshed.refresh_token).not.toBe(refreshToken)
})
