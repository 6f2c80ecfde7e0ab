import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { decide, logIn } from '../../support/people/flow.ts'
import {
  acmeIssuer,
  ada,
  answerOf,
  bob,
  codeOf,
  first,
  type SignInApp,
  spa,
  startSignInApp,
  web,
  whereIs,
} from './sign-in-kit.ts'

let kit: SignInApp
beforeEach(async () => {
  kit = await startSignInApp()
})
afterEach(() => kit.app.close())

describe('the first login', () => {
  test('goes from the login by the consent to the client, with code, state and iss', async () => {
    const browser = kit.browser()
    const started = await kit.start(browser)
    expect(whereIs(started.page)).toBe('login')
    expect(started.page.url.pathname).toBe('/api/v1/tenant/acme/login')
    const consent = await logIn(browser, started.page, ada)
    expect(whereIs(consent)).toBe('consent')
    expect(consent.text).toContain('Web shop')
    expect(consent.text).toContain('ada@example.com')
    const done = await decide(browser, consent)
    expect(done.status).toBe(303)
    expect(`${done.leftTo?.origin}${done.leftTo?.pathname}`).toBe('https://app.example/cb')
    expect(answerOf(done)).toEqual({ code: codeOf(done), state: started.state, iss: acmeIssuer })
    const claims = await kit.idToken({ code: codeOf(done), verifier: started.verifier })
    expect(claims).toMatchObject({
      iss: acmeIssuer,
      aud: 'web',
      nonce: started.nonce,
      auth_time: Math.floor(kit.app.deps.now() / 1000),
      amr: ['pwd'],
      acr: '1',
      email: 'ada@example.com',
    })
  })

  test('is asked for nothing the next time, and no interaction begins', async () => {
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser)
    expect(page.way).toHaveLength(1)
    codeOf(page)
  })

  test('asks for the new scopes alone the next time, by name', async () => {
    const browser = await kit.signedIn()
    const { page } = await kit.start(browser, web, { scope: 'openid api:read' })
    expect(whereIs(page)).toBe('consent')
    expect(page.text).toContain('Read reports')
    codeOf(await decide(browser, page))
    expect(whereIs((await kit.start(browser, web, { scope: 'openid email api:read' })).page)).toBe('code')
    expect(whereIs((await kit.start(browser, web, { scope: 'api:write' })).page)).toBe('consent')
  })

  test('of a first party needs no consent', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser, first)
    codeOf(await logIn(browser, page, ada))
  })

  test('by the key of config.yaml works like that by the address', async () => {
    const browser = kit.browser()
    const { page } = await kit.start(browser, first)
    codeOf(await logIn(browser, page, bob))
  })
})

test('spaces around the name, as a phone writes them, do not count', async () => {
  const browser = kit.browser()
  const { page } = await kit.start(browser, first)
  codeOf(await logIn(browser, page, { ...ada, username: ` ${ada.username} ` }))
})

describe('a login that fails', () => {
  test('answers 401 with the form, in the same bytes for each reason', async () => {
    const bodies = new Set<string>()
    for (const [username, password] of [
      ['ada@example.com', 'wrong'],
      ['gone@example.com', ada.password],
      ['none@example.com', 'wrong'],
    ] as const) {
      const browser = kit.browser()
      const { page } = await kit.start(browser)
      const failed = await logIn(browser, page, { username, password })
      expect(failed.status).toBe(401)
      expect(whereIs(failed)).toBe('401')
      expect(failed.headers.get('set-cookie')).toBeNull()
      const anonymous = failed.body
        .replaceAll(username, 'NAME')
        .replace(/name="csrf" value="[^"]*"/, '')
        .replace(/interaction=[\w-]{22}/, '')
      bodies.add(anonymous)
      // The form works.
      expect(whereIs(await logIn(browser, failed, ada))).toBe('consent')
    }
    expect(bodies.size).toBe(1)
    const reasons = kit.app.events
      .filter(({ type }) => type === 'sign_in.refused')
      .map(({ reason }) => reason)
    expect(reasons).toEqual(['wrong_password', 'person_inactive', 'unknown_person'])
  })

  test('answers 429 with Retry-After and words from the fifth failure on', async () => {
    const browser = kit.browser()
    let { page } = await kit.start(browser)
    const statuses: number[] = []
    for (let count = 0; count < 6; count++) {
      page = await logIn(browser, page, { ...ada, password: 'wrong' })
      statuses.push(page.status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429])
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(page.text).toMatch(/wait|again/i)
  })
})

test('a denied consent goes to the client as access_denied', async () => {
  const browser = kit.browser()
  const started = await kit.start(browser)
  const done = await decide(browser, await logIn(browser, started.page, ada), 'deny')
  expect(answerOf(done)).toEqual({
    error: 'access_denied',
    error_description: 'The person did not allow the request',
    state: started.state,
    iss: acmeIssuer,
  })
  // Nothing was remembered.
  expect(whereIs((await kit.start(browser)).page)).toBe('consent')
})

test('form_post answers a page that posts to the client alone, with one hashed script', async () => {
  const browser = await kit.signedIn()
  const { page, state } = await kit.start(browser, web, { response_mode: 'form_post', state: '"><script>x' })
  expect(page.status).toBe(200)
  const [form] = page.forms
  expect(form).toMatchObject({ action: 'https://app.example/cb', method: 'POST' })
  const fields = Object.fromEntries((form?.fields ?? []).map(({ name, value }) => [name, value]))
  expect(fields).toEqual({ code: expect.stringMatching(/^[\w-]{43}$/), state, iss: acmeIssuer })
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/script-src 'sha256-[\w+/]{43}='/)
  expect(policy).not.toContain('unsafe-inline')
  expect(page.body).not.toContain('<script>x')
})

test('what happened is in the audit trail, with the person and the client and without an address', async () => {
  await kit.signedIn()
  const seen = kit.app.events.map(({ type, outcome, client }) => [type, outcome, client])
  expect(seen).toEqual([
    ['sign_in.succeeded', 'success', 'web'],
    ['session.started', 'success', 'web'],
    ['consent.given', 'success', 'web'],
    ['code.issued', 'success', 'web'],
  ])
  const actors = new Set(kit.app.events.map(({ actor }) => actor))
  expect(actors.size).toBe(1)
  expect(JSON.stringify(kit.app.events)).not.toContain('ada@example.com')
  expect(JSON.stringify(kit.app.log)).not.toContain('ada@example.com')
})

test('a public client gets its code as well', async () => {
  const browser = kit.browser()
  const started = await kit.start(browser, spa)
  const done = await decide(browser, await logIn(browser, started.page, ada))
  expect(await kit.idToken({ code: codeOf(done), verifier: started.verifier }, spa)).toMatchObject({
    aud: 'spa',
  })
})
