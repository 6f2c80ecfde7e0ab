import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Metrics } from '../../../src/metrics/metrics.ts'
import { decide, logIn, type Parameters, type Relying } from '../../support/people/flow.ts'
import {
  acmeUrl,
  ada,
  answerOf,
  bob,
  careful,
  codeOf,
  first,
  type SignInApp,
  spa,
  startSignInApp,
  web,
  whereIs,
} from './sign-in-kit.ts'

/** The wishes of a request about the login and the pages: OpenID Connect Core section 3.1.2.1, and what the conformance suite tries. */

let kit: SignInApp
beforeEach(async () => {
  kit = await startSignInApp()
})
afterEach(() => kit.app.close())

const now = () => Math.floor(kit.app.deps.now() / 1000)

describe('prompt=none', () => {
  const none = { prompt: 'none' }
  test('answers login_required to a browser in which nobody is signed in, and shows no page', async () => {
    const { page } = await kit.start(kit.browser(), web, none)
    expect([whereIs(page), page.way.length]).toEqual(['login_required', 1])
  })
  test('answers a code where somebody is signed in and has allowed it, of the same login', async () => {
    const browser = await kit.signedIn()
    const loggedInAt = now()
    kit.app.advance(100)
    const { page, verifier } = await kit.start(browser, web, none)
    expect(page.way).toHaveLength(1)
    expect(await kit.idToken({ code: codeOf(page), verifier })).toMatchObject({ auth_time: loggedInAt })
  })
  test('answers consent_required for a new scope', async () => {
    const browser = await kit.signedIn()
    expect(whereIs((await kit.start(browser, web, { ...none, scope: 'openid api:read' })).page)).toBe(
      'consent_required',
    )
    expect(whereIs((await kit.start(browser, careful, none)).page)).toBe('consent_required')
    expect(whereIs((await kit.start(browser, first, none)).page)).toBe('code')
  })
  test('answers login_required where max_age is over, or where the hint is of somebody else', async () => {
    const browser = await kit.signedIn()
    kit.app.advance(10)
    expect(whereIs((await kit.start(browser, web, { ...none, max_age: '9' })).page)).toBe('login_required')
    expect(whereIs((await kit.start(browser, web, { ...none, max_age: '10' })).page)).toBe('code')
    const claims = JSON.stringify({ id_token: { sub: { value: 'somebody-else' } } })
    expect(whereIs((await kit.start(browser, web, { ...none, claims })).page)).toBe('login_required')
  })
  test('takes the id_token_hint of the person who is signed in, expired or not, and refuses that of another', async () => {
    const browser = await kit.signedIn()
    const { page, verifier } = await kit.start(browser)
    const id_token_hint = await rawIdToken({ code: codeOf(page), verifier })
    expect(whereIs((await kit.start(browser, web, { ...none, id_token_hint })).page)).toBe('code')
    kit.app.advance(3601)
    expect(whereIs((await kit.start(browser, web, { ...none, id_token_hint })).page)).toBe('code')
    const other = await kit.signedIn(bob)
    expect(whereIs((await kit.start(other, web, { ...none, id_token_hint })).page)).toBe('login_required')
    expect(whereIs((await kit.start(kit.browser(), web, { ...none, id_token_hint })).page)).toBe(
      'login_required',
    )
  })
})

async function rawIdToken({ code, verifier }: { code: string; verifier: string }): Promise<string> {
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: web.redirectUri,
  }
  const response = await kit.app.post('acme', {
    ...form,
    client_id: 'web',
    client_secret: 'web-secret-value',
  })
  return (await response.json()).id_token
}

describe('what was allowed to a public client before', () => {
  const nativeAt = (redirectUri: string): Relying => ({ clientId: 'native', redirectUri })
  const allow = async (relying: Relying) => {
    const browser = await kit.signedIn()
    expect(whereIs(await decide(browser, (await kit.start(browser, relying)).page))).toBe('code')
    return browser
  }
  test.each(['com.example.app:/cb', 'http://127.0.0.1:50123/native', 'http://[::1]:50123/native'])(
    'lets no other program in that can take %s (RFC 8252 section 8.6)',
    async (redirectUri) => {
      const app = nativeAt(redirectUri)
      const browser = await allow(app)
      expect(whereIs((await kit.start(browser, app, { prompt: 'none' })).page)).toBe('consent_required')
      const { page } = await kit.start(browser, app)
      expect(whereIs(page)).toBe('consent')
      expect(whereIs(await decide(browser, page))).toBe('code')
    },
  )
  test.each([spa, nativeAt('http://localhost:5173/cb')])('counts for $redirectUri', async (relying) => {
    const browser = await allow(relying)
    expect(whereIs((await kit.start(browser, relying, { prompt: 'none' })).page)).toBe('code')
  })
})

