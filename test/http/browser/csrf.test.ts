import { describe, expect, test } from 'bun:test'
import { checkCsrf, csrfToken } from '../../../src/http/browser/csrf.ts'
import { parseFormText } from '../../../src/http/request/form.ts'
import { OAuthError } from '../../../src/protocol/errors.ts'
import { platform } from '../../support/test-app.ts'

const deps = { publicUrl: 'https://id.example.com/base', hashing: platform.hashing }
const browserOf = (secret: string) => ({ secret, hash: platform.hashing.sha256(secret).toHex() })
const mine = browserOf('A'.repeat(43))
const token = csrfToken(mine.secret, 'login', 'interaction-1', deps)

interface Sending {
  readonly csrf?: string
  readonly form?: string
  readonly boundTo?: string
  readonly browser?: typeof mine | undefined
  readonly headers?: Record<string, string>
}

function send({ csrf = token, form = 'login', boundTo = 'interaction-1', headers, ...more }: Sending = {}) {
  const browser = 'browser' in more ? more.browser : mine
  const request = new Request('https://id.example.com/base/login', {
    method: 'POST',
    headers: { Host: 'id.example.com', ...headers },
  })
  const sent = parseFormText(new URLSearchParams({ csrf }).toString())
  checkCsrf(request, { sent, browser, form, boundTo }, deps)
}

function refusalOf(sending: Sending): Pick<OAuthError, 'code' | 'status' | 'reason'> {
  try {
    send(sending)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const { code, status, reason } = error
    return { code, status, reason }
  }
  throw new Error('The form was taken')
}

test('a form of our own page is taken', () => {
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(() => send()).not.toThrow()
})

describe('a form is refused as 403', () => {
  test.each<[string, Sending, string]>([
    ['without a token', { csrf: '' }, 'csrf_missing'],
    ['of a browser without a cookie', { browser: undefined }, 'csrf_missing'],
    ['of another browser', { browser: browserOf('B'.repeat(43)) }, 'csrf_wrong'],
    ['about another interaction', { boundTo: 'interaction-2' }, 'csrf_wrong'],
    ['that is another form', { form: 'consent' }, 'csrf_wrong'],
    ['whose name and thing are cut elsewhere', { form: 'logininteraction-1', boundTo: '' }, 'csrf_wrong'],
    ['with a part of the token', { csrf: token.slice(0, 42) }, 'csrf_wrong'],
    ['with more than the token', { csrf: `${token}A` }, 'csrf_wrong'],
    ['with a huge token', { csrf: 'A'.repeat(60_000) }, 'csrf_wrong'],
    ['with a token of other characters', { csrf: '\u{1f600}'.repeat(11) }, 'csrf_wrong'],
    ['that is the hash of the browser', { csrf: mine.hash }, 'csrf_wrong'],
  ])('%s', (_, sending, reason) => {
    expect(refusalOf(sending)).toEqual({ code: 'access_denied', status: 403, reason })
  })

  test.each([
    ['another site', 'https://evil.example'],
    ['a subdomain', 'https://a.id.example.com'],
    ['a host that begins alike', 'https://id.example.com.evil.example'],
    ['another scheme', 'http://id.example.com'],
    ['another port', 'https://id.example.com:8443'],
    ['nowhere, as a sandboxed frame', 'null'],
    ['an empty text', ''],
  ])('with the token, when Origin is %s', (_, origin) => {
    expect(refusalOf({ headers: { Origin: origin } }).reason).toBe('csrf_origin')
  })

  test('with the token, when the browser says that it is cross-site', () => {
    expect(refusalOf({ headers: { 'Sec-Fetch-Site': 'cross-site' } }).reason).toBe('csrf_cross_site')
  })
})

test.each([
  ['the origin of public_url', { Origin: 'https://id.example.com', 'Sec-Fetch-Site': 'same-origin' }],
  ['the host of the request', { Origin: 'https://127.0.0.1:3000', Host: '127.0.0.1:3000' }],
])('a form from %s is taken', (_, headers) => {
  expect(() => send({ headers })).not.toThrow()
})
