import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { interactionKept, interactionLife } from '../../../src/authorization/interactions.ts'
import { Browser, type Page } from '../../support/people/browser.ts'
import { decide, logIn, startAuthorization } from '../../support/people/flow.ts'
import { siteOfApp } from '../../support/people/sites.ts'
import {
  acmeUrl,
  ada,
  answerOf,
  bob,
  careful,
  codeOf,
  first,
  type SignInApp,
  startSignInApp,
  web,
  whereIs,
} from './sign-in-kit.ts'

/** What a browser, an attacker beside it, or a person in a hurry does. */

let kit: SignInApp
beforeEach(async () => {
  kit = await startSignInApp()
})
afterEach(() => kit.app.close())

const sessionOf = (browser: Browser) => browser.jar.all.find(({ name }) => /^grantd-[0-9a-f]{8}$/.test(name))
const browserOf = (browser: Browser) =>
  browser.jar.all.find(({ name }) => /^grantd-b-[0-9a-f]{8}$/.test(name))

/** What the browser would post from a page, to be sent in another way. */
function formOf(page: Page, values: object): { url: URL; body: string } {
  const [form] = page.forms
  if (!form) throw new Error('No form')
  const fields = Object.fromEntries(form.fields.map(({ name, value }) => [name, value]))
  return {
    url: new URL(form.action, page.url),
    body: new URLSearchParams({ ...fields, ...values }).toString(),
  }
}

