import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { resetPerson } from '../../../src/management/people/reset-person.ts'
import type { Browser, Page } from '../../support/people/browser.ts'
import {
  type Accounts,
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

const next = 'another long password'
const over = 'This link no longer works'
const saved = 'Your password is saved'
const choose = (browser: Browser, page: Page, chosen = next) => browser.submit(page, { password: chosen })

test('a link shows whose password it is, sets it once, and ends what was before', async () => {
  const before = await signedIn(of)
  const browser = newBrowser(of)
  const page = await browser.open(of.link)
  expect(page.status).toBe(200)
  expect(page.text).toContain('ada@example.com')
  const done = await choose(browser, page)
  expect(headingOf(done)).toBe(saved)
  expect(done.links.map(({ href }) => href)).toContain(`${path}/account`)
  expect(await sessionOf(of, before)).toBeUndefined()
  of.app.advance(1)
  expect((await logIn(of, 'ada@example.com', next)).page.status).toBe(200)
  expect((await logIn(of, 'ada@example.com', password)).page.status).toBe(401)
  // Replayed, by the form and by the link.
  for (const again of [await choose(browser, page, 'a third long password'), await browser.open(of.link)]) {
    expect(again.status).toBe(400)
    expect(headingOf(again)).toBe(over)
  }
  expect((await logIn(of, 'ada@example.com', next)).page.status).toBe(200)
})

test('no answer tells the link to anybody: neither a header nor a page that is stored', async () => {
  const browser = newBrowser(of)
  const pages = [await browser.open(of.link), await browser.open(`${path}/account/password?link=x`)]
  pages.push(await choose(browser, pages[0] as Page, 'short'), await choose(browser, pages[0] as Page))
  for (const { headers } of pages) {
    expect(headers.get('referrer-policy')).toBe('strict-origin')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  }
  expect(JSON.stringify([of.app.log, of.app.events])).not.toContain(of.link.searchParams.get('link') ?? '?')
})

test.each([
  ['short', 'short', 'That is too short'],
  ['empty', '', 'That is too short'],
  ['long', 'x'.repeat(1025), 'at most'],
  ['no text', 'a long\u0000 enough password', 'cannot be typed everywhere'],
])(
  'a password that is %s is refused with the reason, and the link is good still',
  async (_, chosen, words) => {
    const browser = newBrowser(of)
    const page = await choose(browser, await browser.open(of.link), chosen)
    expect(page.status).toBe(400)
    expect(page.text).toContain(words)
    if (chosen.length > 5) expect(page.body).not.toContain(chosen)
    expect(headingOf(await choose(browser, page))).toBe(saved)
  },
)

test('opening the link uses nothing up, as mail programs do', async () => {
  for (let time = 0; time < 3; time++) expect((await newBrowser(of).open(of.link)).status).toBe(200)
  const response = await of.app.send(`${of.link.pathname}${of.link.search}`, { method: 'HEAD' })
  expect(response.status).toBe(200)
  const browser = newBrowser(of)
  expect(headingOf(await choose(browser, await browser.open(of.link)))).toBe(saved)
})

test('of two who use it at once, one wins', async () => {
  const browsers = [newBrowser(of), newBrowser(of)]
  const pages = await Promise.all(browsers.map((browser) => browser.open(of.link)))
  const done = await Promise.all(
    browsers.map((browser, at) => choose(browser, pages[at] as Page, `long password number ${at}`)),
  )
  expect(done.map(headingOf).sort()).toEqual([over, saved].sort())
})

describe('a link is over', () => {
  const isOver = async (link: string | URL) => {
    const page = await newBrowser(of).open(link)
    expect(page.status).toBe(400)
    expect(headingOf(page)).toBe(over)
    expect(page.text).not.toContain('ada@example.com')
    expect(page.forms).toEqual([])
  }
  const linkOf = (text: string) => `${path}/account/password?${new URLSearchParams({ link: text })}`

  test('after a day', async () => {
    of.app.advance(86_400)
    await isOver(of.link)
  })

  test('when a later one was made', async () => {
    const person = { sub: of.sub, actor: { name: 'shell' } }
    await resetPerson(person, of.tenant, of.app.deps)
    await isOver(of.link)
  })

  test('at another tenant, and with another spelling', async () => {
    await isOver(String(of.link).replace('/acme/', '/other/'))
    const [sub = '', secret = ''] = (of.link.searchParams.get('link') ?? '').split('.')
    const texts = [
      '',
      '.',
      sub,
      `${sub}.`,
      `.${secret}`,
      `${sub}.${secret}x`,
      `${sub}.${secret.toLowerCase()}`,
    ]
    texts.push(`x${sub}.${secret}`, `${sub}\0.${secret}`, 'x'.repeat(7000), '\u{d800}.x')
    for (const text of texts) await isOver(linkOf(text))
    await isOver(`${path}/account/password`)
    expect((await newBrowser(of).open(of.link)).status).toBe(200)
  })
})

test('a form is refused from another browser, from another site, and for another link', async () => {
  const browser = newBrowser(of)
  const page = await browser.open(of.link)
  const csrf = page.forms[0]?.fields.find(({ name }) => name === 'csrf')?.value ?? ''
  const values = { csrf, password: next }
  const target = `${of.link.pathname}${of.link.search}`
  const stranger = newBrowser(of)
  await stranger.open(of.link)
  const tries = [
    await stranger.postFrom(stranger.origin, target, values),
    await browser.postFrom('https://evil.example', target, values),
    await browser.postFrom(browser.origin, `${path}/account/password?link=other`, values),
    await browser.postFrom(browser.origin, target, { password: next }),
  ]
  expect(tries.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  expect(headingOf(await choose(browser, page))).toBe(saved)
})
