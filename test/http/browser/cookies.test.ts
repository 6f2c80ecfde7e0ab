import { describe, expect, test } from 'bun:test'
import {
  clearSessionCookie,
  openBrowser,
  readBrowser,
  readSessionCookie,
  setBrowserCookie,
  setSessionCookie,
} from '../../../src/http/browser/cookies.ts'
import { platform } from '../../support/test-app.ts'

const randomBytes = (count: number) => new Uint8Array(count).fill(7)
const overTls = { publicUrl: 'https://id.example.com', randomBytes, hashing: platform.hashing }
const onLoopback = { ...overTls, publicUrl: 'http://localhost:3000' }
const acme = { id: 'acme' }
const secret = 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc'
const names = { session: 'grantd-822b33ad', browser: 'grantd-b-822b33ad' }

const requestWith = (cookie?: string) =>
  new Request('https://id.example.com/', { headers: cookie === undefined ? {} : { Cookie: cookie } })

function setBy(work: (headers: Headers) => void): string[] {
  const headers = new Headers()
  work(headers)
  return headers.getSetCookie()
}

test('the name has eight digits of the digest of the tenant, so that two tenants can be signed in at once', () => {
  const digest = platform.hashing.sha256('acme').toHex()
  expect(names.session).toBe(`grantd-${digest.slice(0, 8)}`)
  const cookies = ['acme', 'other'].map(
    (id) => setBy((headers) => setSessionCookie(headers, id, { tenant: { id }, deps: overTls }))[0],
  )
  const sent = cookies.map((cookie) => cookie?.split(';')[0]).join('; ')
  expect(readSessionCookie(requestWith(sent), acme, overTls)).toBe('acme')
  expect(readSessionCookie(requestWith(sent), { id: 'other' }, overTls)).toBe('other')
  expect(readSessionCookie(requestWith(sent), { id: 'third' }, overTls)).toBeUndefined()
})

describe('cookies are set', () => {
  const of = { tenant: acme, deps: overTls }

  test('over TLS with __Host- and everything that it wants', () => {
    expect(setBy((headers) => setSessionCookie(headers, 'sid.secret', of))).toEqual([
      `__Host-${names.session}=sid.secret; Path=/; Secure; HttpOnly; SameSite=Lax`,
    ])
    expect(setBy((headers) => clearSessionCookie(headers, of))).toEqual([
      `__Host-${names.session}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`,
    ])
    expect(setBy((headers) => setBrowserCookie(headers, { secret }, of))).toEqual([
      `__Host-${names.browser}=${secret}; Max-Age=31536000; Path=/; Secure; HttpOnly; SameSite=Lax`,
    ])
  })

  test.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000/base'])(
    'without Secure and the prefix at %s',
    (publicUrl) => {
      const deps = { ...overTls, publicUrl }
      expect(setBy((headers) => setSessionCookie(headers, 'x', { tenant: acme, deps }))).toEqual([
        `${names.session}=x; Path=/; HttpOnly; SameSite=Lax`,
      ])
    },
  )

  test.each([
    'http://id.example.com',
    'http://10.0.0.1',
    'http://localhost.example.com',
    'https://localhost',
  ])('with both at %s', (publicUrl) => {
    const deps = { ...overTls, publicUrl }
    const [cookie] = setBy((headers) => setSessionCookie(headers, 'x', { tenant: acme, deps }))
    expect(cookie).toStartWith('__Host-')
    expect(cookie).toContain('; Secure')
  })
})

describe('a cookie is read', () => {
  const name = `__Host-${names.session}`

  test.each([
    ['alone', `${name}=a.b`, 'a.b'],
    ['between others', `x=1;  ${name}=a.b ;y=2`, 'a.b'],
    ['with = in its value', `${name}=a=b`, 'a=b'],
    ['not: there is none', undefined, undefined],
    ['not: it occurs twice', `${name}=a.b; ${name}=c.d`, undefined],
    ['not: it occurs twice with one value', `${name}=a.b; ${name}=a.b`, undefined],
    ['not: the name has no prefix', `${names.session}=a.b`, undefined],
    ['not: the name has another case', `__host-${names.session}=a.b`, undefined],
    ['not: it has no value', name, undefined],
    ['not: it is the value of another', `x=${name}=a.b`, undefined],
  ])('%s', (_, cookie, value) => {
    expect(readSessionCookie(requestWith(cookie), acme, overTls)).toBe(value)
  })

  test('at plain http by the name without a prefix alone, which a subdomain cannot set over TLS', () => {
    expect(readSessionCookie(requestWith(`${names.session}=a`), acme, onLoopback)).toBe('a')
    expect(readSessionCookie(requestWith(`__Host-${names.session}=a`), acme, onLoopback)).toBeUndefined()
  })
})

describe('a browser', () => {
  const of = { tenant: acme, deps: overTls }
  const hash = platform.hashing.sha256(secret).toHex()

  test('without a cookie gets one, and is the same with it', () => {
    const headers = new Headers()
    expect(openBrowser(requestWith(), headers, of)).toEqual({ secret, hash })
    const [cookie = ''] = headers.getSetCookie()
    expect(cookie).toBe(
      `__Host-${names.browser}=${secret}; Max-Age=31536000; Path=/; Secure; HttpOnly; SameSite=Lax`,
    )
    const request = requestWith(cookie.split(';')[0])
    expect(readBrowser(request, acme, overTls)).toEqual({ secret, hash })
    const later = new Headers()
    expect(openBrowser(request, later, of)).toEqual({ secret, hash })
    expect(later.getSetCookie()).toEqual([])
  })

  test.each([
    ['of another length', `__Host-${names.browser}=short`],
    ['with other characters', `__Host-${names.browser}=${'!'.repeat(43)}`],
    ['that occurs twice', `__Host-${names.browser}=${secret}; __Host-${names.browser}=${'A'.repeat(43)}`],
    ['that is huge', `__Host-${names.browser}=${'A'.repeat(100_000)}`],
    ['of a session', `__Host-${names.session}=${secret}`],
  ])('is unknown by a cookie %s, and gets another', (_, cookie) => {
    expect(readBrowser(requestWith(cookie), acme, overTls)).toBeUndefined()
    expect(setBy((headers) => openBrowser(requestWith(cookie), headers, of))).toHaveLength(1)
  })
})
