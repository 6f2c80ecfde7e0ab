import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { refusal, stableHeaders, startAcme, svc, tokenPath } from '../endpoints/acme.ts'
import type { TestApp } from '../support/test-app.ts'

let app: TestApp
let token: string

beforeAll(async () => {
  app = await startAcme()
  token = await app.token('acme', svc)
})
afterAll(() => app.close())

const getRoutes = [
  '/',
  '/health',
  '/health/live',
  '/health/ready',
  '/swagger',
  '/swagger/json',
  '/api/v1/protected-resource',
  '/api/v1/tenant/acme/strategies',
  '/api/v1/tenant/acme/.well-known/jwks.json',
  '/api/v1/tenant/acme/.well-known/oauth-authorization-server',
  '/.well-known/oauth-authorization-server/api/v1/tenant/acme',
  '/api/v1/tenant/acme/.well-known/openid-configuration',
  '/.well-known/openid-configuration/api/v1/tenant/acme',
]

const bearer = () => ({ Authorization: `Bearer ${token}` })

describe('a wrong path', () => {
  test.each([
    '/nope',
    '/api',
    '/api/v1',
    '/api/v1/tenant',
    '/api/v1/tenant/acme',
    '/api/v1/tenant/acme/nope',
    '/api/v1/tenant/acme/oauth',
    '/api/v2/tenant/acme/strategies',
    '/API/v1/tenant/acme/strategies',
    '/api/v1/tenant/acme/Strategies',
    '/api/v1/tenant//strategies',
    '/api//v1/tenant/acme/strategies',
    '/api/v1/tenant/acme//strategies',
    '/api/v1/tenant/acme/strategies%2F',
    '/api/v1/tenant%2Facme/strategies',
    '/%68ealth',
    '/HEALTH',
    '/health/nope',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/swagger/nope',
    '/swagger/assets/nope',
    '/swagger/assets/',
    '/favicon.ico',
    '/nope/%',
    '/nope/%FF',
  ])('%s is a 404 in JSON', async (path) => {
    const response = await app.send(`http://localhost:3000${path}`)
    expect(response.headers.has('allow')).toBe(false)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await refusal(response)).toEqual([404, 'not_found', 'Path not found'])
  })

  test.each(getRoutes.filter((path) => path !== '/'))(
    '%s with a slash behind or twice in front is one',
    async (path) => {
      for (const other of [`${path}/`, `/${path}`, `${path}//`]) {
        const response = await app.send(`http://localhost:3000${other}`, { headers: bearer() })
        expect(await refusal(response)).toEqual([404, 'not_found', 'Path not found'])
      }
    },
  )

  test('the token endpoint with a slash behind is one, for a POST too', async () => {
    for (const method of ['GET', 'POST']) {
      expect((await refusal(await app.send(`${tokenPath}/`, { method })))[0]).toBe(404)
    }
  })
})

describe('a tenant in another spelling', () => {
  const spellings = [
    '%61cme',
    'acm%65',
    'ACME',
    'Acme',
    'acme%2F',
    '%2Facme',
    'acme%20',
    'acme%00',
    'acme.',
    'acme%',
    '%',
    '%FF',
  ]
  const suffixes = ['strategies', '.well-known/jwks.json', '.well-known/openid-configuration']

  test.each(spellings)('%s is unknown on every route', async (spelling) => {
    const paths = suffixes.map((suffix) => `/api/v1/tenant/${spelling}/${suffix}`)
    const answers = [
      ...paths.map((path) => app.send(path)),
      app.send(`/.well-known/oauth-authorization-server/api/v1/tenant/${spelling}`),
      app.post(spelling, { grant_type: 'client_credentials', ...svc }),
    ]
    for (const response of await Promise.all(answers)) {
      expect(response.status).toBe(404)
      expect(await response.text()).toBe(
        '{"error":"tenant_not_found","error_description":"Tenant not found"}',
      )
    }
  })

  test('a percent sign in the query is no spelling of the tenant', async () => {
    expect((await app.send('/api/v1/tenant/acme/strategies?x=%61')).status).toBe(200)
  })
})

describe('a wrong method', () => {
  test.each(getRoutes.filter((path) => path !== '/'))('%s takes GET and HEAD and says so', async (path) => {
    const isPublic = path.includes('.well-known')
    const wrong = ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', ...(isPublic ? [] : ['OPTIONS'])]
    for (const method of wrong) {
      const response = await app.send(path, { method })
      expect((response.headers.get('allow') ?? '').split(', ').toSorted()).toEqual(
        isPublic ? ['GET', 'HEAD', 'OPTIONS'] : ['GET', 'HEAD'],
      )
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await refusal(response)).toEqual([405, 'method_not_allowed', 'Method not allowed'])
    }
  })

  test('/ takes OPTIONS besides, by which HAProxy asks whether the server wants requests', async () => {
    const refused = await app.send('/', { method: 'POST' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'OPTIONS, GET, HEAD'])
    expect((await app.send('/', { method: 'OPTIONS' })).status).toBe(200)
    app.lifecycle.phase = 'stopping'
    expect((await app.send('/', { method: 'OPTIONS' })).status).toBe(503)
    app.lifecycle.phase = 'ready'
  })

  test('the token endpoint takes POST and says so', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      const response = await app.send(`${tokenPath}?grant_type=client_credentials`, { method })
      expect(response.headers.get('allow')).toBe('OPTIONS, POST')
      expect(response.headers.get('pragma')).toBe('no-cache')
      expect(await refusal(response)).toEqual([405, 'method_not_allowed', 'Method not allowed'])
    }
    const head = await app.send(tokenPath, { method: 'HEAD' })
    expect([head.status, head.headers.get('allow'), await head.text()]).toEqual([405, 'OPTIONS, POST', ''])
  })

  test('an unknown tenant is not told apart from a known one by it', async () => {
    const answers = ['acme', 'unknown'].map((tenant) => app.send(`/api/v1/tenant/${tenant}/oauth/token`))
    const [known, unknown] = await Promise.all(answers)
    if (!known || !unknown) throw new Error('no answers')
    expect(stableHeaders(unknown)).toEqual(stableHeaders(known))
    expect(await unknown.text()).toBe(await known.text())
  })
})