async function send(
  { url, body }: { url: URL; body: string },
  browser: Browser | undefined,
  headers: Record<string, string> = {},
): Promise<Response> {
  const cookie = browser?.jar.header({ url, method: 'POST', isCrossSite: false })
  return kit.app.send(`${url.pathname}${url.search}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(cookie !== undefined && { Cookie: cookie }),
      ...headers,
    },
    body,
  })
}

describe('an interaction belongs to the browser that began it', () => {
  test('so its URL shows another one no form, and takes none from it', async () => {
    const [victim, attacker] = [kit.browser(), kit.browser()]
    const { page } = await kit.start(attacker)
    await kit.start(victim)
    const there = await victim.open(page.url)
    expect([there.status, there.forms]).toEqual([400, []])
    const form = formOf(page, ada)
    const response = await send(form, victim)
    expect([response.status, response.headers.get('set-cookie')]).toEqual([400, null])
    // Nor does the browser itself lose it.
    expect(whereIs(await logIn(attacker, page, bob))).toBe('consent')
  })

  test('and neither its consent page', async () => {
    const [one, other] = [kit.browser(), await kit.signedIn(bob)]
    const consent = await logIn(one, (await kit.start(one)).page, ada)
    expect((await other.open(consent.url)).status).toBe(400)
    expect((await send(formOf(consent, { decision: 'allow' }), other)).status).toBe(400)
  })

  test('and one that has lost its cookie begins again', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser)
    const bare = kit.browser()
    const there = await bare.open(page.url)
    expect([there.status, there.forms]).toEqual([400, []])
    expect(there.text).toContain('expired')
  })

  test('and one of another tenant is none', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser)
    await browser.open(startAuthorization(browser.origin, 'other', web).url)
    const there = await browser.open(`/api/v1/tenant/other/login${page.url.search}`)
    expect([there.status, there.forms]).toEqual([400, []])
  })
})

describe('time', () => {
  test('an interaction that waited too long is a page that begins again, with what the client asked for', async () => {
    const browser = kit.browser()
    const started = await kit.start(browser, first)
    kit.app.advance(interactionLife / 1000)
    const late = await logIn(browser, started.page, ada)
    expect([late.status, late.forms]).toEqual([400, []])
    expect(sessionOf(browser)).toBeUndefined()
    const again = await browser.follow(
      late,
      late.links.find(({ href }) => href.includes('again'))?.href ?? '',
    )
    expect(whereIs(again)).toBe('login')
    expect(answerOf(await logIn(browser, again, ada))).toMatchObject({ state: started.state })
  })

  test('one of yesterday leads to the account', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser)
    kit.app.advance(interactionKept / 1000)
    const late = await browser.reload(page)
    expect(late.status).toBe(400)
    expect(late.links.map(({ href }) => href)).toContain(`${acmeUrl}/account`)
  })

  test('a session that ended between two pages is asked for again', async () => {
    const browser = kit.browser()
    const consent = await logIn(browser, (await kit.start(browser)).page, ada)
    const gone = new Headers({ 'Set-Cookie': `${sessionOf(browser)?.name}=; Path=/; Max-Age=0` })
    browser.jar.take(consent.url, gone)
    const form = await decide(browser, consent)
    expect(whereIs(form)).toBe('login')
    expect(whereIs(await logIn(browser, form, ada))).toBe('consent')
  })
})

describe('session fixation', () => {
  test('a login gives the session a new secret, and the old cookie opens nothing', async () => {
    const browser = await kit.signedIn()
    const before = sessionOf(browser)?.value
    const { page } = await kit.start(browser, web, { prompt: 'login' })
    codeOf(await logIn(browser, page, ada))
    const after = sessionOf(browser)?.value
    expect(after).not.toBe(before)
    const url = startAuthorization('http://localhost:3000', 'acme', web, { prompt: 'none' }).url
    const sendWith = async (value: string | undefined) => {
      const headers = { Cookie: `${sessionOf(browser)?.name}=${value}` }
      const response = await kit.app.send(`${url.pathname}${url.search}`, { headers })
      return new URL(response.headers.get('location') ?? '').searchParams.get('error') ?? 'code'
    }
    expect([await sendWith(before), await sendWith(after)]).toEqual(['login_required', 'code'])
  })

  test('the login of somebody else is another session', async () => {
    const browser = await kit.signedIn()
    const before = sessionOf(browser)?.value.split('.')[0]
    const { page } = await kit.start(browser, first, { prompt: 'login' })
    codeOf(await logIn(browser, page, bob))
    expect(sessionOf(browser)?.value.split('.')[0]).not.toBe(before)
  })

  test('cookies are HttpOnly and Lax, and a browser has one that outlives the login', async () => {
    const browser = kit.browser()
    const anonymous = (await kit.start(browser)).page
    const secret = browserOf(browser)?.value
    await logIn(browser, anonymous, ada)
    expect(browserOf(browser)?.value).toBe(secret)
    for (const cookie of browser.jar.all) expect(cookie).toMatchObject({ isHttpOnly: true, sameSite: 'lax' })
  })
})

describe('CSRF', () => {
  const cases = [
    ['without a token', { csrf: '' }, {}],
    ['with another token', { csrf: 'A'.repeat(43) }, {}],
    ['from another origin', {}, { Origin: 'https://evil.example' }],
    ['from an opaque origin', {}, { Origin: 'null' }],
    ['of a cross-site request', {}, { 'Sec-Fetch-Site': 'cross-site' }],
  ] as const

  test.each(cases)('a login %s is refused, and nobody is signed in', async (_, values, headers) => {
    const browser = kit.browser()
    const { page } = await kit.start(browser)
    const response = await send(formOf(page, { ...ada, ...values }), browser, headers)
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null])
    expect(await response.text()).toContain('access_denied')
    expect(kit.app.events.map(({ type }) => type)).not.toContain('sign_in.succeeded')
  })

  test.each(cases)('a consent %s is refused, and nothing is allowed', async (_, values, headers) => {
    const browser = kit.browser()
    const consent = await logIn(browser, (await kit.start(browser)).page, ada)
    const response = await send(formOf(consent, { decision: 'allow', ...values }), browser, headers)
    expect([response.status, response.headers.get('location')]).toEqual([403, null])
    expect(whereIs((await kit.start(browser)).page)).toBe('consent')
  })

  test('the token of the login is none of the consent, nor of another interaction', async () => {
    const browser = kit.browser()
    const [one, two] = [await kit.start(browser), await kit.start(browser)]
    const tokenOf = (page: Page) => page.forms[0]?.fields.find(({ name }) => name === 'csrf')?.value ?? ''
    expect(tokenOf(one.page)).not.toBe(tokenOf(two.page))
    const crossed = await send(formOf(two.page, { ...ada, csrf: tokenOf(one.page) }), browser)
    expect(crossed.status).toBe(403)
    const consent = await logIn(browser, two.page, ada)
    const response = await send(formOf(consent, { decision: 'allow', csrf: tokenOf(two.page) }), browser)
    expect(response.status).toBe(403)
  })

  test('a consent page of one person allows nothing for another who signed in meanwhile', async () => {
    const browser = kit.browser()
    const consent = await logIn(browser, (await kit.start(browser)).page, ada)
    const other = await kit.start(browser, first, { prompt: 'login' })
    codeOf(await logIn(browser, other.page, bob))
    expect((await send(formOf(consent, { decision: 'allow' }), browser)).status).toBe(403)
    expect(whereIs((await kit.start(browser)).page)).toBe('consent')
  })

  test('GET changes nothing: neither allow nor deny nor a login', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser)
    const form = formOf(page, ada)
    expect(whereIs(await browser.open(`${form.url}&${form.body}`))).toBe('login')
    const consent = await logIn(browser, page, ada)
    const there = await browser.open(`${consent.url}&${formOf(consent, { decision: 'allow' }).body}`)
    expect(whereIs(there)).toBe('consent')
  })
})

describe('a browser with several tabs', () => {
  test('gets a code in each, whichever signs in first', async () => {
    const browser = kit.browser()
    const tabs = [await kit.start(browser), await kit.start(browser, careful), await kit.start(browser)]
    const [one, two, three] = tabs
    if (!one || !two || !three) throw new Error('No tabs')
    const consent = await logIn(browser, one.page, ada)
    const done = [await decide(browser, consent)]
    // The second tab shows its login form still.
    done.push(await decide(browser, await logIn(browser, two.page, ada)))
    // The third one is reloaded.
    done.push(await browser.reload(three.page))
    expect(done.map((page) => answerOf(page)['state'])).toEqual(tabs.map(({ state }) => state))
    expect(new Set(done.map(codeOf)).size).toBe(3)
  })

  test('a second click on each button leads on', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser)
    const logins = await Promise.all([send(formOf(page, ada), browser), send(formOf(page, ada), browser)])
    for (const response of logins) expect(response.headers.get('location')).toContain('/consent?interaction=')
    const consent = await logIn(browser, page, ada)
    const form = formOf(consent, { decision: 'allow' })
    const allowed = await Promise.all([send(form, browser), send(form, browser), send(form, browser)])
    const codes = allowed.map((response) =>
      new URL(response.headers.get('location') ?? '').searchParams.get('code'),
    )
    expect(new Set(codes).size).toBe(3)
    for (const code of codes) expect(code).toMatch(/^[\w-]{43}$/)
  })

  test('and the back button after the code leads to the client again', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser)
    const consent = await logIn(browser, page, ada)
    codeOf(await decide(browser, consent))
    codeOf(await browser.reload(consent))
    codeOf(await browser.reload(page))
  })

  test('who denied can go back and allow', async () => {
    const browser = kit.browser()
    const consent = await logIn(browser, (await kit.start(browser)).page, ada)
    expect(whereIs(await decide(browser, consent, 'deny'))).toBe('access_denied')
    codeOf(await decide(browser, await browser.reload(consent)))
  })
})

describe('values of the request in a page', () => {
  const nasty = `"><img src=x onerror=alert(1)>'\`</title></textarea><script>alert(1)</script>`
  test.each([
    'login_hint',
    'state',
    'nonce',
    'ui_locales',
    'acr_values',
    'display',
    'scope',
    'prompt',
    'claims',
    'resource',
    'client_id',
    'redirect_uri',
    'response_type',
    'response_mode',
    'request_uri',
  ])('%s is never markup', async (name) => {
    const browser = kit.browser()
    const { page } = await kit.start(browser, web, { [name]: nasty })
    expect(page.body).not.toContain('<img src=x')
    expect(page.body).not.toContain('<script>alert')
  })

  test('what a person typed is never markup', async () => {
    const browser = kit.browser()
    const failed = await logIn(browser, (await kit.start(browser)).page, { username: nasty, password: nasty })
    expect(failed.status).toBe(401)
    expect(failed.body).not.toContain('<img src=x')
    expect(failed.body).not.toContain('password" value="&')
  })

  test('every page forbids frames, scripts and what is not of this server', async () => {
    const browser = kit.browser()
    const login = (await kit.start(browser)).page
    const consent = await logIn(browser, login, ada)
    const over = await kit.browser().open(login.url)
    const error = (await kit.start(browser, { ...web, redirectUri: 'https://evil.example' })).page
    for (const page of [login, consent, over, error]) {
      const policy = page.headers.get('content-security-policy') ?? ''
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("script-src 'none'")
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(page.headers.get('cache-control')).toBe('no-store')
      expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    }
    const formAction = (page: Page) =>
      /form-action ([^;]*)/.exec(page.headers.get('content-security-policy') ?? '')?.[1]
    expect([login, consent, over].map(formAction)).toEqual(["'self' https:", "'self' https:", "'self'"])
  })
})

