import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { svc } from './acme.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp(`
tenants:
  rsa: { name: RSA, oauth2: {}, signing: { kid: rsa-key } }
  ec: { name: EC, oauth2: {}, signing: { algorithm: ES384, kid: ec-key } }
  okp:
    name: OKP
    oauth2: {}
    signing: { algorithm: EdDSA }
    clients:
      svc: { secret: svc-secret-value }
  without: { name: Without oauth2, signing: { algorithm: ES256 } }
  closed: { name: Inactive, active: false, oauth2: {}, signing: { algorithm: ES256 } }
`)
})
afterAll(() => app.close())

const get = (tenant: string, headers: Record<string, string> = {}) =>
  app.send(`/api/v1/tenant/${tenant}/.well-known/jwks.json`, { headers })

describe('the document', () => {
  test.each([
    [
      'rsa',
      ['kty', 'use', 'kid', 'n', 'e', 'alg'],
      { kty: 'RSA', use: 'sig', kid: 'rsa-key', e: 'AQAB', alg: 'RS256' },
    ],
    [
      'ec',
      ['kty', 'use', 'kid', 'crv', 'x', 'y', 'alg'],
      { kty: 'EC', kid: 'ec-key', crv: 'P-384', alg: 'ES384' },
    ],
    [
      'okp',
      ['kty', 'use', 'kid', 'crv', 'x', 'alg'],
      { kty: 'OKP', use: 'sig', crv: 'Ed25519', alg: 'EdDSA' },
    ],
  ])('of an %s key has its public members alone, in their order', async (tenant, members, values) => {
    const response = await get(tenant)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const body = await response.json()
    expect(Object.keys(body)).toEqual(['keys'])
    expect(body.keys.length).toBe(1)
    expect(Object.keys(body.keys[0])).toEqual(members)
    expect(body.keys[0]).toMatchObject(values)
  })

  test('has a modulus of 2048 bits', async () => {
    const { keys } = await (await get('rsa')).json()
    expect(jose.base64url.decode(keys[0].n).length).toBe(256)
  })

  test('names the key by its thumbprint where the configuration does not, and the token does so too', async () => {
    const { keys } = await (await get('okp')).json()
    expect(keys[0].kid).toBe(await jose.calculateJwkThumbprint(keys[0]))
    expect(jose.decodeProtectedHeader(await app.token('okp', svc))).toEqual({
      alg: 'EdDSA',
      typ: 'JWT',
      kid: keys[0].kid,
    })
  })

  test('is there without oauth2, and not for an inactive or an unknown tenant', async () => {
    expect((await get('without')).status).toBe(200)
    for (const tenant of ['closed', 'unknown', '%72sa']) {
      const response = await get(tenant)
      expect(response.status).toBe(404)
      expect(await response.text()).toBe(
        '{"error":"tenant_not_found","error_description":"Tenant not found"}',
      )
    }
  })
})

describe('caching', () => {
  test('the answer may be kept for 300 seconds and has an ETag of its own', async () => {
    const [first, again, other] = await Promise.all([get('ec'), get('ec'), get('okp')])
    expect(first.headers.get('cache-control')).toBe('public, max-age=300')
    expect(first.headers.get('etag')).toMatch(/^"[\w-]{43}"$/)
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(other.headers.get('etag')).not.toBe(first.headers.get('etag'))
    expect(await again.text()).toBe(await first.text())
  })

  test.each([
    ['the ETag', (etag: string) => etag],
    ['the weak ETag', (etag: string) => `W/${etag}`],
    ['the ETag in a list', (etag: string) => `"other", ${etag}`],
    ['the weak ETag in a list without spaces', (etag: string) => `W/"other",W/${etag},"x"`],
    ['a star', () => '*'],
  ])('%s in If-None-Match is answered 304, without a body', async (_, header) => {
    const etag = (await get('ec')).headers.get('etag') ?? ''
    const response = await get('ec', { 'If-None-Match': header(etag) })
    expect(response.status).toBe(304)
    expect(await response.text()).toBe('')
    expect(response.headers.get('etag')).toBe(etag)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    expect(response.headers.has('content-type')).toBe(false)
  })

  test.each([
    ['another ETag', () => '"other"'],
    ['the ETag without quotes', (etag: string) => etag.replaceAll('"', '')],
    ['the ETag in another case', (etag: string) => etag.toLowerCase()],
    ['a part of the ETag', (etag: string) => `${etag.slice(0, -2)}"`],
    ['nothing', () => ''],
  ])('%s in If-None-Match is answered in full', async (_, header) => {
    const etag = (await get('ec')).headers.get('etag') ?? ''
    expect((await get('ec', { 'If-None-Match': header(etag) })).status).toBe(200)
  })

  test('a tenant that is not there is not 304, whatever the client has', async () => {
    const response = await get('closed', { 'If-None-Match': '*' })
    expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store'])
  })
})
