import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createPerson } from '../../../src/management/people/create-person.ts'
import { signOutPerson } from '../../../src/management/people/sign-out-person.ts'
import type { Browser, Page, Site } from '../../support/people/browser.ts'
import {
  authorize,
  type Credentials,
  decide,
  type PeopleTokens,
  postAs,
  redeem,
  sendRefresh,
  tenantPath,
  userinfo,
} from '../../support/people/flow.ts'
import { siteOfApp } from '../../support/people/sites.ts'
import { startTestApp, type TestApp } from '../../support/test-app.ts'
import { firstParty, grace, newBrowser, peopleYaml, signedOutAt, web } from '../people-setup.ts'

/** The table of docs/sessions.md, with tokens that clients got by the whole flow. */

const tenant = 'acme'
const account = `${tenantPath(tenant)}/account`
const lin: Credentials = { username: 'lin@example.com', password: 'the password of lin' }
const newPassword = 'a new password of lin'

let app: TestApp
let site: Site
/** Two browsers of one person. */
let here: Browser
let there: Browser
let sub: string
let tokens: Record<'online' | 'offline' | 'own' | 'there', PeopleTokens>

beforeEach(async () => {
  app = await startTestApp(peopleYaml)
  site = siteOfApp(app)
  const found = await app.deps.tenants.find(tenant)
  if (!found) throw new Error('There is no tenant')
  const passwordHash = await Bun.password.hash(lin.password, {
    ...{ algorithm: 'argon2id', memoryCost: 1024, timeCost: 1 },
  })
  const person = { patch: { email: lin.username }, passwordHash }
  sub = (await createPerson({ person, actor: { name: 'shell' } }, found, app.deps)).row.id
  here = newBrowser(site, app.deps.now)
  there = newBrowser(site, app.deps.now)
  tokens = {
    online: await get(here, web, 'openid'),
    offline: await get(here, web, 'openid offline_access'),
    own: await get(here, firstParty, 'openid'),
    there: await get(there, web, 'openid'),
  }
  // What ends something must end what was made in the same millisecond too, and not what comes later.
  app.advance(1)
})
afterEach(() => app.close())

async function get(browser: Browser, client: typeof web, scope: string, credentials = lin) {
  const prompt = scope.includes('offline') ? { prompt: 'consent' } : {}
  const parameters = { scope, ...prompt }
  return redeem(site, tenant, client, await authorize(browser, { tenant, client, credentials, parameters }))
}

/** Which of the tokens are good still: the access token at userinfo and at introspection, and then the refresh token. */
async function goodOnes(): Promise<string[]> {
  const good: string[] = []
  for (const [name, { access_token, refresh_token }] of Object.entries(tokens)) {
    const client = name === 'own' ? firstParty : web
    const info = (await userinfo(site, tenant, access_token)).status
    const asked = await postAs(site, `${tenantPath(tenant)}/oauth/introspect`, web, { token: access_token })
    const { active } = await asked.json()
    const refreshed = await sendRefresh(site, tenant, client, refresh_token ?? '')
    const { error } = await refreshed.json()
    // All say the same, or one of them has forgotten something.
    expect([name, info === 200, active, error]).toEqual([
      name,
      active,
      active,
      active ? undefined : 'invalid_grant',
    ])
    if (active) good.push(name)
  }
  return good.sort()
}

const everything = ['offline', 'online', 'own', 'there']
const csrfOf = ({ forms }: Page) => forms[0]?.fields.find(({ name }) => name === 'csrf')?.value ?? ''
async function press(browser: Browser, values: Record<string, string>): Promise<Page> {
  const csrf = csrfOf(await browser.open(account))
  return browser.postFrom(browser.origin, account, { csrf, ...values })
}

test('before anything ends, all are good', async () => {
  expect(await goodOnes()).toEqual(everything)
})

