import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { Site } from '../support/people/browser.ts'
import {
  asksForDecision,
  asksForPassword,
  authorize,
  decide,
  goOn,
  logIn,
  redeem,
  returned,
  sendCode,
  startAuthorization,
  tenantPath,
  tokensOf,
  userinfo,
} from '../support/people/flow.ts'
import { siteOfApp } from '../support/people/sites.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { ada, desktop, firstParty, grace, newBrowser, page, peopleYaml, phone, web } from './people-setup.ts'

/** What people do with tabs, buttons and tenants. */

const tenant = 'acme'
let app: TestApp
let site: Site

beforeEach(async () => {
  app = await startTestApp(peopleYaml)
  site = siteOfApp(app)
})
afterEach(() => app.close())

const start = (more: Record<string, string> = {}, client = web) =>
  startAuthorization(site.origin, tenant, client, more)

test('two tabs that were opened before the login each get their code', async () => {
  const browser = newBrowser(site)
  const [one, other] = [start(), start({ scope: 'openid' }, firstParty)]
  const [first, second] = [await browser.open(one.url), await browser.open(other.url)]
  const ofFirst = returned(one, await goOn(browser, first, ada))
  // The second tab still shows the login form; it is sent, as a person does who comes back to it.
  const ofSecond = returned(other, await goOn(browser, second, ada))
  expect(await redeem(site, tenant, web, ofFirst)).toMatchObject({ token_type: 'Bearer' })
  expect(await redeem(site, tenant, firstParty, ofSecond)).toMatchObject({ token_type: 'Bearer' })
})

test('a tab that is reloaded after the login in another one goes on without a password', async () => {
  const browser = newBrowser(site)
  const [one, other] = [start(), start({}, firstParty)]
  const [first, second] = [await browser.open(one.url), await browser.open(other.url)]
  await goOn(browser, first, ada)
  const reloaded = await browser.reload(second)
  expect(asksForPassword(reloaded)).toBe(false)
  expect(returned(other, reloaded).code).toMatch(/^[\w-]{43}$/)
})

test('who goes back to the login form and sends it again is signed in once more, and gets a code', async () => {
  const browser = newBrowser(site)
  const started = start()
  const form = await browser.open(started.url)
  const consent = await logIn(browser, form, ada)
  expect(asksForDecision(consent)).toBe(true)
  const again = await logIn(browser, form, ada)
  expect(returned(started, await goOn(browser, again)).code).toMatch(/^[\w-]{43}$/)
})

test('who goes back after the code was sent gets a page or a code, and never a failure of the server', async () => {
  const browser = newBrowser(site)
  const started = start()
  const form = await browser.open(started.url)
  const consent = await logIn(browser, form, ada)
  const first = returned(started, await decide(browser, consent))
  for (const again of [
    await browser.reload(consent),
    await decide(browser, consent),
    await browser.reload(form),
    await logIn(browser, form, ada),
  ])
    expect(again.leftTo?.searchParams.get('code') ?? again.status).not.toBe(500)
  await redeem(site, tenant, web, first)
})

test('a double click on Allow gives one code that works, and both answers lead somewhere', async () => {
  const browser = newBrowser(site)
  const started = start()
  const consent = await logIn(browser, await browser.open(started.url), ada)
  const both = await Promise.all([decide(browser, consent), decide(browser, consent)])
  const codes = both.flatMap((one) => one.leftTo?.searchParams.get('code') ?? [])
  expect(codes.length).toBeGreaterThan(0)
  expect(both.filter(({ status }) => status >= 500)).toEqual([])
  await redeem(site, tenant, web, { code: codes[0] ?? '', verifier: started.verifier })
})

test('a double click on Sign in signs in', async () => {
  const browser = newBrowser(site)
  const started = start()
  const form = await browser.open(started.url)
  const both = await Promise.all([logIn(browser, form, ada), logIn(browser, form, ada)])
  expect(both.map(({ status }) => status)).toEqual([200, 200])
  expect(both.every(asksForDecision)).toBe(true)
  returned(started, await decide(browser, both[1] ?? both[0]))
})

test('fifty redemptions of one code at once have one winner', async () => {
  const code = await authorize(newBrowser(site), { tenant, client: web, credentials: ada })
  const answers = await Promise.all(Array.from({ length: 50 }, () => sendCode(site, tenant, web, code)))
  const winners = answers.filter(({ status }) => status === 200)
  expect(winners).toHaveLength(1)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]))
})

