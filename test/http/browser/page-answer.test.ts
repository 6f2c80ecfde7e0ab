import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { html } from '../../../src/http/answer/html.ts'
import { answerPage, pageFrame, withErrorPages } from '../../../src/http/browser/page-answer.ts'
import { noNotes, notesOf, openNotes } from '../../../src/http/request/request-notes.ts'
import { OAuthError, UnavailableError } from '../../../src/protocol/errors.ts'
import { platform, startTestApp, type TestApp } from '../../support/test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp(`
server: { public_url: https://id.example.com/auth }
tenants:
  acme:
    name: Acme
    oauth2: {}
    oidc: { sign_in: { title: Acme ID, accent: '#0066cc', help_url: https://acme.example/help, default_locale: de } }
  bare: { name: Bare, oauth2: {} }
`)
})
afterAll(() => app.close())

const requestOf = (headers: Record<string, string> = {}) => {
  const request = new Request('https://id.example.com/auth/x', { headers })
  openNotes(request, { ...noNotes, id: 'request-1' })
  return request
}
const tenantOf = (id: string) => app.deps.tenants.findConfigured(id)
const policyOf = (response: Response) => response.headers.get('content-security-policy') ?? ''

describe('the frame of a page', () => {
  test('has the look of the tenant, its language and the request id, and links below the path of public_url', () => {
    const { stylesheetUrl, ...frame } = pageFrame(requestOf(), tenantOf('acme'), app.deps)
    expect(frame).toEqual({
      tenantName: 'Acme',
      title: 'Acme ID',
      logoUrl: null,
      accent: '#0066cc',
      termsUrl: null,
      privacyUrl: null,
      helpUrl: 'https://acme.example/help',
      locale: 'de',
      requestId: 'request-1',
    })
    expect(stylesheetUrl).toMatch(/^\/auth\/api\/v1\/tenant\/acme\/pages\/style-[\da-f]{16}\.css$/)
  })

  test('speaks the language that the app or the browser asks for', () => {
    const request = requestOf({ 'accept-language': 'es' })
    expect(pageFrame(request, tenantOf('acme'), app.deps).locale).toBe('es')
    expect(pageFrame(request, tenantOf('acme'), app.deps, 'fr en').locale).toBe('en')
  })

  test('is plain where there is no tenant', () => {
    const { tenantName, locale, stylesheetUrl } = pageFrame(requestOf(), undefined, app.deps)
    expect([tenantName, locale]).toEqual([null, 'en'])
    expect(stylesheetUrl).toMatch(/^\/auth\/pages\/style-[\da-f]{16}\.css$/)
  })
})

describe('the answer with a page', () => {
  test('runs no script, is stored by nobody, and tells its URL to this server alone', () => {
    const response = answerPage(html`x`)
    expect(policyOf(response)).toContain("script-src 'none'; style-src 'self'")
    expect(policyOf(response)).toContain("form-action 'self';")
    expect(response.headers.get('referrer-policy')).toBe('same-origin')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  test('has the status, and every cookie that was set', () => {
    const headers = new Headers([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Retry-After', '9'],
    ])
    const response = answerPage(html`x`, { status: 429, headers })
    expect([response.status, response.headers.getSetCookie(), response.headers.get('retry-after')]).toEqual([
      429,
      ['a=1', 'b=2'],
      '9',
    ])
  })

  test.each([
    ['https://app.example.com/callback?x=1', "'self' https:"],
    ['http://127.0.0.1:4711/cb', "'self' http:"],
    ['http://[::1]:80/', "'self' http:"],
    ['com.example.app:/cb', "'self' com.example.app:"],
    ['https://app.example;script-src/x', "'self' https:"],
  ])('lets a form lead to %s', (url, sources) => {
    const policy = policyOf(answerPage(html`x`, { formTargets: [url, url] }))
    expect(policy.split('; ').find((directive) => directive.startsWith('form-action'))).toBe(
      `form-action ${sources}`,
    )
    expect(policy.split('; ').filter((directive) => directive.startsWith('script-src'))).toEqual([
      "script-src 'none'",
    ])
  })

  test('of form_post allows one script by its hash', () => {
    const policy = policyOf(answerPage(html`x`, { formPost: { hashing: platform.hashing } }))
    expect(policy).toMatch(/script-src 'sha256-[A-Za-z\d+/]{43}=';/)
  })
})

describe('an error inside a page', () => {
  const fail = (error: unknown, id = 'acme') => {
    const request = requestOf()
    const work = () => Promise.reject(error)
    return withErrorPages(request, tenantOf(id), app.deps, work).then(async (response) => ({
      response,
      text: await response.text(),
      notes: notesOf(request),
    }))
  }

  test('keeps its status, and the page says the code, the sentence and the request id', async () => {
    const { response, text, notes } = await fail(
      new OAuthError('invalid_request', 'The redirect_uri is missing', { reason: 'x' }),
    )
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
    for (const part of ['invalid_request', 'The redirect_uri is missing', 'request-1', 'Acme ID'])
      expect(text).toContain(part)
    expect([notes.error, notes.reason]).toEqual(['invalid_request', 'x'])
  })

  test('has Retry-After and words for a wait', async () => {
    const options = { status: 429, retryAfterSeconds: 90 }
    const { response, text } = await fail(new OAuthError('temporarily_unavailable', 'Too many', options))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '90'])
    expect(text).toContain('2 Minuten')
  })

  test('that is unavailable or unknown says nothing of its cause', async () => {
    const away = await fail(new UnavailableError('the database at 10.0.0.1 is away'))
    expect([away.response.status, away.response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(away.text).not.toContain('10.0.0.1')
    expect(away.notes.reason).toContain('10.0.0.1')
    const broken = await fail(new TypeError('secret detail'))
    expect([broken.response.status, broken.notes.error]).toEqual([500, 'server_error'])
    expect(broken.text).not.toContain('secret detail')
  })
})
