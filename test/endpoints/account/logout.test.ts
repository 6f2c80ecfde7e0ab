import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { interactions } from '../../../src/authorization/interaction-row.ts'
import { isSessionLive } from '../../../src/sessions/sessions.ts'
import { StorageError } from '../../../src/storage/storage.ts'
import { tellings } from '../../logout/logout-kit.ts'
import { decide } from '../../support/people/flow.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  type Accounts,
  giveCodes,
  headingOf,
  idTokenOf,
  logoutPath,
  newBrowser,
  sessionOf,
  signedIn,
  startAccounts,
} from './account-kit.ts'

let of: Accounts
beforeEach(async () => {
  of = await startAccounts()
})
afterEach(() => of.app.close())

const bye = 'https://web.example.com/bye'
const urlOf = (parameters: Record<string, string>) => `${logoutPath}?${new URLSearchParams(parameters)}`
const question = 'Do you want to sign out?'
const done = 'You are signed out'
const endings = () => of.app.events.filter(({ type }) => type === 'session.ended')

describe('with the ID token of the session', () => {
  test('the person is signed out at once, and comes back to the client with the state', async () => {
    const browser = await signedIn(of)
    const { sid, sub } = await giveCodes(of, browser, 'web')
    const hint = await idTokenOf(of, { sub, sid })
    const state = `${'s'.repeat(1990)}&="<ä`
    const page = await browser.open(urlOf({ id_token_hint: hint, post_logout_redirect_uri: bye, state }))
    expect(page.status).toBe(303)
    expect(String(page.leftTo)).toStartWith(`${bye}?state=`)
    expect(page.leftTo?.searchParams.get('state')).toBe(state)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(await sessionOf(of, browser)).toBeUndefined()
    expect(await isSessionLive(of.tenant, sid, of.app.deps)).toBe(false)
    expect(endings()).toMatchObject([{ actor: sub, client: 'web', outcome: 'success', detail: { sub, sid } }])
    // The browser that has signed in is still known.
    expect(browser.jar.for({ url: page.url, method: 'GET', isCrossSite: false })).toHaveLength(1)
  })

  test('each client of the session is told', async () => {
    const browser = await signedIn(of)
    const { sid, sub } = await giveCodes(of, browser, 'web', 'shop')
    await browser.open(urlOf({ id_token_hint: await idTokenOf(of, { sub, sid }) }))
    await waitFor('both are told', () => tellings(of.app).length === 2)
    expect(tellings(of.app).sort()).toEqual(['logout.sent shop', 'logout.sent web'])
  })

  test('that expired a month ago, of before the last sign-in, and without sid, it is the same', async () => {
    const browser = await signedIn(of)
    const { sub } = await giveCodes(of, browser, 'web')
    const now = Math.floor(of.app.deps.now() / 1000)
    const hint = await idTokenOf(of, { sub, iat: now - 31 * 86_400, exp: now - 30 * 86_400 })
    expect(headingOf(await browser.open(urlOf({ id_token_hint: hint })))).toBe(done)
    expect(await sessionOf(of, browser)).toBeUndefined()
  })

  test.each(['https://web.example.com/bye?from=idp', 'com.example.app:/bye'])(
    'the browser goes to %s as it is registered',
    async (uri) => {
      const browser = await signedIn(of)
      const { sid, sub } = await giveCodes(of, browser)
      const hint = await idTokenOf(of, { sub, sid })
      const without = await browser.open(urlOf({ id_token_hint: hint, post_logout_redirect_uri: uri }))
      expect(without.headers.get('location')).toBe(uri)
      const again = urlOf({ id_token_hint: hint, post_logout_redirect_uri: uri, state: 'a b' })
      const joint = uri.includes('?') ? '&' : '?'
      expect((await browser.open(again)).headers.get('location')).toBe(`${uri}${joint}state=a+b`)
    },
  )
})

