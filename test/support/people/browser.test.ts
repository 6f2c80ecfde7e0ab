import { expect, test } from 'bun:test'
import { Browser, type Site } from './browser.ts'
import type { Cookie } from './cookie-jar.ts'
import { asksForDecision, asksForPassword, authorize, decide, logIn } from './flow.ts'
import { readPage } from './read-page.ts'

/** The kit against a server of a few lines, because a kit that takes everything finds nothing. */

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly form: URLSearchParams
}

type Answer = (seen: Seen) => Response

function siteOf(answers: Readonly<Record<string, Answer>>, origin = 'http://localhost:3000') {
  const seen: Seen[] = []
  const site: Site = {
    origin,
    send: async (url, init) => {
      const { method = 'GET', headers, body } = init
      const form = new URLSearchParams(typeof body === 'string' ? body : '')
      const one = { method, path: url.pathname + url.search, headers: new Headers(headers), form }
      seen.push(one)
      return answers[`${method} ${url.pathname}`]?.(one) ?? new Response('', { status: 404 })
    },
  }
  return { site, seen }
}

const html = (text: string, headers: Record<string, string> = {}) =>
  new Response(
    `<!doctype html><html lang="de"><head><title>A &amp; B</title></head><body>${text}</body></html>`,
    {
      headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers },
    },
  )
const redirect = (location: string, status = 303, cookies: readonly string[] = []) => {
  const headers = new Headers({ Location: location })
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  return new Response(null, { status, headers })
}

test('a page is read: references are decoded, scripts are no text, buttons belong to their form', () => {
  const page = readPage(`<html lang="en"><title>Sign in &ndash; Caf&eacute;</title><body>
    <script>never()</script><p>Hello <b>Ada</b> &lt;ada&gt;</p><a href="/a?x=1&amp;y=2">More <i>here</i></a>
    <form method="post" action="/login?a=1&amp;b=2"><input type="hidden" name="csrf" value="&quot;x&#39;">
      <input name="username"><input type=password name="password"><input type=checkbox name=stay value=yes>
      <button>Sign in</button><button type="button" name="eye">Show</button></form>
    <form><input name="q" value="1"><input type="submit" name="go" value="now"></form></body></html>`)
  expect(page).toMatchObject({
    title: 'Sign in – Café',
    lang: 'en',
    links: [{ href: '/a?x=1&y=2', text: 'More here' }],
    forms: [
      {
        action: '/login?a=1&b=2',
        method: 'POST',
        fields: [
          { name: 'csrf', type: 'hidden', value: '"x\'' },
          { name: 'username', type: 'text' },
          { name: 'password', type: 'password' },
          { name: 'stay', type: 'checkbox', isChecked: false },
        ],
        buttons: [{ name: '', type: 'submit' }],
      },
      { method: 'GET', fields: [{ name: 'q', value: '1' }], buttons: [{ name: 'go', value: 'now' }] },
    ],
  })
  expect(page.text).toBe('Hello Ada <ada> More here Sign in Show')
})

test('a form is posted with its hidden fields and the button, and its redirects are followed until another origin', async () => {
  const { site, seen } = siteOf({
    'GET /start': () => redirect('/form?i=1', 302, ['s=1; Path=/; HttpOnly; SameSite=Lax']),
    'GET /form': () =>
      html(`<form method="post"><input type="hidden" name="csrf" value="c"><input name="username">
        <button name="decision" value="allow">Yes</button><button name="decision" value="deny">No</button></form>`),
    'POST /form': () => redirect('/on'),
    'GET /on': () => redirect('https://app.example.com/cb?code=1', 302),
  })
  const browser = new Browser(site)
  const form = await browser.open('/start')
  expect(form).toMatchObject({ status: 200, title: 'A & B', lang: 'de', leftTo: undefined })
  expect(form.way.map(String)).toEqual(['http://localhost:3000/start', 'http://localhost:3000/form?i=1'])
  const end = await browser.submit(form, { username: 'ada' }, { button: 'decision=deny' })
  expect(String(end.leftTo)).toBe('https://app.example.com/cb?code=1')
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /start',
    'GET /form?i=1',
    'POST /form?i=1',
    'GET /on',
  ])
  expect(Object.fromEntries(seen[2]?.form ?? [])).toEqual({ csrf: 'c', username: 'ada', decision: 'deny' })
  expect(seen.map(({ headers }) => headers.get('cookie'))).toEqual([null, 's=1', 's=1', 's=1'])
  expect(seen.map(({ headers }) => headers.get('sec-fetch-site'))).toEqual([
    'none',
    'none',
    'same-origin',
    'same-origin',
  ])
  expect(seen[2]?.headers.get('origin')).toBe('http://localhost:3000')
})

