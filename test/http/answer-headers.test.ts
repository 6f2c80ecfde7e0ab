import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { grant, startAcme, svc, tokenPath } from '../endpoints/acme.ts'
import type { TestApp } from '../support/test-app.ts'

let app: TestApp
let answers: [name: string, response: Response][]

beforeAll(async () => {
  app = await startAcme()
  const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
  const token = await app.token('acme', svc)
  const wrong = { client_id: 'svc', client_secret: 'wrong-secret' }
  answers = [
    ['a token', await app.post('acme', { ...grant, ...svc })],
    ['no grant type', await app.post('acme', svc)],
    ['another grant type', await app.post('acme', { grant_type: 'password' })],
    ['a wrong secret', await app.post('acme', { ...grant, ...wrong })],
    ['a wrong scope', await app.post('acme', { ...grant, ...svc, scope: 'admin' })],
    ['a wrong resource', await app.post('acme', { ...grant, ...svc, resource: 'x' })],
    ['an unknown tenant', await app.post('unknown', { ...grant, ...svc })],
    ['a large form', await app.post('acme', 'x'.repeat(70_000))],
    ['JSON', await app.post('acme', '{}', { 'Content-Type': 'application/json' })],
    ['a wrong method', await app.send(tokenPath)],
    ['a wrong path', await app.send('/nope')],
    ['no access token', await app.send('/api/v1/protected-resource')],
    ['a bad access token', await app.send('/api/v1/protected-resource', bearer('bad'))],
    ['a good access token', await app.send('/api/v1/protected-resource', bearer(token))],
    ['strategies', await app.send('/api/v1/tenant/acme/strategies')],
    ['keys', await app.send('/api/v1/tenant/acme/.well-known/jwks.json')],
    [
      'keys again',
      await app.send('/api/v1/tenant/acme/.well-known/jwks.json', { headers: { 'If-None-Match': '*' } }),
    ],
    ['metadata', await app.send('/api/v1/tenant/acme/.well-known/oauth-authorization-server')],
    ['health', await app.send('/health')],
    ['readiness', await app.send('/health/ready')],
    ['the root', await app.send('/')],
    ['the document', await app.send('/swagger/json')],
    ['HEAD', await app.send('/health', { method: 'HEAD' })],
  ]
})
afterAll(() => app.close())

describe('every answer', () => {
  test('may not be sniffed, run, framed or used as a referrer', () => {
    for (const [name, { headers }] of answers) {
      expect([name, headers.get('x-content-type-options')]).toEqual([name, 'nosniff'])
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    }
  })

  test('does not say what serves it, and sets no cookie', () => {
    const unwanted = ['server', 'x-powered-by', 'via', 'set-cookie', 'access-control-allow-credentials']
    for (const [name, { headers }] of answers) {
      expect([name, unwanted.filter((header) => headers.has(header))]).toEqual([name, []])
    }
  })

  test('is for its own origin alone, but for the public documents', () => {
    const open = answers.filter(([, { headers }]) =>
      [...headers.keys()].some((name) => name.startsWith('access-control')),
    )
    expect(open.map(([name]) => name)).toEqual(['keys', 'keys again', 'metadata'])
  })

  test('has a request id of 128 bits of its own', () => {
    const ids = answers.map(([, { headers }]) => headers.get('x-request-id') ?? '')
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(ids).size).toBe(answers.length)
  })

  test('with a token, a refusal or a state is never to be kept', () => {
    const kept = answers.filter(([, { headers }]) => headers.get('cache-control') !== 'no-store')
    expect(kept.map(([name]) => name)).toEqual([
      'strategies',
      'keys',
      'keys again',
      'metadata',
      'the root',
      'the document',
    ])
    for (const [name, { status, headers }] of answers) {
      if (status >= 400) expect([name, headers.get('pragma')]).toEqual([name, 'no-cache'])
    }
  })
})

describe('the page', () => {
  test('may load its own files and nothing else', async () => {
    const policy = (await app.send('/swagger')).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
  })

  test('names no other host, and its files are there', async () => {
    const html = await (await app.send('/swagger')).text()
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '')
    const files = links.filter((link) => !link.startsWith('data:'))
    expect(files.length).toBeGreaterThanOrEqual(3)
    for (const file of files) {
      const response = await app.send(file)
      expect([file, response.status]).toEqual([file, 200])
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('content-type')).toMatch(/^text\/(javascript|css); charset=utf-8$/)
    }
  })
})

describe('the request id', () => {
  const idFor = async (given: string) => {
    const response = await app.send('/health', { headers: { 'X-Request-Id': given } })
    return response.headers.get('x-request-id')
  }

  test.each(['a', '7', 'A-b_c.9', '-', '0123456789abcdef'.repeat(8)])('%p is taken', async (given) => {
    expect(await idFor(given)).toBe(given)
    expect(app.log.at(-1)).toMatchObject({ request_id: given })
  })

  test.each([
    ['an empty one', ''],
    ['one of 129 characters', 'x'.repeat(129)],
    ['one with a space', 'a b'],
    ['one with a quote', 'a"b'],
    ['one with a comma', 'a,b'],
    ['one with markup', '<script>'],
    ['one with a slash', 'a/b'],
    ['one outside ASCII', 'é'],
    ['one with a line end in escapes', 'a%0d%0ab'],
  ])('%s is replaced', async (_, given) => {
    const id = await idFor(given)
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(app.log.at(-1)).toMatchObject({ request_id: id })
  })

  test('is returned with a refusal too', async () => {
    const response = await app.send('/nope', { headers: { 'X-Request-Id': 'mine' } })
    expect(response.headers.get('x-request-id')).toBe('mine')
  })
})
