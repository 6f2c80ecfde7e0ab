import { afterAll, beforeAll, expect, test } from 'bun:test'
import { stableHeaders, startAcme, svc } from '../endpoints/acme.ts'
import type { TestApp } from '../support/test-app.ts'

let app: TestApp
let headers: Record<string, string>

beforeAll(async () => {
  app = await startAcme()
  headers = { Authorization: `Bearer ${await app.token('acme', svc)}` }
})
afterAll(() => app.close())

const jwks = '/api/v1/tenant/acme/.well-known/jwks.json'

test.each([
  ['/', 200],
  ['/health', 200],
  ['/health/live', 200],
  ['/health/ready', 200],
  ['/swagger', 200],
  ['/swagger/json', 200],
  ['/api/v1/protected-resource', 200],
  ['/api/v1/tenant/acme/strategies', 200],
  [jwks, 200],
  ['/api/v1/tenant/acme/.well-known/oauth-authorization-server', 200],
  ['/.well-known/oauth-authorization-server/api/v1/tenant/acme', 200],
  ['/api/v1/tenant/acme/.well-known/openid-configuration', 200],
  ['/.well-known/openid-configuration/api/v1/tenant/acme', 200],
  ['/nope', 404],
  ['/api/v1/tenant/unknown/strategies', 404],
])('HEAD %s has the status and the headers of GET, its length, and no body', async (path, status) => {
  const get = await app.send(path, { headers })
  const head = await app.send(path, { method: 'HEAD', headers })
  expect([get.status, head.status]).toEqual([status, status])
  const length = (await get.arrayBuffer()).byteLength
  expect(length).toBeGreaterThan(0)
  expect(head.headers.get('content-length')).toBe(String(length))
  expect(stableHeaders(head).filter(([name]) => name !== 'content-length')).toEqual(stableHeaders(get))
  expect(await head.text()).toBe('')
})

test('HEAD without a token is challenged like GET', async () => {
  const head = await app.send('/api/v1/protected-resource', { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([401, ''])
  expect(head.headers.get('www-authenticate')).toBe('Bearer realm="grantd"')
  expect(head.headers.has('content-length')).toBe(false)
})

test('HEAD takes If-None-Match like GET', async () => {
  const etag = (await app.send(jwks)).headers.get('etag') ?? ''
  const head = await app.send(jwks, { method: 'HEAD', headers: { 'If-None-Match': etag } })
  expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([304, etag, ''])
})