describe('/login without an interaction', () => {
  test('signs in and goes on to the account', async () => {
    const browser = kit.browser()
    const page = await browser.open(`${acmeUrl}/login`)
    expect(whereIs(page)).toBe('login')
    const response = await send(formOf(page, ada), browser)
    expect([response.status, response.headers.get('location')]).toEqual([303, `${acmeUrl}/account`])
    expect(response.headers.getSetCookie().some((cookie) => /^grantd-[0-9a-f]{8}=/.test(cookie))).toBe(true)
  })

  test('goes on at once where somebody is signed in', async () => {
    const browser = await kit.signedIn()
    const cookie = browser.jar.header({
      url: new URL(`http://localhost:3000${acmeUrl}/login`),
      method: 'GET',
      isCrossSite: false,
    })
    const response = await kit.app.send(`${acmeUrl}/login`, { headers: { Cookie: cookie ?? '' } })
    expect([response.status, response.headers.get('location')]).toEqual([303, `${acmeUrl}/account`])
  })
})

test('a session of one tenant is none of another', async () => {
  const browser = await kit.signedIn()
  const page = await browser.open(startAuthorization(browser.origin, 'other', web).url)
  expect(whereIs(page)).toBe('login')
  const cookie = sessionOf(browser)
  const url = startAuthorization(browser.origin, 'other', web, { prompt: 'none' }).url
  for (const name of browser.jar.all.map(({ name }) => name.replace('-b-', '-'))) {
    const headers = { Cookie: `${name}=${cookie?.value}` }
    const response = await kit.app.send(`${url.pathname}${url.search}`, { headers })
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('error')).toBe('login_required')
  }
})

test('over https cookies are Secure with the prefix __Host-', async () => {
  const config = `server: { public_url: https://id.example }\n`
  const secure = await startSignInApp({}, config + (await import('./sign-in-kit.ts')).signInConfig)
  const browser = new Browser(siteOfApp(secure.app, 'https://id.example'), { now: secure.app.deps.now })
  const { page } = await secure.start(browser, first)
  codeOf(await logIn(browser, page, ada))
  for (const cookie of browser.jar.all) expect(cookie.name).toMatch(/^__Host-grantd-/)
  expect(browser.jar.all).toHaveLength(2)
  await secure.app.close()
})
