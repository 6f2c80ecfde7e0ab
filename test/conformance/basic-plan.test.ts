import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from '../support/people/browser.ts'
import { asksForPassword, challengeOf } from '../support/people/flow.ts'
import {
  type Asked,
  atHashOf,
  entropyOf,
  firstClient,
  issuer,
  postClient,
  type StaticClient,
  type Suite,
  secondClient,
  startSuite,
  type Tokens,
} from './conformance-kit.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite()
})
afterAll(() => suite.app.close())

/** The two plans are the same modules; how the answer comes back differs. */
describe.each(['query', 'form_post'] as const)('by %s', (mode) => {
  const withMode = mode === 'form_post' ? { response_mode: 'form_post' } : {}
  const ask: Suite['ask'] = (more = {}, of = {}) => suite.ask({ ...withMode, ...more }, of)

  /** The parameters of the answer, which the client alone gets. */
  function answerOf({ page, client }: Asked): Record<string, string> {
    if (mode === 'query') return paramsOf(page.leftTo?.href ?? '', client)
    const [form] = page.forms
    expect([page.status, form?.method, form?.action]).toEqual([200, 'POST', client.redirectUri])
    return Object.fromEntries(form?.fields.map(({ name, value }) => [name, value]) ?? [])
  }

  function codeOf(asked: Asked): string {
    const { code = '', ...rest } = answerOf(asked)
    expect(rest).toEqual({ state: asked.sent.state, iss: issuer })
    return code
  }

  /** The whole flow of one module, with every check that the suite makes of each. */
  async function run(more: Record<string, string> = {}, of: Parameters<typeof ask>[1] = {}) {
    const asked = await ask(more, of)
    const code = codeOf(asked)
    const response = await suite.redeem(asked, code)
    const tokens = await tokensOf(response)
    const idToken = await suite.verify(tokens.id_token, asked.client)
    expect(idToken.claims['nonce']).toBe(more['nonce'] === '' ? undefined : asked.sent.nonce)
    expect(idToken.claims.sub).toMatch(/^[\x20-\x7e]{1,255}$/)
    const userinfo = await suite.userinfo(tokens.access_token)
    expect(userinfo.status).toBe(200)
    return { asked, code, tokens, ...idToken, userinfo }
  }

  async function expectError(asked: Asked, error: string) {
    expect(answerOf(asked)).toEqual({
      error,
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
      state: asked.sent.state,
      iss: issuer,
    })
  }

  /** The second time in the same browser, without a page. */
  async function twice(first: Record<string, string>, second: (idToken: string) => Record<string, string>) {
    const before = await run(first)
    suite.app.advance(2)
    const { browser } = before.asked
    const after = await run(second(before.tokens.id_token), { browser })
    expect(after.asked.page.way).toHaveLength(1)
    expect(after.claims['auth_time']).toBe(before.claims['auth_time'])
    expect(after.claims.sub).toBe(before.claims.sub)
  }

  /** The second time asks for a password, and its time is a later one. */
  async function signsInAgain(more: Record<string, string>) {
    const before = await run()
    suite.app.advance(2)
    const { browser } = before.asked
    const { page } = await suite.open({ ...withMode, ...more }, { browser })
    expect(asksForPassword(page)).toBe(true)
    const after = await run(more, { browser })
    expect(after.claims['auth_time']).toBe(Number(before.claims['auth_time']) + 2)
    return after
  }

  test('openid alone: a code, tokens and an ID token that can be checked', async () => {
    const { code, tokens, claims, header } = await run()
    for (const text of [code, tokens.access_token]) {
      expect(text.length).toBeGreaterThanOrEqual(16)
      expect(entropyOf(text)).toBeGreaterThan(96)
    }
    expect(tokens.token_type).toBe('Bearer')
    expect(tokens.expires_in).toBeGreaterThan(0)
    expect(header.alg).toBe('RS256')
    expect(header.kid).toBeString()
    expect(claims['at_hash']).toBe(atHashOf(tokens.access_token))
    const names = ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', 'at_hash']
    expect(Object.keys(claims).filter((name) => !names.includes(name))).toEqual([])
  })

  test('the same for a client that sends its secret in the form', async () => {
    await run({}, { client: postClient })
  })

  test('a request without response_type is an error of the client', async () => {
    await expectError(await ask({ response_type: '' }), 'invalid_request')
  })

  test('three ways to userinfo answer the same JSON', async () => {
    const { tokens, userinfo, claims } = await run()
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const headers = { Authorization: `Bearer ${tokens.access_token}` }
    const body = new URLSearchParams({ access_token: tokens.access_token }).toString()
    const answers = [
      userinfo,
      await suite.userinfo('', { method: 'POST', headers: { ...headers, ...form } }),
      await suite.userinfo('', { method: 'POST', headers: form, body }),
    ]
    for (const answer of answers) {
      expect([answer.status, typeOf(answer)]).toEqual([200, 'application/json'])
      expect(await answer.json()).toEqual({ sub: claims.sub })
    }
  })

  test('a request without nonce is good', async () => {
    await run({ nonce: '' })
  })

  const claimsByScope = {
    profile: [
      ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile'],
      ...['picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
    ],
    email: ['email', 'email_verified'],
    address: ['address'],
    phone: ['phone_number', 'phone_number_verified'],
  }
  test.each([
    ['openid profile', ['profile']],
    ['openid email', ['email']],
    ['openid address', ['address']],
    ['openid phone', ['phone']],
    ['openid email phone address profile', ['profile', 'email', 'address', 'phone']],
    ['email openid', ['email']],
  ] as const)('%s: every claim is in userinfo and none in the ID token', async (scope, scopes) => {
    const { userinfo, claims } = await run({ scope })
    const expected = scopes.flatMap((name) => claimsByScope[name])
    const about = await userinfo.json()
    expect(Object.keys(about).sort()).toEqual(['sub', ...expected].sort())
    expect(about.sub).toBe(claims.sub)
    expect(expected.filter((name) => name in claims)).toEqual([])
    const types = {
      email_verified: 'boolean',
      phone_number_verified: 'boolean',
      updated_at: 'number',
      address: 'object',
    }
    for (const [name, value] of Object.entries(about))
      expect([name, typeof value]).toEqual([name, Reflect.get(types, name) ?? 'string'])
  })

  test('a name that is essential for userinfo is there, and not in the ID token', async () => {
    const { userinfo, claims } = await run({ claims: '{"userinfo":{"name":{"essential":true}}}' })
    expect(await userinfo.json()).toEqual({ sub: claims.sub, name: 'Ada Lovelace' })
    expect(claims).not.toHaveProperty('name')
  })

  test.each([
    [{ display: 'page' }],
    [{ display: 'popup' }],
    [{ ui_locales: 'se' }],
    [{ claims_locales: 'se' }],
    [{ login_hint: 'buffy@op.example' }],
    [{ extra: 'foobar' }],
  ])('%j changes nothing', async (more) => {
    await run({ ...more })
  })

  test('the acr is one of those that the metadata offers and the request wants', async () => {
    const { acr_values_supported: values } = await (
      await suite.get('/.well-known/openid-configuration')
    ).json()
    const { claims } = await run({ acr_values: values.join(' ') })
    expect(values).toContain(claims['acr'])
  })

  test('prompt=login asks again, and auth_time is later', async () => {
    await signsInAgain({ prompt: 'login' })
  })

  test('max_age=1 asks again after two seconds, and auth_time is that of now', async () => {
    const { claims } = await signsInAgain({ max_age: '1' })
    expect(claims['auth_time']).toBe(suite.app.deps.now() / 1000)
  })

  test('prompt=none without a session is an error that asks for a page, with a long state as it was', async () => {
    await expectError(await ask({ prompt: 'none', state: `${'s'.repeat(124)}-._~` }), 'login_required')
  })

  test('prompt=none with a session is the same sign-in, without a page', async () => {
    await twice({}, () => ({ prompt: 'none' }))
  })

  test('max_age=10000 is the same sign-in, without a page', async () => {
    await twice({ max_age: '15000' }, () => ({ max_age: '10000' }))
  })

  test('id_token_hint is the same sign-in, without a page', async () => {
    await twice({}, (hint) => ({ prompt: 'none', id_token_hint: hint }))
  })

  test('a code is good once', async () => {
    const { asked, code } = await run()
    await expectInvalidGrant(await suite.redeem(asked, code))
  })

  test('a code that comes again after half a minute ends its access token', async () => {
    const { asked, code, tokens } = await run()
    suite.app.advance(30)
    await expectInvalidGrant(await suite.redeem(asked, code))
    expect((await suite.userinfo(tokens.access_token)).status).toBe(401)
  })

  test('a redirect URI that is not registered is a page, and the browser goes nowhere', async () => {
    expectPage((await ask({ redirect_uri: `${firstClient.redirectUri}/aBcDeFgH` })).page)
  })

  test('a request may come as a form of another site', async () => {
    await run({}, { method: 'POST' })
  })

  test('a request object is refused by its name, at the client', async () => {
    const { page } = await suite.ask({
      ...withMode,
      state: '',
      nonce: '',
      request: unsigned({ scope: 'openid' }),
    })
    const answer = mode === 'query' ? paramsOf(page.leftTo?.href ?? '', firstClient) : fieldsOf(page)
    expect(answer).toMatchObject({ error: 'request_not_supported', iss: issuer })
  })

  test('the URL of a request object is refused by its name, at the client', async () => {
    await expectError(
      await ask({ request_uri: 'https://suite.example/request' }),
      'request_uri_not_supported',
    )
  })

  test('a good redirect URI inside a request object does not count', async () => {
    const request = unsigned({ redirect_uri: firstClient.redirectUri })
    expectPage((await ask({ request, redirect_uri: 'https://suite.example/invalid' })).page)
  })

  test('a refresh gives new tokens of the same sign-in, to the client that has them alone', async () => {
    const scope = 'openid offline_access'
    for (const client of [firstClient, secondClient]) {
      const { tokens, claims } = await run({ scope, prompt: 'consent' }, { client })
      suite.app.advance(1)
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }
      const response = await suite.post(client, { ...form, ...(client === firstClient && { scope }) })
      expect(typeOf(response)).toBe('application/json')
      expect(response.headers.get('cache-control')).toContain('no-store')
      const next = await tokensOf(response)
      for (const { refresh_token = '' } of [tokens, next]) {
        expect(refresh_token).toMatch(/^[\x20-\x7e]{16,}$/)
        expect(entropyOf(refresh_token)).toBeGreaterThan(96)
      }
      expect([next.token_type, next.expires_in > 0]).toEqual(['Bearer', true])
      expect(next.access_token).not.toBe(tokens.access_token)
      const { claims: later } = await suite.verify(next.id_token, client)
      for (const name of ['iss', 'sub', 'aud', 'auth_time', 'azp']) expect(later[name]).toEqual(claims[name])
      expect(later.iat).toBe((claims.iat ?? 0) + 1)
      expect((await suite.userinfo(next.access_token)).status).toBe(200)
      if (client === firstClient) continue
      const foreign = { grant_type: 'refresh_token', refresh_token: next.refresh_token ?? '', scope }
      await expectInvalidGrant(await suite.post(firstClient, foreign))
    }
  })

  test('a client that need not use PKCE may', async () => {
    const code_verifier = 'v'.repeat(43)
    const pkce = { code_challenge: challengeOf(code_verifier), code_challenge_method: 'S256' }
    const asked = await ask(pkce)
    const code = codeOf(asked)
    await expectInvalidGrant(await suite.redeem(asked, code))
    await tokensOf(await suite.redeem(asked, code, { code_verifier }))
  })
})

/** What comes after the redirect URI. */
function paramsOf(left: string, { redirectUri }: StaticClient): Record<string, string> {
  expect(left).toStartWith(redirectUri)
  expect(left).not.toContain('#')
  return Object.fromEntries(new URLSearchParams(left.slice(redirectUri.length + 1)))
}

const fieldsOf = ({ forms }: Page) =>
  Object.fromEntries(forms[0]?.fields.map(({ name, value }) => [name, value]) ?? [])

const typeOf = ({ headers }: Response) => headers.get('content-type')?.split(';')[0]

async function tokensOf(response: Response): Promise<Tokens> {
  expect(response.status).toBe(200)
  return response.json()
}

async function expectInvalidGrant(response: Response) {
  expect([response.status, typeOf(response)]).toEqual([400, 'application/json'])
  expect(await response.json()).toEqual({
    error: 'invalid_grant',
    error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
  })
}

function expectPage(page: Page) {
  expect([page.status, page.leftTo, page.forms]).toEqual([400, undefined, []])
  expect(page.text).toContain('The redirect_uri is not registered for the client')
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const unsigned = (claims: object) => `${encode({ alg: 'none' })}.${encode(claims)}.`
