import { afterEach, beforeEach, expect, test } from 'bun:test'
import { Browser } from '../support/people/browser.ts'
import { challengeOf, decide, goOn, logIn } from '../support/people/flow.ts'
import { siteOfApp } from '../support/people/sites.ts'
import { type AdminApp, opsYaml, startAdminApp } from './admin-app.ts'

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const ada = { username: 'ada@example.com', password: 'correct horse battery' }
const config = `${opsYaml}  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: {}
    oidc: {}
    users:
      ada: { email: ${ada.username}, password: ${ada.password} }
`

let app: AdminApp
beforeEach(async () => {
  app = await startAdminApp({}, config)
})
afterEach(() => app.close())

const make = async () => {
  const body = {
    ...{ client_id: 'it', token_endpoint_auth_method: 'none' },
    grant_types: ['authorization_code', deviceGrant],
    redirect_uris: ['https://it.example/cb'],
  }
  expect((await app.call('POST', '/tenants/acme/clients', { body })).status).toBe(201)
}
const makeAgain = async () => {
  expect((await app.call('DELETE', '/tenants/acme/clients/it')).status).toBe(204)
  app.advance(1)
  await make()
}
const send = async (path: string, form: Record<string, string>) => {
  const response = await app.send(`/api/v1/tenant/acme/oauth/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: 'it', ...form }).toString(),
  })
  return response.json()
}
const browser = () => new Browser(siteOfApp(app), { now: app.deps.now })

const push = async (): Promise<string> => {
  const { request_uri } = await send('par', {
    ...{ response_type: 'code', redirect_uri: 'https://it.example/cb', scope: 'openid' },
    ...{ code_challenge: challengeOf('v'.repeat(43)), code_challenge_method: 'S256' },
  })
  return request_uri
}
const open = (uri: string) =>
  browser().open(
    `/api/v1/tenant/acme/oauth/authorize?${new URLSearchParams({ client_id: 'it', request_uri: uri })}`,
  )

test('a request that an earlier client of the id pushed is none of the new one', async () => {
  await make()
  const pushed = await push()
  await makeAgain()
  expect((await open(pushed)).status).toBe(400)
  expect((await open(await push())).url.pathname).toBe('/api/v1/tenant/acme/login')
})

/** A person allows the device; what the device gets then. */
const allow = async ({ device_code, verification_uri_complete }: Record<string, string>) => {
  const ours = browser()
  const login = await ours.submit(await ours.open(verification_uri_complete ?? ''), {})
  const done = await decide(ours, await logIn(ours, await goOn(ours, login), ada))
  expect(done.url.searchParams.get('result')).toBe('allowed')
  return send('token', { grant_type: deviceGrant, device_code: device_code ?? '' })
}

test('and neither is the code of a device', async () => {
  await make()
  const old = await send('device_authorization', { scope: 'openid' })
  await makeAgain()
  app.advance(1)
  expect(await allow(old)).toMatchObject({ error: 'invalid_grant' })
  expect(await allow(await send('device_authorization', { scope: 'openid' }))).toHaveProperty('id_token')
})
