import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { interactions } from '../../../src/authorization/interaction-row.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { failingStorage } from '../../support/failing-storage.ts'
import { Browser } from '../../support/people/browser.ts'
import { goOn } from '../../support/people/flow.ts'
import { siteOfApp } from '../../support/people/sites.ts'
import { ada, type DeviceApp, startDeviceApp } from './device-kit.ts'

let kit: DeviceApp
beforeEach(async () => {
  kit = await startDeviceApp()
})
afterEach(() => kit.app.close())

const wrongCode = 'BBBB-BBBB'
const fieldOf = (page: { forms: readonly { fields: readonly { name: string; value: string }[] }[] }) =>
  page.forms[0]?.fields.find(({ name }) => name === 'user_code')?.value

/** Types a code at /device; where the browser then stands. */
const type = async (code: string, browser = kit.browser()) =>
  browser.submit(await browser.open('/device'), { user_code: code })

/** Sends the form without a page behind it. */
const post = (body: string, headers: Record<string, string> = {}) =>
  kit.app.send('/device', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body,
  })

describe('GET /device', () => {
  test('asks for a code, with a form that only this browser can send', async () => {
    const page = await kit.browser().open('/device')
    expect([page.status, fieldOf(page)]).toEqual([200, ''])
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(page.headers.get('cache-control')).toContain('no-store')
  })

  test('shows the code of the link and does nothing with it', async () => {
    const { user_code, verification_uri_complete } = await kit.start()
    const browser = kit.browser()
    const page = await browser.open(verification_uri_complete)
    expect([page.status, page.way.length, fieldOf(page)]).toEqual([200, 1, user_code])
    expect(page.text).toContain(user_code)
    expect(page.text).toContain('close this window')
  })

  test.each(['<script>', "BBBB-BBBB'><b>", 'x'.repeat(5000), ''])(
    'a link with %j shows no code',
    async (code) => {
      const page = await kit.browser().open(`/device?${new URLSearchParams({ user_code: code })}`)
      expect([page.status, fieldOf(page)]).toEqual([200, ''])
      if (code !== '') expect(page.body).not.toContain(code)
    },
  )

  test.each(['allowed', 'denied'])('says that it was %s, with the name of the tenant', async (result) => {
    const page = await kit.browser().open(`/device?tenant=acme&result=${result}`)
    expect([page.status, page.forms]).toEqual([200, []])
    expect(page.text).toContain('Acme')
    expect((await kit.browser().open(`/device?tenant=nobody&result=${result}`)).status).toBe(200)
  })
})

