import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { findConsent, giveConsent } from '../../../src/consents/consents.ts'
import { isSessionLive, listSessions } from '../../../src/sessions/sessions.ts'
import { StorageError } from '../../../src/storage/storage.ts'
import { findCutoff } from '../../../src/users/cutoffs.ts'
import { personCutoffs } from '../../../src/users/user-row.ts'
import { tellings } from '../../logout/logout-kit.ts'
import type { Browser, Page } from '../../support/people/browser.ts'
import { asksForPassword } from '../../support/people/flow.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  type Accounts,
  giveCodes,
  headingOf,
  logIn,
  newBrowser,
  password,
  path,
  sessionOf,
  signedIn,
  startAccounts,
} from './account-kit.ts'

let of: Accounts
beforeEach(async () => {
  of = await startAccounts()
})
afterEach(() => of.app.close())

const accountPath = `${path}/account`
const next = 'another long password'
const events = (type: string) => of.app.events.filter((event) => event.type === type)
const consentKey = (clientId: string) => ({ tenantId: 'acme', sub: of.sub, clientId })
const csrfOf = ({ forms }: Page) => forms[0]?.fields.find(({ name }) => name === 'csrf')?.value ?? ''
/** The form of the page whose hidden inputs have these values. */
function formWith({ forms }: Page, values: Record<string, string>) {
  const has = (name: string, value: string) => (field: { name: string; value: string }) =>
    field.name === name && field.value === value
  const found = forms.find(({ fields }) =>
    Object.entries(values).every(([name, value]) => fields.some(has(name, value))),
  )
  if (!found) throw new Error(`The page has no form with ${JSON.stringify(values)}`)
  return found
}
const press = (browser: Browser, page: Page, hidden: Record<string, string>, values = {}) =>
  browser.submit(page, values, { form: formWith(page, hidden) })
const changePassword = (browser: Browser, page: Page, current: string, chosen: string) =>
  press(browser, page, { action: 'change-password' }, { current_password: current, password: chosen })

test('who is not signed in comes to the form, and then to the page', async () => {
  const { browser, page } = await logIn(of, 'ada@example.com')
  expect(page.url.pathname).toBe(accountPath)
  expect(page.text).toContain('Ada Lovelace')
  const stranger = await newBrowser(of).open(accountPath)
  expect(stranger.url.pathname).toBe(`${path}/login`)
  expect(asksForPassword(stranger)).toBe(true)
  const posted = await newBrowser(of).postFrom(browser.origin, accountPath, { action: 'sign-out-all' })
  expect(posted.url.pathname).toBe(`${path}/login`)
  expect(await sessionOf(of, browser)).toBeDefined()
})

test('the page shows the person, their sessions with this one marked, and their apps, and escapes each name', async () => {
  await giveConsent({ ...consentKey('web'), scopes: ['openid', 'email', 'api:read'] }, of.app.deps)
  await giveConsent({ ...consentKey('gone-app'), scopes: ['openid'] }, of.app.deps)
  const other = await signedIn(of)
  const browser = await signedIn(of)
  const page = await browser.open(accountPath)
  expect(page.text).toContain('Ada Lovelace')
  expect(page.text).toContain('Web <App>')
  expect(page.text).toContain('Read access')
  expect(page.text).toContain('gone-app')
  expect(page.body).not.toContain('<App>')
  expect(page.text.match(/This browser/g)).toHaveLength(1)
  const [mine, theirs] = [await sessionOf(of, browser), await sessionOf(of, other)]
  for (const sid of [mine?.sid ?? '', theirs?.sid ?? '']) formWith(page, { action: 'sign-out', session: sid })
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(page.headers.get('referrer-policy')).toBe('same-origin')
})