describe('sign-out ends what is bound to the session, of every client, and nothing else', () => {
  const left = ['offline', 'there']

  test('with the ID token', async () => {
    const query = { id_token_hint: tokens.online.id_token ?? '', post_logout_redirect_uri: signedOutAt }
    const page = await here.open(`${tenantPath(tenant)}/oauth/logout?${new URLSearchParams(query)}`)
    expect(String(page.leftTo)).toBe(signedOutAt)
    expect(await goodOnes()).toEqual(left)
  })

  test('with the ID token, which expired', async () => {
    app.advance(3600)
    const query = { id_token_hint: tokens.online.id_token ?? '' }
    await here.open(`${tenantPath(tenant)}/oauth/logout?${new URLSearchParams(query)}`)
    expect((await here.open(account)).url.pathname).toEndWith('/login')
  })

  test('after the question', async () => {
    await decide(here, await here.open(`${tenantPath(tenant)}/oauth/logout`))
    expect(await goodOnes()).toEqual(left)
  })

  test('on the account page of another browser', async () => {
    const sid = String(JSON.parse(atob(tokens.online.id_token?.split('.')[1] ?? '')).sid)
    await press(there, { action: 'sign-out', session: sid })
    expect(await goodOnes()).toEqual(left)
  })

  test('and so does another person who signs in there', async () => {
    const form = await here.open(`${tenantPath(tenant)}/login?switch=1`)
    await here.submit(form, { username: grace.username, password: grace.password })
    expect(await goodOnes()).toEqual(left)
  })
})

test('a question that is answered with no ends nothing', async () => {
  await decide(here, await here.open(`${tenantPath(tenant)}/oauth/logout`), 'deny')
  expect(await goodOnes()).toEqual(everything)
})

test('a new login of the same person ends nothing, and the session has its sid', async () => {
  const sidOf = (token = '') =>
    JSON.parse(atob(token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '')).sid
  const parameters = { scope: 'openid', prompt: 'login' }
  const code = await authorize(here, { tenant, client: web, credentials: lin, parameters })
  const again = await redeem(site, tenant, web, code)
  expect(sidOf(again.id_token)).toBe(sidOf(tokens.online.id_token))
  expect(await goodOnes()).toEqual(everything)
})

test('the end of the session by time ends what is bound to it', async () => {
  // The access tokens live for an hour, and the session ends two hours after its last use.
  app.advance(7200)
  for (const name of ['online', 'own', 'there'] as const) {
    const client = name === 'own' ? firstParty : web
    const { status } = await sendRefresh(site, tenant, client, tokens[name].refresh_token ?? '')
    expect([name, status]).toEqual([name, 400])
  }
  expect((await sendRefresh(site, tenant, web, tokens.offline.refresh_token ?? '')).status).toBe(200)
})

test('an app that refreshes keeps the session', async () => {
  let token = tokens.online.refresh_token ?? ''
  for (let hours = 0; hours < 5; hours++) {
    app.advance(3600)
    const response = await sendRefresh(site, tenant, web, token)
    expect([hours, response.status]).toEqual([hours, 200])
    token = (await response.json()).refresh_token
  }
  expect((await here.open(account)).url.pathname).toBe(account)
  expect((await there.open(account)).url.pathname).toEndWith('/login')
})

describe('everything ends', () => {
  test('by sign-out everywhere', async () => {
    await press(there, { action: 'sign-out-all' })
    expect(await goodOnes()).toEqual([])
  })

  test('by a new password, and the browser that set it stays', async () => {
    const values = { current_password: lin.password, password: newPassword }
    await press(there, { action: 'change-password', ...values })
    expect(await goodOnes()).toEqual([])
    expect((await there.open(account)).url.pathname).toBe(account)
    expect((await here.open(account)).url.pathname).toEndWith('/login')
    // Within the same millisecond, a code is of before the change.
    app.advance(1)
    tokens.there = await get(there, web, 'openid')
    expect(await goodOnes()).toEqual(['there'])
  })

  test('by an admin', async () => {
    const found = await app.deps.tenants.find(tenant)
    if (!found) throw new Error('There is no tenant')
    await signOutPerson({ sub, actor: { name: 'root' } }, found, app.deps)
    expect(await goodOnes()).toEqual([])
  })
})

test('consent that is taken back ends what this client got, with offline_access too, and it has to ask again', async () => {
  await press(there, { action: 'revoke-consent', client: 'web' })
  expect(await goodOnes()).toEqual(['own'])
  expect((await here.open(account)).url.pathname).toBe(account)
  app.advance(1)
  tokens.online = await get(here, web, 'openid')
  expect(await goodOnes()).toEqual(['online', 'own'])
})

test('a code that was not redeemed yet ends with its session', async () => {
  const parameters = { scope: 'openid' }
  const code = await authorize(here, { tenant, client: web, parameters })
  await decide(here, await here.open(`${tenantPath(tenant)}/oauth/logout`))
  const refused = await postAs(site, `${tenantPath(tenant)}/oauth/token`, web, {
    ...{ grant_type: 'authorization_code', code: code.code, redirect_uri: web.redirectUri },
    code_verifier: code.verifier,
  })
  expect([refused.status, (await refused.json()).error]).toEqual([400, 'invalid_grant'])
})