describe('POST /device', () => {
  test.each([(code: string) => code, (code: string) => ` ${code.toLowerCase().replace('-', ' ')} `])(
    'goes on to the sign-in of the tenant, however the code is typed',
    async (typed) => {
      const { user_code } = await kit.start()
      const page = await type(typed(user_code))
      const { pathname, searchParams } = page.way[1] ?? new URL('none:')
      expect(pathname).toBe('/api/v1/tenant/acme/login')
      expect(searchParams.get('interaction')).toMatch(/^[\w-]{22}$/)
    },
  )

  test.each([wrongCode, 'nonsense', 'A'.repeat(5000)])(
    'the unknown code %j is told in words',
    async (code) => {
      const page = await type(code)
      expect(page.status).toBe(400)
      expect(page.text).toMatch(/code/i)
      expect(page.forms).toHaveLength(1)
    },
  )

  test('an expired code is like an unknown one', async () => {
    const { user_code } = await kit.start()
    kit.app.advance(600)
    const [expired, unknown] = [await type(user_code), await type(wrongCode)]
    expect(expired.status).toBe(400)
    expect(expired.text).toBe(unknown.text)
  })

  test('without the token of our own page, or from another site, it is refused', async () => {
    const { user_code } = await kit.start()
    expect((await post(`user_code=${user_code}`)).status).toBe(403)
    const browser = kit.browser()
    const page = await browser.open('/device')
    const csrf = page.forms[0]?.fields.find(({ name }) => name === 'csrf')?.value ?? ''
    const body = new URLSearchParams({ user_code, csrf }).toString()
    expect((await post(body)).status).toBe(403)
    const Cookie = (page.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    expect((await post(body, { Cookie, Origin: 'https://evil.example' })).status).toBe(403)
    expect((await post(body, { Cookie, 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    expect((await post(body, { Cookie })).status).toBe(303)
  })
})

describe('guessing', () => {
  const guess = (browser = kit.browser(), code = wrongCode) => type(code, browser)

  test('makes the address wait, and the right code too, with words and Retry-After', async () => {
    const { user_code } = await kit.start()
    const browser = kit.browser()
    const statuses: number[] = []
    for (let tries = 0; tries < 20; tries++) statuses.push((await guess(browser)).status)
    const first = statuses.indexOf(429)
    expect(first).toBeGreaterThan(4)
    expect(statuses.slice(first).every((status) => status === 429)).toBe(true)
    const held = await type(user_code, browser)
    expect(held.status).toBe(429)
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(held.forms).toHaveLength(1)
    expect(kit.app.events.filter(({ type }) => type === 'limit.reached')).not.toEqual([])
    kit.app.advance(900)
    const again = await kit.start()
    expect((await type(again.user_code, browser)).way[1]?.pathname).toEndWith('/login')
  })

  test('of many codes at once those are not taken that come after the free failures, the right one neither', async () => {
    const storage = failingStorage(createMemoryStorage())
    const own = await startDeviceApp({ storage })
    try {
      const { user_code } = await own.start()
      const browser = own.browser()
      const form = await browser.open('/device')
      storage.pause = () => Promise.resolve()
      const codes = [...Array.from({ length: 30 }, () => wrongCode), user_code]
      const pages = await Promise.all(codes.map((code) => browser.submit(form, { user_code: code })))
      expect(pages.map(({ status }) => status)).toEqual([...Array(10).fill(400), ...Array(21).fill(429)])
    } finally {
      await own.app.close()
    }
  })

  test('is not made free by a right code of the guesser', async () => {
    const browser = kit.browser()
    await type((await kit.start()).user_code, browser)
    const statuses = []
    for (let tries = 0; tries < 20; tries++) statuses.push((await guess(browser)).status)
    expect(statuses.at(-1)).toBe(429)
  })

  test('what is no code is no guess', async () => {
    const browser = kit.browser()
    for (let tries = 0; tries < 30; tries++) expect((await guess(browser, 'nonsense')).status).toBe(400)
  })

  test('what is no code stays in the input, to be corrected, and is cut', async () => {
    expect(fieldOf(await type('"WDJB"'))).toBe('"WDJB"')
    expect(fieldOf(await type('x'.repeat(5000)))).toBe('x'.repeat(40))
  })

  test('leaves no code in the log', async () => {
    const { user_code } = await kit.start()
    await type(user_code)
    await guess()
    const log = JSON.stringify([kit.app.log, kit.app.events])
    for (const code of [user_code, user_code.replace('-', ''), wrongCode]) expect(log).not.toContain(code)
  })
})

test('below a path of public_url, the addresses, the form and the way on have the path', async () => {
  const own = await startDeviceApp({}, "server: { public_url: 'https://auth.example.com/id' }")
  try {
    const { verification_uri, verification_uri_complete, user_code } = await own.start()
    expect(verification_uri).toBe('https://auth.example.com/id/device')
    expect(verification_uri_complete).toBe(`${verification_uri}?user_code=${user_code}`)
    const browser = new Browser(siteOfApp(own.app, 'https://auth.example.com'), { now: own.app.deps.now })
    const page = await browser.submit(await browser.open(verification_uri_complete), {})
    expect(page.url.pathname).toBe('/id/api/v1/tenant/acme/login')
    const done = await goOn(browser, page, ada)
    expect([done.status, done.url.pathname, done.url.searchParams.get('result')]).toEqual([
      200,
      '/id/device',
      'allowed',
    ])
  } finally {
    await own.app.close()
  }
})

test('one code that is typed again and again begins no more sign-ins than a link to an app does', async () => {
  const limited = await startDeviceApp({}, 'limits: { sign_ins_per_address: 20 }')
  // The device itself has one of them.
  const { user_code } = await limited.start()
  const browser = limited.browser()
  const page = await browser.open('/device')
  const statuses: number[] = []
  for (let index = 0; index < 25; index++) statuses.push((await browser.submit(page, { user_code })).status)
  expect(statuses).toEqual([...Array(19).fill(200), ...Array(6).fill(429)])
  const rows = await limited.app.deps.storage.of('acme').of(interactions).list({ limit: 100 })
  expect(rows.length).toBe(19)
  await limited.app.close()
})