describe('prompt=login', () => {
  test('asks for a new login although somebody is signed in; auth_time is newer and the sid stays', async () => {
    const browser = await kit.signedIn()
    const before = await kit.start(browser)
    const old = await kit.idToken({ code: codeOf(before.page), verifier: before.verifier })
    kit.app.advance(5)
    const { page, verifier } = await kit.start(browser, web, { prompt: 'login' })
    expect(whereIs(page)).toBe('login')
    const done = await logIn(browser, page, ada)
    const claims = await kit.idToken({ code: codeOf(done), verifier })
    expect(claims['auth_time']).toBe(now())
    expect(claims['sid']).toBe(old['sid'])
    // The new login is that of the browser from now on.
    kit.app.advance(1)
    expect(whereIs((await kit.start(browser, web, { prompt: 'none', max_age: '1' })).page)).toBe('code')
  })
  test('is not passed by going to the other pages by hand', async () => {
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser, web, { prompt: 'login' })
    for (const path of ['consent', 'select-account', 'login']) {
      const there = await browser.open(`${acmeUrl}/${path}${page.url.search}`)
      expect(whereIs(there)).toBe('login')
    }
  })
  test('and the login of somebody else goes on as that person, with the consent of that person', async () => {
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser, web, { prompt: 'login' })
    const consent = await logIn(browser, page, bob)
    expect(whereIs(consent)).toBe('consent')
    expect(consent.text).toContain('bob')
    codeOf(await decide(browser, consent))
  })
})

describe('max_age', () => {
  test.each<[string, string]>([
    ['10000', 'code'],
    ['100', 'code'],
    ['99', 'login'],
    ['1', 'login'],
    ['0', 'login'],
  ])('%s, a hundred seconds after the login: %s', async (max_age, where) => {
    const browser = await kit.signedIn()
    kit.app.advance(100)
    const { page, verifier } = await kit.start(browser, web, { max_age })
    expect(whereIs(page)).toBe(where)
    const done = where === 'login' ? await logIn(browser, page, ada) : page
    const authTime = (await kit.idToken({ code: codeOf(done), verifier }))['auth_time']
    expect(authTime).toBe(where === 'login' ? now() : now() - 100)
  })
})

describe('prompt=consent', () => {
  test('asks again for what was allowed, a first party too', async () => {
    const browser = await kit.signedIn()
    for (const client of [web, first]) {
      const { page } = await kit.start(browser, client, { prompt: 'consent' })
      expect(whereIs(page)).toBe('consent')
      codeOf(await decide(browser, page))
    }
  })
  test('with login asks for both', async () => {
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser, web, { prompt: 'consent login' })
    expect(whereIs(page)).toBe('login')
    const consent = await logIn(browser, page, ada)
    expect(whereIs(consent)).toBe('consent')
    codeOf(await decide(browser, consent))
  })
  test('of a client that always asks is asked for in each request, and once in each', async () => {
    const browser = await kit.signedIn()
    for (let round = 0; round < 2; round++) {
      const { page } = await kit.start(browser, careful)
      expect(whereIs(page)).toBe('consent')
      codeOf(await decide(browser, page))
    }
  })
})

describe('prompt=select_account', () => {
  test('goes on as the person who is signed in', async () => {
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser, web, { prompt: 'select_account' })
    expect(whereIs(page)).toBe('select-account')
    expect(page.text).toContain('ada@example.com')
    codeOf(await browser.submit(page, {}, { button: 'account=current' }))
  })
  test('or as somebody else, whose session replaces the other', async () => {
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser, web, { prompt: 'select_account' })
    const form = await browser.submit(page, {}, { button: 'account=other' })
    expect(whereIs(form)).toBe('login')
    const consent = await logIn(browser, form, bob)
    expect(consent.text).toContain('bob')
    codeOf(await decide(browser, consent))
  })
  test('is the login where nobody is signed in, and that is a choice', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser, first, { prompt: 'select_account' })
    expect(whereIs(page)).toBe('login')
    codeOf(await logIn(browser, page, ada))
  })
})

describe('the person that a request wants', () => {
  test('has to sign in, and somebody else is refused', async () => {
    const browser = await kit.signedIn()
    const { page, verifier } = await kit.start(browser)
    const id_token_hint = await rawIdToken({ code: codeOf(page), verifier })
    const other = await kit.signedIn(bob)
    const wanted = await kit.start(other, web, { id_token_hint })
    expect(whereIs(wanted.page)).toBe('login')
    const refused = await logIn(other, wanted.page, bob)
    expect(answerOf(refused)).toMatchObject({ error: 'login_required', state: wanted.state })
    const again = await kit.start(other, web, { id_token_hint })
    codeOf(await logIn(other, again.page, ada))
  })
  test('is refused as a hint where the hint is no ID token of this client', async () => {
    const browser = await kit.signedIn()
    const { page, verifier } = await kit.start(browser, first)
    const form = {
      grant_type: 'authorization_code',
      code: codeOf(page),
      code_verifier: verifier,
      redirect_uri: first.redirectUri,
    }
    const answer = await kit.app.post('acme', {
      ...form,
      client_id: 'first',
      client_secret: 'first-secret-value',
    })
    const { id_token, access_token } = await answer.json()
    for (const id_token_hint of [id_token, access_token, `${id_token}x`, id_token.replace(/\.[^.]*$/, '.')]) {
      const { page: refused } = await kit.start(browser, web, { id_token_hint })
      expect(whereIs(refused)).toBe('invalid_request')
    }
  })
})

