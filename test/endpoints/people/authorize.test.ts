import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from '../../support/people/browser.ts'
import type { Parameters } from '../../support/people/flow.ts'
import { logIn } from '../../support/people/flow.ts'
import {
  acmeIssuer,
  acmeUrl,
  ada,
  answerOf,
  codeOf,
  type SignInApp,
  startSignInApp,
  web,
  whereIs,
} from './sign-in-kit.ts'

let kit: SignInApp
beforeAll(async () => {
  kit = await startSignInApp()
})
afterAll(() => kit.app.close())

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const usual: Parameters = {
  client_id: 'web',
  redirect_uri: 'https://app.example/cb',
  response_type: 'code',
  scope: 'openid',
  code_challenge: challenge,
  code_challenge_method: 'S256',
  state: 'the-state',
}

type Changes = Readonly<Record<string, string | readonly string[]>>

/** Like {@link usual}; '' leaves a parameter out, a list sends it more than once. */
function queryOf(changes: Changes): string {
  const pairs = Object.entries<string | readonly string[]>({ ...usual, ...changes }).flatMap(
    ([name, value]) => [value].flat().flatMap((one) => (one === '' ? [] : [[name, one] as [string, string]])),
  )
  return new URLSearchParams(pairs).toString()
}

const ask = (changes: Changes, tenant = 'acme') =>
  kit.browser().open(`/api/v1/tenant/${tenant}/oauth/authorize?${queryOf(changes)}`)

/** The same by the form of another site. */
async function post(changes: Changes): Promise<Page> {
  const browser = kit.browser()
  const values = Object.fromEntries(new URLSearchParams(queryOf(changes)))
  return browser.postFrom('https://app.example', `${acmeUrl}/oauth/authorize`, values)
}

const stays = (page: Page) => [page.status, page.leftTo, page.headers.get('location')]

