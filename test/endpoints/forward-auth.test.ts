import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { TestApp } from '../support/test-app.ts'
import { basic, type Refusal, refusal, startAcme, svc } from './acme.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

const path = '/api/v1/tenant/acme/oauth/verify'
const odd = { client_id: 'odd:id, +%&=~', client_secret: 'odd:secret +%&=~ é€😀' } as const

function ask(token: string | undefined, query = '', init: RequestInit = {}): Promise<Response> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return app.send(path + query, { ...init, headers: { ...headers, ...(init.headers as object) } })
}

const described = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('x-auth-')))

describe('a good token', () => {
  test('is answered 200 without a body, with headers that say who calls', async () => {
    const token = await app.token('acme', svc)
    const response = await ask(token)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { jti } = JSON.parse(atob(token.split('.')[1] ?? ''))
    expect(described(response)).toEqual({
      'x-auth-subject': 'svc',
      'x-auth-client': 'svc',
      'x-auth-tenant': 'acme',
      'x-auth-scopes': 'read write',
      'x-auth-token-id': jti,
    })
  })

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'is as good when the proxy sends %s',
    async (method) => {
      const body = method === 'POST' ? JSON.stringify({ scope: 'evil' }) : undefined
      const response = await ask(await app.token('acme', svc), '?scope=read', {
        method,
        ...(body && { body }),
      })
      expect([response.status, response.headers.get('x-auth-client')]).toEqual([200, 'svc'])
    },
  )

  test('HEAD has the same headers', async () => {
    const response = await ask(await app.token('acme', svc), '', { method: 'HEAD' })
    expect([response.status, response.headers.get('x-auth-client')]).toEqual([200, 'svc'])
  })

  test('has every wanted scope, in any order', async () => {
    expect((await ask(await app.token('acme', svc), '?scope=write%20read')).status).toBe(200)
    expect((await ask(await app.token('acme', svc), '?scope=write+read')).status).toBe(200)
  })

  test('is for the wanted audience instead of the one of the tenant', async () => {
    const files = await app.token('acme', { ...svc, resource: 'urn:acme:files' })
    expect((await ask(files, '?audience=urn:acme:files')).status).toBe(200)
    expect(await refusal(await ask(files))).toEqual([
      401,
      'invalid_token',
      'The access token is for another API',
    ])
  })

  test('of a client with an odd id: what is no visible ASCII is encoded, and so are comma and percent sign', async () => {
    const response = await ask(await app.token('acme', odd))
    expect(response.headers.get('x-auth-client')).toBe('odd:id%2C%20+%25&=~')
    expect(response.headers.get('x-auth-subject')).toBe('odd:id%2C%20+%25&=~')
  })

  test('without scopes: the header is there and empty, so that the one of a sender does not stay', async () => {
    const response = await ask(
      await app.token('acme', { client_id: 'bare', client_secret: 'bare-secret-value' }),
    )
    expect(response.headers.get('x-auth-scopes')).toBe('')
  })

  test('X-Auth headers and addresses that the sender wrote change nothing', async () => {
    const response = await ask(await app.token('acme', svc), '', {
      headers: { 'X-Auth-Subject': 'admin', 'X-Auth-Scopes': 'admin', 'X-Original-URL': '/?scope=admin' },
    })
    expect(described(response)).toMatchObject({ 'x-auth-subject': 'svc', 'x-auth-scopes': 'read write' })
  })
})

describe('a request that may not pass', () => {
  const invalid: Refusal = [401, 'invalid_token', 'The access token is invalid']

  test.each([
    ['no header', undefined],
    ['an empty token', ''],
  ])('%s: a bare challenge', async (_, token) => {
    const response = await ask(token)
    expect([response.status, await response.text()]).toEqual([401, ''])
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="grantd"')
    expect(described(response)).toEqual({})
  })

  test('credentials of a client are no token', async () => {
    const response = await ask(undefined, '', { headers: { Authorization: basic('svc', svc.client_secret) } })
    expect([response.status, await response.text()]).toEqual([401, ''])
  })

  test.each([
    ['garbage', async () => 'garbage'],
    ['a token of another tenant', () => app.token('beta', svc)],
    ['a changed signature', async () => `${(await app.token('acme', svc)).slice(0, -6)}AAAAAA`],
    ['a huge one', async () => 'x'.repeat(10_000)],
  ])('%s: 401 with a challenge', async (_, make) => {
    const response = await ask(await make())
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(described(response)).toEqual({})
    expect(await refusal(response)).toEqual(invalid)
  })

  test('a revoked token', async () => {
    const token = await app.token('acme', svc)
    await app.send('/api/v1/tenant/acme/oauth/revoke', {
      method: 'POST',
      body: new URLSearchParams({ ...svc, token }),
    })
    expect((await ask(token)).status).toBe(401)
  })

  test('a missing scope: 403 that names it, also where the sender says that it has it', async () => {
    const response = await ask(await app.token('acme', svc), '?scope=read%20admin', {
      headers: { 'X-Auth-Scopes': 'read admin' },
    })
    expect(response.headers.get('www-authenticate')).toContain('scope="read admin"')
    expect(described(response)).toEqual({})
    expect(await refusal(response)).toEqual([
      403,
      'insufficient_scope',
      'The access token does not have the scopes that the API needs',
    ])
  })

  test('a token for another audience than the wanted one', async () => {
    expect((await ask(await app.token('acme', svc), '?audience=other-api')).status).toBe(401)
    const own = await app.token('acme', { client_id: 'own', client_secret: 'own-secret-value' })
    expect((await ask(own)).status).toBe(401)
  })

  test.each<[string, string, string]>([
    ['?scope=read&scope=write', 'invalid_request', 'A parameter was sent more than once: scope'],
    [
      '?audience=acme-api&path=/x?a=1&audience=own-api',
      'invalid_request',
      'A parameter was sent more than once: audience',
    ],
    ['?audience=%20', 'invalid_request', 'The parameter audience is empty'],
    ['?scope=', 'invalid_scope', 'The scope is malformed'],
    ['?scope=read%20', 'invalid_scope', 'The scope is malformed'],
    ['?scope=read%22%2C%20error%3D%22none', 'invalid_scope', 'The scope is malformed'],
    ['?scope=read%0d%0aX-Auth-Subject:%20admin', 'invalid_scope', 'The scope is malformed'],
  ])('%s: the proxy is told that it asks wrongly', async (query, code, sentence) => {
    expect(await refusal(await ask(await app.token('acme', svc), query))).toEqual([400, code, sentence])
  })

  test('parameters of the request that waits do not count', async () => {
    const query = '?scope=read&audience=acme-api&path=/orders?page=2&size=5'
    expect((await ask(await app.token('acme', svc), query)).status).toBe(200)
  })

  test.each(['nobody', 'closed', 'plain'])('the tenant %s: not found', async (id) => {
    const response = await app.send(`/api/v1/tenant/${id}/oauth/verify`, {
      headers: { Authorization: `Bearer ${await app.token('acme', svc)}` },
    })
    expect(await refusal(response)).toEqual([404, 'tenant_not_found', 'Tenant not found'])
  })
})