test('a value or a button that the form does not have is a failure, and so is a loop', async () => {
  const { site } = siteOf({
    'GET /form': () => html('<form><input name="a"><button>Go</button></form>'),
    'GET /loop': () => redirect('/loop'),
  })
  const browser = new Browser(site)
  const page = await browser.open('/form')
  expect(() => browser.submit(page, { password: 'x' })).toThrow(
    '/form (200) has 1 forms, and none has password',
  )
  expect(() => browser.submit(page, {}, { button: 'decision=allow' })).toThrow('none has decision=allow')
  expect(browser.open('/loop')).rejects.toThrow('Redirects without an end')
})

test.each([
  ['303', 303, 'GET'],
  ['302', 302, 'GET'],
  ['307', 307, 'POST'],
])('after a POST, %s goes on as browsers do', async (_, status, method) => {
  const { site, seen } = siteOf({
    'GET /': () => html('<form method="post"><input name="a"></form>'),
    'POST /': () => redirect('/next', status),
  })
  const browser = new Browser(site)
  await browser.submit(await browser.open('/'), { a: '1' })
  expect(seen.at(-1)).toMatchObject({ method, path: '/next' })
  expect(seen.at(-1)?.form.get('a')).toBe(method === 'POST' ? '1' : null)
})

test('under no-referrer a form of the page posts Origin: null', async () => {
  const { site, seen } = siteOf({
    'GET /': () =>
      html('<form method="post"><button>Go</button></form>', { 'Referrer-Policy': 'no-referrer' }),
  })
  const browser = new Browser(site)
  await browser.submit(await browser.open('/'), {})
  expect(seen.at(-1)?.headers.get('origin')).toBe('null')
})

const jarAfter = async (setCookie: string, origin: string) => {
  const { site } = siteOf({ 'GET /a/b': () => html('', { 'Set-Cookie': setCookie }) }, origin)
  const browser = new Browser(site, { now: () => 1000 })
  await browser.open('/a/b')
  return browser.jar
}

test.each([
  ['Secure over http elsewhere', 'a=1; Secure', 'http://app.example.com'],
  ['__Host- without Secure', '__Host-a=1; Path=/', 'https://app.example.com'],
  ['__Host- with a path', '__Host-a=1; Secure; Path=/a', 'https://app.example.com'],
  ['__Host- without a path', '__Host-a=1; Secure', 'https://app.example.com'],
  ['__Host- with a domain', '__Host-a=1; Secure; Path=/; Domain=app.example.com', 'https://app.example.com'],
  ['__Secure- without Secure', '__Secure-a=1', 'https://app.example.com'],
  ['a foreign domain', 'a=1; Domain=other.example', 'https://app.example.com'],
  ['SameSite=None without Secure', 'a=1; SameSite=None', 'https://app.example.com'],
  ['no name', 'x', 'https://app.example.com'],
  ['an end in the past', 'a=1; Max-Age=0', 'https://app.example.com'],
  ['an old Expires', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'https://app.example.com'],
])('a cookie with %s is not kept', async (_, setCookie, origin) => {
  expect((await jarAfter(setCookie, origin)).all).toEqual([])
})

test.each([
  ['Secure on a loopback address', '__Host-a=1; Secure; Path=/', 'http://127.0.0.1:3000', '/'],
  ['Secure on localhost', '__Host-a=1; Secure; Path=/', 'http://localhost:3000', '/'],
  ['no path: the folder of the page', 'a=1', 'https://app.example.com', '/a'],
  [
    'Max-Age over Expires',
    'a=1; Max-Age=5; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'https://x.example',
    '/',
  ],
])('a cookie with %s is kept', async (_, setCookie, origin, path) => {
  expect((await jarAfter(setCookie, origin)).all).toMatchObject([{ value: '1', path }])
})

const cookie = (more: Partial<Cookie> = {}): Cookie => ({
  ...{
    name: 'a',
    value: '1',
    host: 'x.example',
    isShared: false,
    path: '/',
    isSecure: true,
    isHttpOnly: true,
  },
  ...{ sameSite: 'lax', expiresAt: undefined, ...more },
})