test('two tenants are signed in at once in one browser, and what one has is nothing to the other', async () => {
  const browser = newBrowser(site)
  const atAcme = await authorize(browser, { tenant: 'acme', client: web, credentials: ada })
  const started = startAuthorization(site.origin, 'beta', web)
  const form = await browser.open(started.url)
  expect(asksForPassword(form)).toBe(true)
  const atBeta = returned(started, await goOn(browser, form, grace))
  const crossed = await sendCode(site, 'beta', web, atAcme)
  expect([crossed.status, (await crossed.json()).error]).toEqual([400, 'invalid_grant'])
  const [ofAcme, ofBeta] = [await redeem(site, 'acme', web, atAcme), await redeem(site, 'beta', web, atBeta)]
  expect((await userinfo(site, 'beta', ofAcme.access_token)).status).toBe(401)
  expect(await (await userinfo(site, 'beta', ofBeta.access_token)).json()).toMatchObject({
    email: grace.username,
  })
  // Both sessions are still there.
  for (const [id, client] of [
    ['acme', web],
    ['beta', web],
  ] as const)
    expect(
      (await authorize(browser, { tenant: id, client, parameters: { prompt: 'none' } })).page.way,
    ).toHaveLength(1)
  // A sign-out at one leaves the other.
  await goOn(browser, await browser.open(`${tenantPath('acme')}/oauth/logout`))
  expect(
    (await authorize(browser, { tenant: 'beta', client: web, parameters: { prompt: 'none' } })).code,
  ).toBeString()
  const gone = await browser.open(start({ prompt: 'none' }).url)
  expect(gone.leftTo?.searchParams.get('error')).toBe('login_required')
})

test('a session cookie of one tenant is no session of another, whatever name it has', async () => {
  const browser = newBrowser(site)
  await authorize(browser, { tenant: 'acme', client: web, credentials: ada })
  const ofAcme = browser.jar.all.map(({ name }) => name)
  await browser.open(startAuthorization(site.origin, 'beta', web).url)
  const ofBeta = browser.jar.all.filter(({ name }) => !ofAcme.includes(name))
  // The session has the shortest name: that of the browser has a letter more.
  const session = browser.jar.all.find(({ name }) => /grantd-[0-9a-f]{8}$/.test(name))
  const browserOfBeta = ofBeta.find(({ name }) => /grantd-b-/.test(name))
  if (!session || !browserOfBeta) throw new Error(`cookies are ${browser.jar.all.map(({ name }) => name)}`)
  browser.jar.plant({ ...session, name: browserOfBeta.name.replace('-b-', '-') })
  expect(asksForPassword(await browser.open(startAuthorization(site.origin, 'beta', web).url))).toBe(true)
})

test('native apps: any port of a loopback address, and a private scheme', async () => {
  const browser = newBrowser(site)
  const atPort = await authorize(browser, { tenant, client: desktop, credentials: ada })
  expect(atPort.callback.origin).toBe('http://127.0.0.1:49152')
  const tokens = await redeem(site, tenant, desktop, atPort)
  expect(tokens.refresh_token).toBeString()
  const other = { ...desktop, redirectUri: 'http://127.0.0.1:50000/callback' }
  const later = await authorize(browser, { tenant, client: other })
  expect((await sendCode(site, tenant, desktop, later)).status).toBe(400)
  await tokensOf(await sendCode(site, tenant, other, later))
  const atScheme = await authorize(browser, { tenant, client: phone })
  expect(atScheme.callback.href).toStartWith('com.example.app:/callback?')
  await redeem(site, tenant, phone, atScheme)
})

test('a public client has no secret, and its refresh token is good for no other client', async () => {
  const code = await authorize(newBrowser(site), { tenant, client: page, credentials: ada })
  const tokens = await redeem(site, tenant, page, code)
  const stolen = await site.send(new URL(`${tenantPath(tenant)}/oauth/token`, site.origin), {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      ...{
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token ?? '',
        client_id: desktop.clientId,
      },
    }).toString(),
  })
  expect([stolen.status, (await stolen.json()).error]).toEqual([400, 'invalid_grant'])
})