describe('sign-out', () => {
  test('of another browser ends it, tells its clients, and stays on the page', async () => {
    const other = await signedIn(of)
    const { sid } = await giveCodes(of, other, 'web')
    const browser = await signedIn(of)
    const page = await press(browser, await browser.open(accountPath), { action: 'sign-out', session: sid })
    expect(page.url.pathname).toBe(accountPath)
    expect(await sessionOf(of, other)).toBeUndefined()
    expect(await sessionOf(of, browser)).toBeDefined()
    await waitFor('it is told', () => tellings(of.app).includes('logout.sent web'))
    expect(events('session.ended')).toMatchObject([{ actor: of.sub, detail: { sub: of.sub, sid } }])
  })

  test('of this browser leads to the page that says so', async () => {
    const browser = await signedIn(of)
    const { sid } = await giveCodes(of, browser)
    const page = await press(browser, await browser.open(accountPath), { action: 'sign-out', session: sid })
    expect(headingOf(page)).toBe('You are signed out')
    expect(await sessionOf(of, browser)).toBeUndefined()
  })

  test('everywhere ends every session, and everything that apps got', async () => {
    const others = [await signedIn(of), await signedIn(of)]
    const browser = await signedIn(of)
    await giveCodes(of, browser, 'web')
    const eve = await signedIn(of, 'eve')
    const page = await press(browser, await browser.open(accountPath), { action: 'sign-out-all' })
    expect(headingOf(page)).toBe('You are signed out')
    for (const each of [...others, browser]) expect(await sessionOf(of, each)).toBeUndefined()
    expect(await listSessions(of.tenant, of.sub, of.app.deps)).toEqual([])
    expect(await findCutoff(of.app.deps.storage, 'acme', { sub: of.sub })).toBe(of.app.deps.now())
    expect(await sessionOf(of, eve)).toBeDefined()
    expect(events('user.signed_out')).toMatchObject([
      { actor: of.sub, detail: { sub: of.sub, sessions: '3' } },
    ])
    await waitFor('it is told', () => tellings(of.app).includes('logout.sent web'))
  })

  test('of the session of somebody else does nothing, and looks the same', async () => {
    const eve = await signedIn(of, 'eve')
    const { sid } = await giveCodes(of, eve)
    const browser = await signedIn(of)
    const csrf = csrfOf(await browser.open(accountPath))
    const values = [sid, 'NobodyNobodyNobodyNob1', 'x'.repeat(60_000), '']
    for (const session of values) {
      const page = await browser.postFrom(browser.origin, accountPath, { csrf, action: 'sign-out', session })
      expect(page.status).toBe(200)
    }
    expect(await sessionOf(of, eve)).toBeDefined()
    expect(await sessionOf(of, browser)).toBeDefined()
    expect(events('session.ended')).toEqual([])
  })

  test('twice at once is once', async () => {
    const other = await signedIn(of)
    const { sid } = await giveCodes(of, other)
    const browser = await signedIn(of)
    const page = await browser.open(accountPath)
    const both = await Promise.all(
      [1, 2].map(() => press(browser, page, { action: 'sign-out', session: sid })),
    )
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect(events('session.ended')).toHaveLength(1)
  })
})