test('the port of a loopback address is free, and nothing else of it', async () => {
  const open = (uri: string) =>
    newBrowser(of).open(urlOf({ client_id: 'web', post_logout_redirect_uri: uri, state: 'x' }))
  const good = ['http://127.0.0.1:3000/bye', 'http://127.0.0.1:49152/bye', 'http://127.0.0.1/bye']
  for (const uri of good) expect((await open(uri)).headers.get('location')).toBe(`${uri}?state=x`)
  const bad = [
    'http://127.0.0.2:3000/bye',
    'http://localhost:3000/bye',
    'http://127.0.0.1:3000/',
    'https://127.0.0.1/bye',
  ]
  bad.push(
    'http://127.0.0.1:3000@evil.example/bye',
    'http://127.0.0.1:x/bye',
    'http://127.0.0.1.evil.example/bye',
  )
  for (const uri of bad) expect([uri, (await open(uri)).status]).toEqual([uri, 400])
})

describe('the person is asked', () => {
  test('without any parameter, and signs out', async () => {
    const browser = await signedIn(of)
    const { sid } = await giveCodes(of, browser)
    const asked = await browser.open(logoutPath)
    expect(headingOf(asked)).toBe(question)
    expect(asked.text).toContain('Ada Lovelace')
    expect(await sessionOf(of, browser)).toBeDefined()
    const page = await decide(browser, asked)
    expect(page.status).toBe(200)
    expect(headingOf(page)).toBe(done)
    expect(page.text).not.toContain('Ada Lovelace')
    expect(await sessionOf(of, browser)).toBeUndefined()
    expect(await isSessionLive(of.tenant, sid, of.app.deps)).toBe(false)
  })

  test('and stays', async () => {
    const browser = await signedIn(of)
    const query = { client_id: 'web', post_logout_redirect_uri: bye }
    const page = await decide(browser, await browser.open(urlOf(query)), 'deny')
    expect(page.status).toBe(200)
    expect(page.leftTo).toBeUndefined()
    expect(headingOf(page)).not.toBe(done)
    expect(await sessionOf(of, browser)).toBeDefined()
    expect(endings()).toEqual([])
  })

  test('with client_id alone, is told which app asks, and then follows', async () => {
    const browser = await signedIn(of)
    const query = { client_id: 'web', post_logout_redirect_uri: bye, state: 'x' }
    const asked = await browser.open(urlOf(query))
    expect(asked.text).toContain('Web <App>')
    expect(asked.headers.get('content-security-policy')).toContain("form-action 'self' https:;")
    expect(String((await decide(browser, asked)).leftTo)).toBe(`${bye}?state=x`)
    expect(endings()).toMatchObject([{ client: 'web' }])
  })

  test.each([
    ['of another session of the person', (sub: string) => ({ sub, sid: 'AnotherSessionAnother1' })],
    ['of another person', (_: string, sid: string) => ({ sub: 'Somebody', sid })],
    ['of another person, without sid', () => ({ sub: 'Somebody' })],
  ])('with an ID token %s', async (_, claimsOf) => {
    const browser = await signedIn(of)
    const { sub, sid } = await giveCodes(of, browser)
    const hint = await idTokenOf(of, claimsOf(sub, sid))
    const asked = await browser.open(urlOf({ id_token_hint: hint, post_logout_redirect_uri: bye }))
    expect(headingOf(asked)).toBe(question)
    expect(await sessionOf(of, browser)).toBeDefined()
    expect(String((await decide(browser, asked)).leftTo)).toBe(bye)
  })

  test.each([
    ['only state', { state: 'x' }],
    ['a redirect URI and no client', { post_logout_redirect_uri: bye, state: 'x' }],
    ['a redirect URI of a stranger and no client', { post_logout_redirect_uri: 'https://evil.example' }],
    ['a client that does not exist', { client_id: 'nobody' }],
    ['an inactive client', { client_id: 'closed' }],
    ['a hint of who it is', { logout_hint: 'ada@example.com' }],
  ])('with %s, and stays at our page', async (_, query) => {
    const browser = await signedIn(of)
    const asked = await browser.open(urlOf(query))
    expect(headingOf(asked)).toBe(question)
    const page = await decide(browser, asked)
    expect(page.leftTo).toBeUndefined()
    expect(headingOf(page)).toBe(done)
  })

  test('in the language that the app wants', async () => {
    const browser = await signedIn(of)
    const asked = await browser.open(urlOf({ ui_locales: 'de en' }))
    expect(asked.lang).toBe('de')
    expect((await decide(browser, asked)).lang).toBe('de')
  })

  test('and may press twice, reload, and go back', async () => {
    const browser = await signedIn(of)
    const asked = await browser.open(urlOf({ client_id: 'web', post_logout_redirect_uri: bye }))
    const pages = [await decide(browser, asked), await decide(browser, asked), await browser.reload(asked)]
    expect(pages.map(({ leftTo }) => String(leftTo))).toEqual([bye, bye, bye])
    expect(endings()).toHaveLength(1)
  })
})