describe('a request whose client or redirect URI is not proven is a page and goes nowhere', () => {
  test.each<[string, Changes, string]>([
    ['without a client', { client_id: '' }, 'Missing client_id parameter'],
    ['of an unknown client', { client_id: 'nobody' }, 'The client is unknown'],
    [
      'of an inactive client',
      { client_id: 'idle', redirect_uri: 'https://idle.example/cb' },
      'The client is unknown',
    ],
    ['with two clients', { client_id: ['web', 'spa'] }, 'A parameter was sent more than once: client_id'],
    [
      'with the same client twice',
      { client_id: ['web', 'web'] },
      'A parameter was sent more than once: client_id',
    ],
    ['without a redirect URI', { redirect_uri: '' }, 'Missing redirect_uri parameter'],
    [
      'with two redirect URIs',
      { redirect_uri: [web.redirectUri, web.redirectUri] },
      'A parameter was sent more than once: redirect_uri',
    ],
    [
      'with the redirect URI of another client',
      { redirect_uri: 'https://spa.example/cb' },
      'The redirect_uri is not registered for the client',
    ],
  ])('%s', async (_, changes, sentence) => {
    const isTwice = Object.values(changes).some(Array.isArray)
    for (const page of [await ask(changes), ...(isTwice ? [] : [await post(changes)])]) {
      expect(stays(page)).toEqual([400, undefined, null])
      expect(page.text).toContain(sentence)
      expect(page.text).toContain('invalid_request')
      expect(page.text).toContain(page.headers.get('x-request-id') ?? 'no id')
      expect(page.headers.get('cache-control')).toBe('no-store')
    }
  })

  test.each([
    'https://app.example/cb/',
    'https://app.example/cb?',
    'https://app.example/cb?x=1',
    'https://app.example/cb?tenant=2',
    'https://app.example/cb?tenant=1&x=1',
    'https://app.example/cb#',
    'https://app.example/cb#fragment',
    'https://app.example/CB',
    'https://APP.example/cb',
    'HTTPS://app.example/cb',
    'http://app.example/cb',
    'https://app.example:443/cb',
    'https://app.example:8443/cb',
    'https://app.example./cb',
    'https://evil.app.example/cb',
    'https://app.example.evil.example/cb',
    'https://app.example@evil.example/cb',
    'https://user:secret@app.example/cb',
    'https://app.example%2eevil.example/cb',
    'https://app.example/%63b',
    'https://app.example/x/../cb',
    'https://app.example/./cb',
    'https://app.example//cb',
    'https://app.example/cb/../../evil',
    'https://app.example/cb%2f..%2fevil',
    'https://app.example\\@evil.example/cb',
    'https://app.example/cb\\',
    'https:app.example/cb',
    '//app.example/cb',
    '/cb',
    'cb',
    ' https://app.example/cb',
    'https://app.example/cb ',
    'https://app.example/cb\n',
    'https://app.example/cb%0d%0aSet-Cookie:x=1',
    'https://àpp.example/cb',
    'https://аpp.example/cb',
    'https://xn--pp-cja.example/cb',
    'https://app.example/cb;x',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://127.0.0.1/other',
    'http://127.0.0.2/native',
    'http://127.1/native',
    'http://2130706433/native',
    'http://127.0.0.1:8000@evil.example/native',
    'http://127.0.0.1:99999/native',
    'http://127.0.0.1:80a/native',
    'http://127.0.0.1:/native',
    'https://127.0.0.1/native',
    'http://localhost/native',
    'http://localhost.evil.example/cb',
    'http://localhost:8080.evil.example/cb',
    'http://[::2]/native',
    'http://[0:0:0:0:0:0:0:1]/native',
  ])('redirect_uri=%s', async (redirect_uri) => {
    for (const page of [await ask({ redirect_uri }), await post({ redirect_uri })]) {
      expect(stays(page)).toEqual([400, undefined, null])
      expect(page.text).toContain('The redirect_uri is not registered for the client')
      expect(page.headers.get('content-security-policy')).toContain("form-action 'self'")
    }
  })

  test.each([
    ['http://127.0.0.1:1/native'],
    ['http://127.0.0.1:65535/native'],
    ['http://[::1]:51004/native'],
    ['http://localhost:51004/cb'],
    ['http://localhost/cb'],
    ['https://app.example/cb?tenant=1'],
  ])('and %s is registered', async (redirect_uri) => {
    expect(whereIs(await ask({ redirect_uri }))).toBe('login')
  })

  test('at a tenant that is missing or inactive, it is the page of a tenant that is not there', async () => {
    for (const tenant of ['nobody', '%61cme']) {
      const page = await ask({}, tenant)
      expect(stays(page)).toEqual([404, undefined, null])
      expect(page.text).toContain('tenant_not_found')
    }
  })

  test('with a client twice in a form', async () => {
    const body = new URLSearchParams(queryOf({ client_id: ['web', 'web'] }))
    const response = await kit.app.send(`${acmeUrl}/oauth/authorize`, { method: 'POST', body })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  test('with a query or a form that cannot be read', async () => {
    for (const query of ['client_id=%zz', `${queryOf({})}&state=%ff`]) {
      const page = await kit.browser().open(`${acmeUrl}/oauth/authorize?${query}`)
      expect(stays(page)).toEqual([400, undefined, null])
    }
    const response = await kit.app.send(`${acmeUrl}/oauth/authorize`, {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
    })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })
})

describe('every other error goes to the client, with its code, state and iss', () => {
  test.each<[Changes, string]>([
    [{ response_type: '' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: 'id_token' }, 'unsupported_response_type'],
    [{ response_type: 'code token' }, 'unsupported_response_type'],
    [{ response_type: 'none' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ response_mode: 'web_message' }, 'invalid_request'],
    [{ scope: 'openid admin' }, 'invalid_scope'],
    [{ scope: ['openid', 'email'] }, 'invalid_request'],
    [{ nonce: ['a', 'a'] }, 'invalid_request'],
    [{ code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge_method: '' }, 'invalid_request'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ prompt: 'none consent' }, 'invalid_request'],
    [{ prompt: 'register' }, 'invalid_request'],
    [{ max_age: 'soon' }, 'invalid_request'],
    [{ claims: 'x' }, 'invalid_request'],
    [{ id_token_hint: 'x' }, 'invalid_request'],
    [{ resource: 'https://evil.example' }, 'invalid_target'],
    [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    [{ request_uri: 'https://app.example/request' }, 'request_uri_not_supported'],
    [{ registration: '{}' }, 'registration_not_supported'],
    [{ prompt: 'none' }, 'login_required'],
  ])('%p: %s', async (changes, error) => {
    const page = await ask(changes)
    expect(page.status).toBe(303)
    expect(`${page.leftTo?.origin}${page.leftTo?.pathname}`).toBe('https://app.example/cb')
    expect(answerOf(page)).toEqual({
      error,
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
      state: 'the-state',
      iss: acmeIssuer,
    })
  })

  test('a client without the grant is not there, because it has no redirect URI; one of another tenant neither', async () => {
    expect(stays(await ask({ redirect_uri: 'https://app.example/other' }, 'other'))).toEqual([
      400,
      undefined,
      null,
    ])
  })

  test('a state that is sent twice comes back once', async () => {
    const page = await ask({ state: ['a', 'b'] })
    expect(answerOf(page)).toMatchObject({ error: 'invalid_request', state: 'a' })
  })

  test('a state that is too long does not come back, because no proxy takes such a header', async () => {
    const page = await ask({ state: 's'.repeat(4001) })
    expect(answerOf(page)).toEqual({
      error: 'invalid_request',
      error_description: 'A parameter is too long: state',
      iss: acmeIssuer,
    })
  })

  test('by a form, where the request asks for form_post', async () => {
    const page = await ask({ response_mode: 'form_post', prompt: 'none' })
    const fields = page.forms[0]?.fields.map(({ name, value }) => [name, value])
    expect(Object.fromEntries(fields ?? [])).toMatchObject({
      error: 'login_required',
      state: 'the-state',
      iss: acmeIssuer,
    })
  })

  test('a redirect URI with a query keeps it, and one of an app keeps its scheme', async () => {
    const withQuery = await ask({ redirect_uri: 'https://app.example/cb?tenant=1', prompt: 'none' })
    expect(answerOf(withQuery)).toMatchObject({ tenant: '1', error: 'login_required' })
    const native = await ask({ client_id: 'native', redirect_uri: 'com.example.app:/cb', prompt: 'none' })
    expect(native.headers.get('location')).toMatch(/^com\.example\.app:\/cb\?error=login_required&/)
  })
})

test('a state of 2,000 characters, of any letters, comes back as it was', async () => {
  const state = `${'x'.repeat(1980)} ä€😀"'<>&+%#`
  expect(answerOf(await ask({ state, prompt: 'none' }))['state']).toBe(state)
})

describe('POST', () => {
  test('sends the browser back by GET, so that its session comes along', async () => {
    const browser = await kit.signedIn()
    const values = { ...usual, state: 's'.repeat(2000) }
    const page = await browser.postFrom('https://app.example', `${acmeUrl}/oauth/authorize`, values)
    codeOf(page)
    expect(answerOf(page)['state']).toBe(values.state)
    expect(page.way).toHaveLength(2)
    expect(page.way[1]?.searchParams.get('request_uri')).toMatch(
      /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/,
    )
  })

  test('begins a login as GET does', async () => {
    const browser = kit.browser()
    const page = await browser.postFrom('https://app.example', `${acmeUrl}/oauth/authorize`, usual)
    expect(whereIs(page)).toBe('login')
    expect(whereIs(await logIn(browser, page, ada))).toMatch(/^(consent|code)$/)
  })

  test('answers an error at once, and keeps nothing', async () => {
    const page = await post({ scope: 'openid admin' })
    expect(answerOf(page)).toMatchObject({ error: 'invalid_scope', state: 'the-state' })
    expect(page.way).toHaveLength(1)
  })

  test('does not replace a pushed request where the client has to push', async () => {
    const page = await post({ client_id: 'pushing', redirect_uri: 'https://pushing.example/cb' })
    expect(answerOf(page)).toMatchObject({ error: 'invalid_request' })
  })
})

test('HEAD begins nothing that a browser could use', async () => {
  const response = await kit.app.send(`${acmeUrl}/oauth/authorize?${queryOf({})}`, { method: 'HEAD' })
  expect([response.status, await response.text()]).toEqual([303, ''])
})

test('other methods are not there', async () => {
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const response = await kit.app.send(`${acmeUrl}/oauth/authorize`, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
  }
})
