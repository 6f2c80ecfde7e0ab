import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Browser } from '../../support/people/browser.ts'
import {
  challengeOf,
  decide,
  logIn,
  type Parameters,
  postAs,
  type Relying,
} from '../../support/people/flow.ts'
import { siteOfApp } from '../../support/people/sites.ts'
import {
  acmeUrl,
  ada,
  answerOf,
  codeOf,
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

const pushing: Relying = {
  clientId: 'pushing',
  secret: 'pushing-secret-value',
  redirectUri: 'https://pushing.example/cb',
}
const verifier = 'v'.repeat(43)

const formOf = ({ redirectUri }: Relying, more: Parameters = {}): Parameters => ({
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'openid',
  state: 's',
  code_challenge: challengeOf(verifier),
  code_challenge_method: 'S256',
  ...more,
})

const push = (client: Relying, more: Parameters = {}) =>
  postAs(siteOfApp(kit.app), `${acmeUrl}/oauth/par`, client, formOf(client, more))

async function pushed(client: Relying = web, more: Parameters = {}): Promise<string> {
  const response = await push(client, more)
  expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store'])
  const { request_uri, expires_in, ...rest } = await response.json()
  expect([expires_in, rest]).toEqual([60, {}])
  expect(request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/)
  return request_uri
}

const open = (
  browser: Browser,
  request_uri: string,
  { clientId }: Pick<Relying, 'clientId'> = web,
  more: Parameters = {},
) =>
  browser.open(
    `${acmeUrl}/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri, ...more })}`,
  )

describe('a pushed request', () => {
  test('is what the browser brings by its request_uri, whatever else the URL says', async () => {
    const browser = kit.browser()
    const page = await open(browser, await pushed(), web, {
      state: 'other',
      redirect_uri: 'https://evil.example',
      prompt: 'none',
    })
    expect(whereIs(page)).toBe('login')
    const done = await decide(browser, await logIn(browser, page, ada))
    expect(answerOf(done)).toMatchObject({ state: 's', code: codeOf(done) })
    expect(await kit.idToken({ code: codeOf(done), verifier })).toMatchObject({ aud: 'web' })
  })

  test('works again in the browser that opened it, by reload and back, and in no other', async () => {
    const uri = await pushed()
    const browser = kit.browser()
    expect(whereIs(await open(browser, uri))).toBe('login')
    const page = await open(browser, uri)
    expect(whereIs(page)).toBe('login')
    kit.app.advance(61)
    const consent = await logIn(browser, await open(browser, uri), ada)
    codeOf(await decide(browser, consent))
    codeOf(await open(browser, uri))
    const other = await open(kit.browser(), uri)
    expect([other.status, other.leftTo]).toEqual([400, undefined])
    expect(other.text).toContain('invalid_request_uri')
    kit.app.advance(600)
    expect((await open(browser, uri)).status).toBe(400)
  })

  test('of two browsers at once goes to one', async () => {
    const uri = await pushed()
    const pages = await Promise.all(Array.from({ length: 10 }, () => open(kit.browser(), uri)))
    expect(pages.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)])
  })

  test('waits for a minute', async () => {
    const [early, late] = [await pushed(), await pushed()]
    kit.app.advance(59)
    expect(whereIs(await open(kit.browser(), early))).toBe('login')
    kit.app.advance(1)
    const page = await open(kit.browser(), late)
    expect([page.status, page.leftTo]).toEqual([400, undefined])
    expect(page.text).toContain('invalid_request_uri')
  })

  test('is of one client and one tenant', async () => {
    const uri = await pushed()
    expect((await open(kit.browser(), uri, spa)).status).toBe(400)
    const query = new URLSearchParams({ client_id: 'web', request_uri: uri })
    expect((await kit.browser().open(`/api/v1/tenant/other/oauth/authorize?${query}`)).status).toBe(400)
    expect((await kit.browser().open(`${acmeUrl}/oauth/authorize?request_uri=${uri}`)).status).toBe(400)
    expect(whereIs(await open(kit.browser(), uri))).toBe('login')
  })

  test('that nobody pushed is refused on a page', async () => {
    for (const id of ['', 'x', 'A'.repeat(43), '../../x', '\0']) {
      const page = await open(kit.browser(), `urn:ietf:params:oauth:request_uri:${id}`)
      expect([page.status, page.leftTo]).toEqual([400, undefined])
    }
  })

  test('is the only one of a client that has to push', async () => {
    const { page } = await kit.start(kit.browser(), pushing)
    expect(answerOf(page)).toMatchObject({ error: 'invalid_request' })
    expect(whereIs(await open(kit.browser(), await pushed(pushing), pushing))).toBe('login')
  })

  test('of a public client needs no secret, because nothing proves it anyway', async () => {
    expect(whereIs(await open(kit.browser(), await pushed(spa), spa))).toBe('login')
  })

  test('is a code at once where the person is signed in and allowed it', async () => {
    const browser = await kit.signedIn()
    codeOf(await open(browser, await pushed()))
  })
})

describe('the answer to the client', () => {
  const refused = async (response: Response) => [response.status, (await response.json()).error]
  test.each<[Parameters, number, string]>([
    [{ redirect_uri: 'https://evil.example' }, 400, 'invalid_request'],
    [{ redirect_uri: '' }, 400, 'invalid_request'],
    [{ response_type: 'token' }, 400, 'unsupported_response_type'],
    [{ scope: 'admin' }, 400, 'invalid_scope'],
    [{ code_challenge_method: 'plain' }, 400, 'invalid_request'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 400, 'invalid_request'],
    [{ request: 'e30' }, 400, 'request_not_supported'],
    [{ prompt: 'none login' }, 400, 'invalid_request'],
    [{ resource: 'https://evil.example' }, 400, 'invalid_target'],
    [{ id_token_hint: 'x' }, 400, 'invalid_request'],
  ])('%p: %p %s', async (more, status, error) => {
    expect(await refused(await push(web, more))).toEqual([status, error])
  })

  test('is invalid_client for a wrong secret and an unknown client', async () => {
    expect(await refused(await push({ ...web, secret: 'wrong' }))).toEqual([401, 'invalid_client'])
    expect(await refused(await push({ ...web, clientId: 'nobody' }))).toEqual([401, 'invalid_client'])
    expect(await refused(await push({ clientId: 'web', redirectUri: web.redirectUri }))).toEqual([
      401,
      'invalid_client',
    ])
  })

  test('refuses a client in the form that is not the one that authenticated itself', async () => {
    const [status] = await refused(await push(web, { client_id: 'spa' }))
    expect(status).toBeGreaterThanOrEqual(400)
  })

  test('refuses a parameter that is sent twice', async () => {
    const body = `${new URLSearchParams(formOf(spa))}&client_id=spa&state=t`
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const response = await kit.app.send(`${acmeUrl}/oauth/par`, { method: 'POST', body, headers })
    expect(await refused(response)).toEqual([400, 'invalid_request'])
  })

  test('is not there for GET', async () => {
    const response = await kit.app.send(`${acmeUrl}/oauth/par`)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('a refusal is in the audit trail with the client', async () => {
    await push(web, { scope: 'admin' })
    expect(kit.app.events.at(-1)).toMatchObject({
      type: 'authorization.refused',
      client: 'web',
      reason: 'invalid_scope',
    })
  })
})