test.each([
  ['another site posts', {}, 'POST', 'https://evil.example', false],
  ['another site leads there', {}, 'GET', 'https://evil.example', true],
  [
    'another site leads there and it is Strict',
    { sameSite: 'strict' as const },
    'GET',
    'https://evil.example',
    false,
  ],
  ['another port of the site posts', {}, 'POST', 'https://x.example:8443', true],
  ['it is of another host', { host: 'y.example' }, 'GET', 'https://x.example', false],
  ['it is shared by the domain above', { host: 'example', isShared: true }, 'GET', 'https://x.example', true],
  ['it is of another path', { path: '/b' }, 'GET', 'https://x.example', false],
  ['it is of a path that only begins alike', { path: '/pa' }, 'GET', 'https://x.example', false],
])('what goes along where %s', async (_, more, method, from, goes) => {
  const { site, seen } = siteOf({}, 'https://x.example')
  const browser = new Browser(site)
  browser.jar.plant(cookie(more))
  await (method === 'POST' ? browser.postFrom(from, '/path', {}) : browser.open('/path', { from }))
  expect(seen[0]?.headers.get('cookie')).toBe(goes ? 'a=1' : null)
})

test('a browser that is closed keeps what has an end, until then', async () => {
  let now = 0
  const { site, seen } = siteOf({ 'GET /': () => html('', { 'Set-Cookie': 'long=1; Max-Age=10' }) })
  const browser = new Browser(site, { now: () => now })
  browser.jar.plant(cookie({ host: 'localhost' }))
  await browser.open('/')
  browser.jar.close()
  await browser.open('/')
  now = 10_000
  await browser.open('/')
  expect(seen.map(({ headers }) => headers.get('cookie'))).toEqual(['a=1', 'long=1', null])
})

test('authorize signs in, consents and answers the code of the client', async () => {
  const form = (inner: string) =>
    html(`<form method="post"><input type="hidden" name="csrf" value="c">${inner}</form>`)
  const { site, seen } = siteOf({
    'GET /api/v1/tenant/main/oauth/authorize': () => redirect('/api/v1/tenant/main/login?interaction=1'),
    'GET /api/v1/tenant/main/login': () =>
      form('<input name="username"><input name="password" type="password">'),
    'POST /api/v1/tenant/main/login': () => redirect('/api/v1/tenant/main/consent?interaction=1'),
    'GET /api/v1/tenant/main/consent': () =>
      form(
        '<button name="decision" value="deny">No</button><button name="decision" value="allow">Yes</button>',
      ),
    'POST /api/v1/tenant/main/consent': () => redirect('https://app.example/cb?code=abc&state=s&iss=i'),
  })
  const client = { clientId: 'web', redirectUri: 'https://app.example/cb' }
  const credentials = { username: 'ada@example.com', password: 'correct horse' }
  const got = await authorize(new Browser(site), {
    tenant: 'main',
    client,
    credentials,
    parameters: { nonce: '' },
  })
  expect(got).toMatchObject({
    code: 'abc',
    callback: new URL('https://app.example/cb?code=abc&state=s&iss=i'),
  })
  const query = new URL(seen[0]?.path ?? '', site.origin).searchParams
  expect([query.has('nonce'), query.get('redirect_uri'), query.get('state')]).toEqual([
    false,
    client.redirectUri,
    got.state,
  ])
  expect(seen.filter(({ method }) => method === 'POST').map((one) => Object.fromEntries(one.form))).toEqual([
    { csrf: 'c', ...credentials },
    { csrf: 'c', decision: 'allow' },
  ])
  const without = authorize(new Browser(site), { tenant: 'main', client })
  expect(without).rejects.toThrow('No code came back: /api/v1/tenant/main/login (200)')
})

test('the pieces can be used one by one', async () => {
  const { site } = siteOf({
    'GET /login': () => html('<form method="post"><input name="username"><input name="password"></form>'),
    'POST /login': () =>
      html('<form method="post"><button name="decision" value="allow">Yes</button></form>'),
  })
  const browser = new Browser(site)
  const login = await browser.open('/login')
  expect([asksForPassword(login), asksForDecision(login)]).toEqual([true, false])
  const consent = await logIn(browser, login, { username: 'a', password: 'b' })
  expect([asksForPassword(consent), asksForDecision(consent)]).toEqual([false, true])
  expect((await decide(browser, consent)).url.pathname).toBe('/login')
})
