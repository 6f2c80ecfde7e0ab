import { expect, test } from 'bun:test'
import { html } from '../../src/http/answer/html.ts'
import { htmlPage } from '../../src/http/answer/html-page.ts'

test('a page runs no script, loads nothing from elsewhere and is stored by nobody, unless it says so', async () => {
  const response = htmlPage(html`<!doctype html><title>x</title>`)
  expect(await response.text()).toBe('<!doctype html><title>x</title>')
  expect([response.status, Object.fromEntries(response.headers)]).toEqual([
    200,
    {
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'content-type': 'text/html; charset=utf-8',
    },
  ])
})

test('a directive of the page replaces that of the strict policy, and the others stay', () => {
  const { status, headers } = htmlPage(html``, {
    status: 400,
    policy: { 'script-src': "'self'" },
    cacheControl: 'no-cache',
  })
  expect([status, headers.get('cache-control')]).toEqual([400, 'no-cache'])
  expect(headers.get('content-security-policy')).toContain("script-src 'self'; style-src 'self';")
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
})