describe('consent', () => {
  test('is taken back from one app, and what it got is over', async () => {
    for (const app of ['web', 'shop'])
      await giveConsent({ ...consentKey(app), scopes: ['openid'] }, of.app.deps)
    const browser = await signedIn(of)
    const page = await press(browser, await browser.open(accountPath), {
      action: 'revoke-consent',
      client: 'web',
    })
    expect(page.url.pathname).toBe(accountPath)
    expect(await findConsent(consentKey('web'), of.app.deps)).toBeUndefined()
    expect(await findConsent(consentKey('shop'), of.app.deps)).toBeDefined()
    const { storage, now } = of.app.deps
    expect(await findCutoff(storage, 'acme', { sub: of.sub, clientId: 'web' })).toBe(now())
    expect(await findCutoff(storage, 'acme', { sub: of.sub, clientId: 'shop' })).toBe(0)
    expect(events('consent.withdrawn')).toMatchObject([{ actor: of.sub, client: 'web' }])
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test('that was never given is no event, and of somebody else stays', async () => {
    const eve = await signedIn(of, 'eve')
    const { sub } = await giveCodes(of, eve)
    await giveConsent({ tenantId: 'acme', sub, clientId: 'web', scopes: ['openid'] }, of.app.deps)
    const browser = await signedIn(of)
    const csrf = csrfOf(await browser.open(accountPath))
    for (const client of ['web', `x ${sub}`, 'secret-in-the-wrong-place'])
      await browser.postFrom(browser.origin, accountPath, { csrf, action: 'revoke-consent', client })
    expect(await findConsent({ tenantId: 'acme', sub, clientId: 'web' }, of.app.deps)).toBeDefined()
    expect(events('consent.withdrawn')).toEqual([])
  })

  test.each(['of-nobody', '\0', 'x'.repeat(20_000)])(
    'of a text %# that is no app makes no row',
    async (client) => {
      const browser = await signedIn(of)
      const csrf = csrfOf(await browser.open(accountPath))
      const sent = { csrf, action: 'revoke-consent', client }
      const page = await browser.postFrom(browser.origin, accountPath, sent)
      expect(page.status).toBe(200)
      expect(page.url.pathname).toBe(accountPath)
      const cutoffs = of.app.deps.storage.of('acme').of(personCutoffs)
      expect(await cutoffs.list({ limit: 10 })).toEqual([])
    },
  )
})

describe('a new password', () => {
  test('ends every other session and everything that apps got, and this browser stays signed in', async () => {
    const other = await signedIn(of)
    const { browser, page } = await logIn(of, 'ada@example.com')
    const { sid } = await giveCodes(of, browser, 'web')
    const changed = await changePassword(browser, page, password, next)
    expect(changed.url.pathname).toBe(accountPath)
    expect(changed.status).toBe(200)
    expect(await sessionOf(of, other)).toBeUndefined()
    expect(await isSessionLive(of.tenant, sid, of.app.deps)).toBe(false)
    expect((await sessionOf(of, browser))?.sid).not.toBe(sid)
    expect(await listSessions(of.tenant, of.sub, of.app.deps)).toHaveLength(1)
    expect(events('user.password_changed')).toMatchObject([{ actor: of.sub, detail: { sub: of.sub } }])
    await waitFor('it is told', () => tellings(of.app).includes('logout.sent web'))
    of.app.advance(1)
    expect((await logIn(of, 'ada@example.com')).page.status).toBe(401)
    expect((await logIn(of, 'ada@example.com', next)).page.status).toBe(200)
  })

  test('needs the current one, and wrong ones have to wait', async () => {
    const browser = await signedIn(of)
    const other = await signedIn(of)
    const page = await browser.open(accountPath)
    for (let attempt = 1; attempt < 5; attempt++) {
      const refused = await changePassword(browser, page, `wrong password ${attempt}`, next)
      expect(refused.status).toBe(401)
      expect(refused.text).toContain('Your current password is not right.')
      expect(refused.body).not.toContain(next)
    }
    await changePassword(browser, page, 'wrong password 5', next)
    const late = await changePassword(browser, page, 'wrong password 6', next)
    expect(late.status).toBe(429)
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await sessionOf(of, other)).toBeDefined()
    expect(events('user.password_changed')).toEqual([])
    expect(events('sign_in.refused')).toContainEqual(
      expect.objectContaining({ reason: 'wrong_password', detail: { sub: of.sub } }),
    )
  })

  test.each([
    ['short', 'short', 'That is too short'],
    ['empty', '', 'That is too short'],
    ['long', 'x'.repeat(1025), 'at most'],
    ['no text', 'a long\u0007 enough password', 'cannot be typed everywhere'],
  ])('that is %s is refused, with the reason', async (_, chosen, words) => {
    const browser = await signedIn(of)
    const session = await sessionOf(of, browser)
    const page = await changePassword(browser, await browser.open(accountPath), password, chosen)
    expect(page.status).toBe(400)
    expect(page.text).toContain(words)
    expect(await sessionOf(of, browser)).toEqual(session)
    expect(events('user.password_changed')).toEqual([])
  })

  test('is not offered to a person of config.yaml, nor taken', async () => {
    const browser = await signedIn(of, 'eve')
    const page = await browser.open(accountPath)
    expect(page.forms.some(({ fields }) => fields.some(({ name }) => name === 'current_password'))).toBe(
      false,
    )
    const values = {
      csrf: csrfOf(page),
      action: 'change-password',
      current_password: password,
      password: next,
    }
    expect((await browser.postFrom(browser.origin, accountPath, values)).status).toBe(400)
  })
})

describe('a form is refused', () => {
  const wanted = () => ({ action: 'sign-out-all' })

  test('from a page of another site, which sends no cookie at all', async () => {
    const browser = await signedIn(of)
    const csrf = csrfOf(await browser.open(accountPath))
    const page = await browser.postFrom('https://evil.example', accountPath, { csrf, ...wanted() })
    expect(page.way.map(({ pathname }) => pathname)).toEqual([accountPath, `${path}/login`, accountPath])
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test.each([
    ['of another port', 'http://localhost:8080'],
    ['without an origin', 'null'],
  ])('from a page %s, even with the token', async (_, origin) => {
    const browser = await signedIn(of)
    const csrf = csrfOf(await browser.open(accountPath))
    const cookie = browser.jar.header({
      ...{ url: new URL(browser.origin), method: 'POST', isCrossSite: false },
    })
    const headers = {
      Origin: origin,
      Cookie: cookie ?? '',
      'Content-Type': 'application/x-www-form-urlencoded',
    }
    const body = new URLSearchParams({ csrf, ...wanted() }).toString()
    expect((await of.app.send(accountPath, { method: 'POST', headers, body })).status).toBe(403)
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test('with the token of another session, of another form, of another browser, or none', async () => {
    const browser = await signedIn(of)
    const before = csrfOf(await browser.open(accountPath))
    const eve = await signedIn(of, 'eve')
    const logout = csrfOf(await browser.open(`${path}/oauth/logout`))
    const tokens = [csrfOf(await eve.open(accountPath)), logout, '', before.slice(1), 'x'.repeat(50_000)]
    for (const csrf of tokens) {
      const page = await browser.postFrom(browser.origin, accountPath, { csrf, ...wanted() })
      expect(page.status).toBe(403)
      expect(page.headers.get('content-type')).toStartWith('text/html')
    }
    // The token of this browser is good for one session alone.
    const again = await browser.open(`${path}/account`)
    expect(csrfOf(again)).toBe(before)
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test.each([
    ['no action', {}],
    ['an unknown action', { action: 'delete-everything' }],
    ['the name of a method', { action: 'toString' }],
    ['an action of the prototype', { action: '__proto__' }],
    ['no client', { action: 'revoke-consent' }],
  ])('with %s', async (_, values) => {
    const browser = await signedIn(of)
    const csrf = csrfOf(await browser.open(accountPath))
    expect((await browser.postFrom(browser.origin, accountPath, { csrf, ...values })).status).toBe(400)
  })

  test('that is no form, or too large', async () => {
    const browser = await signedIn(of)
    const cookie = browser.jar.header({
      ...{ url: new URL(browser.origin), method: 'POST', isCrossSite: false },
    })
    const send = (type: string, body: string) =>
      of.app.send(accountPath, {
        ...{ method: 'POST', body, headers: { Cookie: cookie ?? '', 'Content-Type': type } },
      })
    expect((await send('application/json', '{"action":"sign-out-all"}')).status).toBe(400)
    expect((await send('text/plain', 'action=sign-out-all')).status).toBe(400)
    const huge = `action=${'x'.repeat(70_000)}`
    expect((await send('application/x-www-form-urlencoded', huge)).status).toBe(413)
    expect(await sessionOf(of, browser)).toBeDefined()
  })
})

describe('a stolen or planted cookie', () => {
  const nameOf = (browser: Browser) => {
    const all = browser.jar.for({ url: new URL(browser.origin), method: 'GET', isCrossSite: false })
    const found = all.find(({ name }) => /^grantd-[0-9a-f]{8}$/.test(name))
    if (!found) throw new Error('The browser has no session')
    return found
  }
  const visit = (cookie: string) => of.app.send(accountPath, { headers: { Cookie: cookie } })

  test('that occurs twice opens nothing, whichever is first', async () => {
    const [ada, eve] = [nameOf(await signedIn(of)), nameOf(await signedIn(of, 'eve'))]
    for (const values of [
      [ada.value, eve.value],
      [eve.value, ada.value],
      [ada.value, ada.value],
    ]) {
      const cookie = values.map((value) => `${ada.name}=${value}`).join('; ')
      expect((await visit(cookie)).headers.get('location')).toEndWith('/login')
    }
    expect((await visit(`${ada.name}=${ada.value}`)).status).toBe(200)
  })

  test('of before the sign-in is worth nothing after it', async () => {
    const planted = await signedIn(of, 'eve')
    const { name, value } = nameOf(planted)
    // The attacker gives the session of eve to the browser of ada, who then signs in.
    const victim = newBrowser(of)
    victim.jar.take(new URL(victim.origin), new Headers({ 'Set-Cookie': `${name}=${value}; Path=/` }))
    const form = await victim.open(`${path}/login?switch=1`)
    const page = await victim.submit(form, { username: 'ada@example.com', password })
    expect(page.text).toContain('Ada Lovelace')
    expect(nameOf(victim).value).not.toBe(value)
    expect(await sessionOf(of, planted)).toBeUndefined()
  })

  test('of another tenant opens nothing here', async () => {
    const { name, value } = nameOf(await signedIn(of))
    const send = (cookie: string) =>
      of.app.send('/api/v1/tenant/other/account', { headers: { Cookie: cookie } })
    const other = name.replace(/[0-9a-f]{8}$/, (await otherHash()) ?? '')
    for (const cookie of [`${name}=${value}`, `${other}=${value}`])
      expect((await send(cookie)).headers.get('location')).toEndWith('/other/login')
  })

  async function otherHash() {
    const response = await of.app.send('/api/v1/tenant/other/login')
    return /grantd-b-([0-9a-f]{8})=/.exec(response.headers.get('set-cookie') ?? '')?.[1]
  }
})

test('after the words of what was done there are no words of a stranger', async () => {
  const browser = await signedIn(of)
  const plain = await browser.open(accountPath)
  for (const done of ['<script>alert(1)</script>', 'toString', ''])
    expect((await browser.open(`${accountPath}?${new URLSearchParams({ done })}`)).text).toBe(plain.text)
  expect((await browser.open(`${accountPath}?done=signed-out`)).text).not.toBe(plain.text)
})

test('while the storage is away the page is 503, and nobody is signed in', async () => {
  const browser = await signedIn(of)
  const { storage } = of.app.deps
  const ofTenant = storage.of
  Object.assign(storage, {
    of: () => {
      throw new StorageError('the storage is away')
    },
  })
  const page = await browser.open(accountPath)
  Object.assign(storage, { of: ofTenant })
  expect(page.status).toBe(503)
  expect(page.text).not.toContain('Ada')
})
