import { expect, test } from 'bun:test'
import { openBrowser } from '../../../src/http/browser/cookies.ts'
import { csrfToken } from '../../../src/http/browser/csrf.ts'
import { parseOwnForm } from '../../../src/http/browser/own-form.ts'
import { platform } from '../../support/test-app.ts'

const { hashing, randomBytes } = platform
const deps = { publicUrl: 'https://id.example.com', hashing, randomBytes }
const tenant = { id: 'main' }
const wanted = { tenant, form: 'login', boundTo: 'interaction-1' }

function post(cookie: string, csrf: string): Request {
  return new Request('https://id.example.com/login', {
    method: 'POST',
    headers: { Cookie: cookie, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ csrf, username: 'ada' }),
  })
}

test('a form of our page comes with its fields and its browser; without the cookie it is refused', async () => {
  const headers = new Headers()
  const opened = openBrowser(new Request('https://id.example.com/login'), headers, { tenant, deps })
  const [cookie = ''] = (headers.get('Set-Cookie') ?? '').split(';')
  const csrf = csrfToken(opened.secret, 'login', 'interaction-1', deps)

  const { sent, browser } = await parseOwnForm(post(cookie, csrf), wanted, deps)
  expect(sent.get('username')).toBe('ada')
  expect(browser).toEqual(opened)
  await expect(parseOwnForm(post('', csrf), wanted, deps)).rejects.toMatchObject({
    code: 'access_denied',
    reason: 'csrf_missing',
  })
})
