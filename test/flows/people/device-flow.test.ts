import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { decodeJwt } from 'jose'
import { endSessionsOf } from '../../../src/sessions/sessions.ts'
import {
  ada,
  type Codes,
  type DeviceApp,
  startDeviceApp,
  tenantUrl,
} from '../../endpoints/people/device-kit.ts'
import type { Browser, Page } from '../../support/people/browser.ts'
import { asksForDecision, asksForPassword, decide, logIn, signIn } from '../../support/people/flow.ts'

let kit: DeviceApp
beforeEach(async () => {
  kit = await startDeviceApp()
})
afterEach(() => kit.app.close())

/** Opens the link of the QR code and sends the code that it shows. */
async function takeLink(browser: Browser, { verification_uri_complete }: Codes): Promise<Page> {
  return browser.submit(await browser.open(verification_uri_complete), {})
}

const allowIn = async (browser: Browser, codes: Codes) => {
  const page = await takeLink(browser, codes)
  return decide(browser, asksForPassword(page) ? await logIn(browser, page, ada) : page)
}

describe('the device flow', () => {
  test('from the code on the screen to the name of the person', async () => {
    const codes = await kit.start({ scope: 'openid profile api:read' })
    const browser = kit.browser()
    const login = await browser.submit(await browser.open('/device'), {
      user_code: codes.user_code.toLowerCase(),
    })
    expect([login.url.pathname, asksForPassword(login)]).toEqual([`${tenantUrl}/login`, true])
    expect((await kit.poll(codes))['error']).toBe('authorization_pending')
    const question = await logIn(browser, login, ada)
    expect([question.url.pathname, asksForDecision(question)]).toEqual([`${tenantUrl}/consent`, true])
    for (const shown of ['Living-room TV', 'Read reports', 'ada@example.com'])
      expect(question.text).toContain(shown)
    kit.app.advance(5)
    expect((await kit.poll(codes))['error']).toBe('authorization_pending')
    const done = await decide(browser, question)
    expect([done.status, done.url.pathname, done.url.searchParams.get('result')]).toEqual([
      200,
      '/device',
      'allowed',
    ])
    expect(done.text).toContain('Acme')
    kit.app.advance(5)
    const tokens = await kit.poll(codes)
    expect(decodeJwt(String(tokens['id_token']))['name']).toBe('Ada Lovelace')
    expect(kit.app.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['device.started', 'consent.given', 'token.issued']),
    )
  })

  test('asks each time, even a person who is signed in and allowed it before (RFC 8628 section 5.4)', async () => {
    const browser = kit.browser()
    await allowIn(browser, await kit.start())
    const second = await kit.start()
    const question = await takeLink(browser, second)
    expect([asksForPassword(question), asksForDecision(question)]).toEqual([false, true])
    expect((await kit.poll(second))['error']).toBe('authorization_pending')
  })

  test('denied: the person reads it, the device is told', async () => {
    const codes = await kit.start()
    const browser = kit.browser()
    const question = await logIn(browser, await takeLink(browser, codes), ada)
    const done = await decide(browser, question, 'deny')
    expect([done.url.pathname, done.url.searchParams.get('result')]).toEqual(['/device', 'denied'])
    expect((await kit.poll(codes))['error']).toBe('access_denied')
  })

  test('a second click shows the same page, and the back button cannot turn it round', async () => {
    const codes = await kit.start()
    const browser = kit.browser()
    const question = await logIn(browser, await takeLink(browser, codes), ada)
    const [first, second] = [await decide(browser, question), await decide(browser, question)]
    expect(second.url.href).toBe(first.url.href)
    await decide(browser, question, 'deny')
    expect(await kit.poll(codes)).toHaveProperty('access_token')
  })

  test('of two people with one code the first counts, and the second reads that it was used', async () => {
    const codes = await kit.start({ scope: 'openid' })
    const [one, two] = [kit.browser(), kit.browser()]
    const bob = { ...ada, username: 'bob' }
    const questions = [
      await logIn(one, await takeLink(one, codes), ada),
      await logIn(two, await takeLink(two, codes), bob),
    ] as const
    expect((await decide(one, questions[0])).status).toBe(200)
    expect((await decide(two, questions[1])).status).toBe(400)
    const { id_token } = await kit.poll(codes)
    const person = await kit.app.deps.people.of({ id: 'acme' }).findByUsername('ada')
    expect(decodeJwt(String(id_token)).sub).toBe(person?.sub)
  })

  test('the code cannot be entered again after the decision', async () => {
    const codes = await kit.start()
    const browser = kit.browser()
    await allowIn(browser, codes)
    expect((await takeLink(browser, codes)).status).toBe(400)
  })

  test('the session of another tenant does not count', async () => {
    const browser = kit.browser()
    await signIn(browser, 'other', ada)
    expect(asksForPassword(await takeLink(browser, await kit.start()))).toBe(true)
  })

  test('the pages of one browser are of no use in another', async () => {
    const login = await takeLink(kit.browser(), await kit.start())
    const stranger = kit.browser()
    const page = await stranger.open(login.url)
    expect([page.status, asksForPassword(page)]).toEqual([400, false])
  })

  test('a code that expires while the person signs in says so', async () => {
    const codes = await kit.start()
    const browser = kit.browser()
    const question = await logIn(browser, await takeLink(browser, codes), ada)
    kit.app.advance(600)
    expect((await decide(browser, question)).status).toBe(400)
    expect((await kit.poll(codes))['error']).toBe('expired_token')
  })

  test('a session that ends before the device has its tokens ends it, unless the device may keep the access', async () => {
    const [bound, offline] = [
      await kit.start({ scope: 'openid' }),
      await kit.start({ scope: 'openid offline_access' }),
    ]
    const browser = kit.browser()
    await allowIn(browser, bound)
    await allowIn(browser, offline)
    const { deps } = kit.app
    const person = await deps.people.of({ id: 'acme' }).findByUsername('ada')
    await endSessionsOf('acme', person?.sub ?? '', deps)
    expect((await kit.poll(bound))['error']).toBe('invalid_grant')
    expect(await kit.poll(offline)).toHaveProperty('access_token')
  })
})
