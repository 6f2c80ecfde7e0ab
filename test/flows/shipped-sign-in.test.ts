import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createDemo } from '../../src/server/demo.ts'
import { Browser, type Site } from '../support/people/browser.ts'
import {
  authorize,
  type Credentials,
  goOn,
  type Relying,
  redeem,
  refresh,
  startAuthorization,
  userinfo,
} from '../support/people/flow.ts'
import { siteOfApp } from '../support/people/sites.ts'
import { platform, startTestApp, type TestApp } from '../support/test-app.ts'

/** What the shipped config.yaml and the demo say of people, tried out as a person does. */

let app: TestApp
let site: Site
beforeAll(async () => {
  app = await startTestApp(await Bun.file(join(import.meta.dir, '../../config.yaml')).text())
  site = siteOfApp(app)
})
afterAll(() => app.close())

const ada: Credentials = { username: 'ada', password: 'example-password' }
const webApp: Relying = {
  clientId: 'web-app',
  secret: 'example-secret',
  redirectUri: 'http://localhost:8080/callback',
}
const tryPage = 'http://localhost:3000/api/v1/tenant/example/try'
const browserApp: Relying = { clientId: 'browser-app', redirectUri: tryPage }

test.each([
  ['the name in the file', ada],
  ['the e-mail address, in any case', { ...ada, username: 'ADA@example.com' }],
])('ada signs in at the web app by %s, which gets and renews her tokens', async (_how, credentials) => {
  const asked = {
    tenant: 'example',
    client: webApp,
    credentials,
    parameters: { scope: 'openid email notes:read' },
  }
  const code = await authorize(new Browser(site), asked)
  const tokens = await redeem(site, 'example', webApp, code)
  expect(tokens).toMatchObject({ scope: 'openid email notes:read', id_token: expect.any(String) })
  const person = await (await userinfo(site, 'example', tokens.access_token)).json()
  expect(person).toMatchObject({ email: 'ada@example.com', email_verified: true })
  const again = await refresh(site, 'example', webApp, tokens.refresh_token ?? '')
  expect(again.access_token).not.toBe(tokens.access_token)
})

test.each([
  tryPage,
  'http://localhost:3000/swagger/oauth2-redirect',
  'http://localhost:5173/callback',
  'http://localhost:4321/callback',
])('she signs in at the public app that is at %s', async (redirectUri) => {
  const client = { ...browserApp, redirectUri }
  const browser = new Browser(site)
  const { url, verifier } = startAuthorization(site.origin, 'example', client)
  const page = await goOn(browser, await browser.open(url), ada)
  // The example app and Swagger are pages of this server, so the browser stays.
  const code = (page.leftTo ?? page.url).searchParams.get('code') ?? ''
  const { access_token } = await redeem(site, 'example', client, { code, verifier })
  expect(await (await userinfo(site, 'example', access_token)).json()).toMatchObject({
    name: 'Ada Lovelace',
    locale: 'en-GB',
    zoneinfo: 'Europe/London',
  })
})

test('the client of the first story may ask for a code without PKCE, and nobody is a person of its tenant', async () => {
  const browser = new Browser(site)
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'your-client-id',
    redirect_uri: 'http://localhost:8080/callback',
    scope: 'openid',
  })
  const page = await browser.open(`/api/v1/tenant/test-tenant/oauth/authorize?${query}`)
  expect([page.status, page.url.pathname]).toEqual([200, '/api/v1/tenant/test-tenant/login'])
  expect((await browser.submit(page, { ...ada })).status).toBe(401)
})

test('the person of the demo has the printed password, and its configuration no more than a hash of it', async () => {
  const { loaded, password } = await createDemo(platform)
  expect(JSON.stringify(loaded.config)).not.toContain(password)
  expect(loaded.config.tenants['test-tenant']?.users['demo']?.password_hash).toBe(
    `sha256:${platform.hashing.sha256(password).toHex()}`,
  )
})