describe('who is not signed in is not asked', () => {
  test('and goes to the client', async () => {
    const browser = newBrowser(of)
    const page = await browser.open(urlOf({ client_id: 'web', post_logout_redirect_uri: bye, state: 'x' }))
    expect(String(page.leftTo)).toBe(`${bye}?state=x`)
    expect(endings()).toEqual([])
  })

  test('and reads that nobody is signed in', async () => {
    expect(headingOf(await newBrowser(of).open(logoutPath))).toBe(done)
  })

  test('by a session that ended while the page was open', async () => {
    const browser = await signedIn(of)
    const asked = await browser.open(logoutPath)
    of.app.advance(13 * 3600)
    expect(headingOf(await browser.reload(asked))).toBe(done)
  })
})

describe('a form of a page of the client', () => {
  const post = (browser: ReturnType<typeof newBrowser>, values: Record<string, string>) =>
    browser.postFrom('https://web.example.com', logoutPath, values)

  test('comes back by GET with the cookie, and signs out with the ID token', async () => {
    const browser = await signedIn(of)
    const { sub, sid } = await giveCodes(of, browser)
    const hint = await idTokenOf(of, { sub, sid })
    const page = await post(browser, { id_token_hint: hint, post_logout_redirect_uri: bye, state: 'x' })
    expect(String(page.leftTo)).toBe(`${bye}?state=x`)
    expect(page.way.map(({ pathname }) => pathname)).toEqual([logoutPath, logoutPath])
    expect(String(page.way[1])).not.toContain(hint)
    expect(await sessionOf(of, browser)).toBeUndefined()
  })

  test('asks without it, and the browser keeps its cookies', async () => {
    const browser = await signedIn(of)
    const before = browser.jar.for({ url: new URL(browser.origin), method: 'GET', isCrossSite: false })
    const asked = await post(browser, { client_id: 'web', post_logout_redirect_uri: bye })
    expect(headingOf(asked)).toBe(question)
    expect(browser.jar.for({ url: new URL(browser.origin), method: 'GET', isCrossSite: false })).toEqual(
      before,
    )
    expect(String((await decide(browser, asked)).leftTo)).toBe(bye)
  })

  test('that names no client and no session asks as well, and nothing of it is kept', async () => {
    const browser = await signedIn(of)
    const before = await of.app.deps.storage.of('acme').of(interactions).list({ limit: 10 })
    const stranger = await post(newBrowser(of), { client_id: 'nobody', state: 'x'.repeat(8000) })
    expect(headingOf(stranger)).toBe(done)
    expect(await of.app.deps.storage.of('acme').of(interactions).list({ limit: 10 })).toEqual(before)
    expect(headingOf(await post(browser, { state: 'x' }))).toBe(question)
  })

  test('that is not good is an error at once', async () => {
    const browser = await signedIn(of)
    const page = await post(browser, { client_id: 'web', post_logout_redirect_uri: 'https://evil.example' })
    expect(page.status).toBe(400)
  })
})