describe('what a request wishes for the pages', () => {
  const open = async (more: Parameters) => (await kit.start(kit.browser(), web, more)).page
  test('login_hint fills in the form, escaped', async () => {
    const page = await open({ login_hint: 'a"><b>@example.com' })
    expect(page.forms[0]?.fields.find(({ name }) => name === 'username')?.value).toBe('a"><b>@example.com')
    expect(page.body).not.toContain('<b>@example.com')
  })
  test.each([
    ['de', 'de'],
    ['fr es-MX de', 'es'],
    ['xx', 'en'],
    ['', 'en'],
  ])('ui_locales=%p: the page is in %s, on the next pages too', async (ui_locales, lang) => {
    const browser = kit.browser()
    const { page } = await kit.start(browser, web, { ui_locales })
    expect(page.lang).toBe(lang)
    const consent = await logIn(browser, page, ada)
    expect([whereIs(consent), consent.lang]).toEqual(['consent', lang])
  })
  test('claims_locales, acr_values, display and what nobody knows change nothing', async () => {
    const browser = await kit.signedIn()
    for (const more of [
      { claims_locales: 'se' },
      { acr_values: '1 2' },
      { display: 'page' },
      { extra: 'foobar' },
    ]) {
      expect(whereIs((await kit.start(browser, web, more)).page)).toBe('code')
    }
  })
  test('a claim that is named is asked for like its scope', async () => {
    const browser = await kit.signedIn()
    const claims = JSON.stringify({ userinfo: { phone_number: null }, id_token: { groups: null } })
    const { page, verifier } = await kit.start(browser, web, { scope: 'openid', claims })
    expect(whereIs(page)).toBe('consent')
    const done = await decide(browser, page)
    expect(await kit.idToken({ code: codeOf(done), verifier })).toMatchObject({ groups: ['staff'] })
    expect(whereIs((await kit.start(browser, web, { scope: 'openid', claims })).page)).toBe('code')
  })
})

describe('what is optional', () => {
  test('a request without nonce, state and scope works, and its ID token has no nonce', async () => {
    const browser = await kit.signedIn()
    const { page, verifier } = await kit.start(browser, web, { nonce: '', state: '' })
    expect(Object.keys(answerOf(page)).sort()).toEqual(['code', 'iss'])
    expect(await kit.idToken({ code: codeOf(page), verifier })).not.toHaveProperty('nonce')
    const { page: plain } = await kit.start(browser, first, { scope: '' })
    codeOf(plain)
  })
  test('the order of scopes does not matter', async () => {
    const browser = await kit.signedIn()
    codeOf((await kit.start(browser, web, { scope: 'email profile openid' })).page)
  })
  test('PKCE may be left out by a client with require_pkce: false, and not afterwards', async () => {
    const old = { clientId: 'old', secret: 'old-secret-value', redirectUri: 'https://old.example/cb' }
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser, old, { code_challenge: '', code_challenge_method: '' })
    const code = codeOf(await decide(browser, page))
    const form = { grant_type: 'authorization_code', code, redirect_uri: old.redirectUri }
    const credentials = { client_id: 'old', client_secret: old.secret }
    // A verifier without a challenge is a downgrade (RFC 9700 section 2.1.1).
    const downgraded = await kit.app.post('acme', { ...form, ...credentials, code_verifier: 'v'.repeat(43) })
    expect([downgraded.status, (await downgraded.json()).error]).toEqual([400, 'invalid_grant'])
    expect((await kit.app.post('acme', { ...form, ...credentials })).status).toBe(200)
  })
})

test('metrics count sign-ins by their outcome, and codes', async () => {
  const metrics = new Metrics()
  const counted = await startSignInApp({ metrics })
  const browser = await counted.signedIn()
  let { page } = await counted.start(browser, web, { prompt: 'login' })
  for (let count = 0; count < 6; count++) page = await logIn(browser, page, { ...bob, password: 'wrong' })
  expect(metrics.samples()).toMatchObject({
    'grantd_sign_ins_total{outcome="success"}': 1,
    'grantd_sign_ins_total{outcome="wrong"}': 4,
    'grantd_sign_ins_total{outcome="wait"}': 2,
    'grantd_throttled_requests_total{kind="person"}': 2,
    grantd_authorization_codes_issued_total: 1,
  })
  await counted.app.close()
})
