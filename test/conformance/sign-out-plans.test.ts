import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { SignJWT } from 'jose'
import type { Browser, Page } from '../support/people/browser.ts'
import { decide } from '../support/people/flow.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  type Asked,
  bye,
  firstClient,
  type IdToken,
  issuer,
  type Suite,
  startSuite,
} from './conformance-kit.ts'

let suite: Suite
beforeEach(async () => {
  suite = await startSuite()
})
afterEach(() => suite.app.close())

/** As long as the suite's, with the letters that it tries. */
const state = `${'aZ'.repeat(25)}0123456789!"#$%&'()*,-./:<=>?@[\\]^_\`{|}~`

interface SignedIn {
  readonly browser: Browser
  readonly hint: string
  readonly idToken: IdToken
}

async function signIn(): Promise<SignedIn> {
  const asked = await suite.ask({ state: 's'.repeat(128) })
  const response = await suite.redeem(asked, asked.page.leftTo?.searchParams.get('code') ?? '')
  const { id_token: hint } = await response.json()
  return { browser: asked.browser, hint, idToken: await suite.verify(hint) }
}

const open = (browser: Browser, parameters: Record<string, string>) =>
  browser.open(`${issuer}/oauth/logout?${new URLSearchParams(parameters)}`)

const errorOf = ({ page }: Asked) => page.leftTo?.searchParams.get('error') ?? null

/** What prompt=none answers in the browser: null is a code. */
const silently = async (browser: Browser) => errorOf(await suite.ask({ prompt: 'none' }, { browser }))

describe('the browser comes back to the client', () => {
  test('signed out, with the state as it was and nothing more', async () => {
    const { browser, hint } = await signIn()
    const page = await open(browser, { id_token_hint: hint, post_logout_redirect_uri: bye, state })
    expect(page.leftTo?.href.split('?')[0]).toBe(bye)
    expect([...(page.leftTo?.searchParams ?? [])]).toEqual([['state', state]])
    expect(await silently(browser)).toBe('login_required')
  })

  test('signed out, without a state where it sent none', async () => {
    const { browser, hint } = await signIn()
    const page = await open(browser, { id_token_hint: hint, post_logout_redirect_uri: bye })
    expect(page.leftTo?.href).toBe(bye)
    expect(await silently(browser)).toBe('login_required')
  })
})

describe('the browser stays, on a page', () => {
  /** An error, after which the person is signed in as before. */
  async function expectError(browser: Browser, page: Page, sentence: string) {
    expect([page.status, page.leftTo]).toEqual([400, undefined])
    expect(page.text).toContain(sentence)
    expect(await silently(browser)).toBeNull()
  }

  test('with an ID token that the client signed itself', async () => {
    const { browser, idToken } = await signIn()
    const { alg: _, ...header } = idToken.header
    const hint = await new SignJWT(idToken.claims)
      .setProtectedHeader({ ...header, alg: 'HS256' })
      .sign(Buffer.from(firstClient.secret.padEnd(32, '0')))
    const page = await open(browser, { id_token_hint: hint, post_logout_redirect_uri: bye, state })
    await expectError(browser, page, 'The id_token_hint is not an ID token of this server')
  })

  test('with an ID token from which the signature was taken', async () => {
    const { browser, hint } = await signIn()
    const header = Buffer.from('{"alg": "none"}').toString('base64url')
    const id_token_hint = `${header}.${hint.split('.')[1]}.`
    const page = await open(browser, { id_token_hint, post_logout_redirect_uri: bye, state })
    await expectError(browser, page, 'The id_token_hint is not an ID token of this server')
  })

  test.each(['https://suite.example/test/a/grantd/bad', `${bye}?foo=bar`])('with the URI %s', async (uri) => {
    const { browser, hint } = await signIn()
    const page = await open(browser, { id_token_hint: hint, post_logout_redirect_uri: uri, state })
    await expectError(browser, page, 'The post_logout_redirect_uri is not registered for the client')
  })

  test('with an ID token and no URI, signed out', async () => {
    const { browser, hint } = await signIn()
    const page = await open(browser, { id_token_hint: hint, state })
    expect([page.status, page.leftTo]).toEqual([200, undefined])
    expect(page.text).toContain('You are signed out')
    expect(await silently(browser)).toBe('login_required')
  })

  test.each<[string, Record<string, string>]>([
    ['a URI without an ID token', { post_logout_redirect_uri: bye, state }],
    ['a state alone', { state }],
    ['nothing', {}],
  ])('with %s, signed out when the person has said so', async (_, parameters) => {
    const { browser } = await signIn()
    const question = await open(browser, parameters)
    expect([question.status, question.leftTo]).toEqual([200, undefined])
    expect(await silently(browser)).toBeNull()
    const page = await decide(browser, question)
    expect([page.status, page.leftTo]).toEqual([200, undefined])
    expect(page.text).toContain('You are signed out')
    expect(await silently(browser)).toBe('login_required')
  })
})

test('the client is told by a logout token of the session, and the browser comes back to it', async () => {
  const { browser, hint, idToken } = await signIn()
  const { posts } = suite.network
  const page = await open(browser, { id_token_hint: hint, post_logout_redirect_uri: bye, state })
  expect([...(page.leftTo?.searchParams ?? [])]).toEqual([['state', state]])
  await waitFor('the client is told', () => posts.length === 1)
  const form = posts[0]?.form ?? new URLSearchParams()
  expect(posts[0]?.url).toBe('https://suite.example/test/a/grantd/backchannel_logout')
  expect([...form.keys()]).toEqual(['logout_token'])
  const { claims } = await suite.verify(form.get('logout_token') ?? '')
  const now = suite.app.deps.now() / 1000
  expect(claims).toEqual({
    ...{ iss: issuer, aud: 'first', iat: now, exp: expect.any(Number), jti: expect.any(String) },
    ...{ sub: idToken.claims.sub ?? '', sid: idToken.claims['sid'] },
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })
  expect(await silently(browser)).toBe('login_required')
})