describe('nobody is signed out, and nobody is sent away, by', () => {
  const uris = [
    'https://evil.example/',
    'https://web.example.com',
    'https://web.example.com/bye/',
    'https://web.example.com/bye?x=1',
    'https://web.example.com/bye#x',
    'https://web.example.com/BYE',
    'https://WEB.example.com/bye',
    'https://web.example.com:443/bye',
    'https://web.example.com/x/../bye',
    'https://web.example.com/%62ye',
    'https://web.example.com@evil.example/bye',
    'https://web.example.com.evil.example/bye',
    'https://web.example.com\\@evil.example/bye',
    'http://web.example.com/bye',
    '//web.example.com/bye',
    ' https://web.example.com/bye',
    'https://web.example.com/bye ',
    'https://web.example.com/bye\r\nSet-Cookie: x=1',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://web.example.com/callback',
    `https://web.example.com/${'x'.repeat(5000)}`,
  ]
  test.each(uris)('the redirect URI %j', async (uri) => {
    const browser = await signedIn(of, 'eve')
    const { sub, sid } = await giveCodes(of, browser)
    const hint = await idTokenOf(of, { sub, sid })
    for (const query of [{ id_token_hint: hint }, { client_id: 'web' }]) {
      const page = await browser.open(urlOf({ ...query, post_logout_redirect_uri: uri }))
      expect(page.status).toBe(400)
      expect(page.headers.get('location')).toBeNull()
      expect(page.body).not.toContain('evil.example')
    }
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test.each<[string, Record<string, string>]>([
    [
      'a redirect URI of an inactive client',
      { client_id: 'closed', post_logout_redirect_uri: 'https://closed.example.com/bye' },
    ],
    [
      'a redirect URI of a client that does not exist',
      { client_id: 'nobody', post_logout_redirect_uri: bye },
    ],
    ['a redirect URI of another client', { client_id: 'shop', post_logout_redirect_uri: bye }],
    ['an id_token_hint that is no JWT', { id_token_hint: 'x' }],
    ['an empty JWT', { id_token_hint: '..' }],
    ['a huge id_token_hint', { id_token_hint: 'e'.repeat(7000) }],
  ])('%s', async (_, query) => {
    const browser = await signedIn(of, 'eve')
    const page = await browser.open(urlOf(query))
    expect(page.status).toBe(400)
    expect(page.headers.get('content-type')).toStartWith('text/html')
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test('an ID token that was changed, of another tenant, of another kind, or for another client', async () => {
    const browser = await signedIn(of)
    const { sub, sid } = await giveCodes(of, browser)
    const other = await of.app.deps.tenants.find('other')
    if (!other) throw new Error('There is no other tenant')
    const good = await idTokenOf(of, { sub, sid })
    const hints = [
      `${good.slice(0, -8)}AAAAAAAA`,
      await idTokenOf({ app: of.app, tenant: other }, { sub, sid }),
      await idTokenOf(of, { sub, sid, iss: other.issuer }),
      await idTokenOf(of, { sub, sid }, 'logout+jwt'),
      await idTokenOf(of, { sub, sid, jti: 'x', client_id: 'web' }),
      await idTokenOf(of, { sub, sid, aud: ['web', 'shop'] }),
    ]
    for (const hint of hints)
      expect((await browser.open(urlOf({ id_token_hint: hint, post_logout_redirect_uri: bye }))).status).toBe(
        400,
      )
    const foreign = await idTokenOf(of, { sub, sid, aud: 'shop' })
    for (const query of [{ client_id: 'web' }, { post_logout_redirect_uri: bye }])
      expect((await browser.open(urlOf({ id_token_hint: foreign, ...query }))).status).toBe(400)
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test('a parameter that is sent twice, and a query that is malformed', async () => {
    const browser = await signedIn(of)
    for (const query of ['client_id=web&client_id=web', 'state=%', 'state=%ff'])
      expect((await browser.open(`${logoutPath}?${query}`)).status).toBe(400)
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test('the answer of another browser, of a page of another site, without a token, or without an answer', async () => {
    const browser = await signedIn(of)
    const asked = await browser.open(logoutPath)
    const action = asked.forms[0]?.action ?? ''
    const csrf = asked.forms[0]?.fields.find(({ name }) => name === 'csrf')?.value ?? ''
    const mallory = await signedIn(of, 'eve')
    // Another browser does not even find the question.
    expect((await mallory.open(action)).status).toBe(400)
    expect((await mallory.postFrom(mallory.origin, action, { csrf, decision: 'allow' })).status).toBe(400)
    const cross = await browser.postFrom('https://evil.example', action, { csrf, decision: 'allow' })
    expect(headingOf(cross)).not.toBe(done)
    const own = (values: Record<string, string>) => browser.postFrom(browser.origin, action, values)
    expect((await own({ decision: 'allow' })).status).toBe(403)
    expect((await own({ csrf: 'x', decision: 'allow' })).status).toBe(403)
    expect((await own({ csrf })).status).toBe(400)
    expect((await own({ csrf, decision: 'perhaps' })).status).toBe(400)
    expect(await sessionOf(of, browser)).toBeDefined()
    expect(await sessionOf(of, mallory)).toBeDefined()
  })

  test('an answer about somebody who has signed out since', async () => {
    const browser = await signedIn(of)
    const asked = await browser.open(logoutPath)
    // In another tab, somebody else signs in.
    await decide(browser, await browser.open(logoutPath))
    const form = await browser.open('/api/v1/tenant/acme/login')
    await browser.submit(form, { username: 'eve', password: 'a long enough password' })
    expect((await decide(browser, asked)).status).toBe(403)
    expect((await sessionOf(of, browser))?.sub).not.toBe(of.sub)
  })

  test('a question that is ten minutes old', async () => {
    const browser = await signedIn(of)
    const asked = await browser.open(logoutPath)
    of.app.advance(600)
    expect((await decide(browser, asked)).status).toBe(400)
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test('a URI that the client lost while the person was asked', async () => {
    const { app } = of
    const browser = await signedIn(of)
    const asked = await browser.open(urlOf({ client_id: 'web', post_logout_redirect_uri: bye }))
    const find = app.deps.clients.of
    Object.assign(app.deps.clients, {
      of: (id: string) => {
        const clients = find.call(app.deps.clients, id)
        return Object.create(clients, {
          find: {
            value: async (clientId: string) => {
              const client = await clients.find(clientId)
              return client && { ...client, post_logout_redirect_uris: [] }
            },
          },
        })
      },
    })
    expect((await decide(browser, asked)).status).toBe(400)
    expect(await sessionOf(of, browser)).toBeDefined()
  })

  test('the cookie of another tenant', async () => {
    const browser = await signedIn(of)
    const page = await browser.open('/api/v1/tenant/other/oauth/logout')
    expect(headingOf(page)).toBe(done)
    expect(await sessionOf(of, browser)).toBeDefined()
  })
})

test('a tenant that is not there, and one that signs nobody in, are pages', async () => {
  for (const id of ['nope', 'other%20'])
    expect((await newBrowser(of).open(`/api/v1/tenant/${id}/oauth/logout`)).status).toBe(404)
})

test('while the storage is away, nobody is told that they are signed out', async () => {
  const browser = await signedIn(of)
  const asked = await browser.open(logoutPath)
  const { storage } = of.app.deps
  const ofTenant = storage.of
  Object.assign(storage, {
    of: () => {
      throw new StorageError('the storage is away')
    },
  })
  const page = await decide(browser, asked)
  expect(page.status).toBe(503)
  expect(page.headers.get('retry-after')).toBe('5')
  Object.assign(storage, { of: ofTenant })
  expect(await sessionOf(of, browser)).toBeDefined()
})
