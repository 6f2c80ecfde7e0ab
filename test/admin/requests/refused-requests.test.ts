import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { testStart } from '../../support/test-app.ts'
import { type AdminApp, adminConfig, expectRefusal, startAdminApp, twinOf } from '../admin-app.ts'

const storage = createMemoryStorage()
let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp({ storage })
})
afterAll(() => app.close())

/** Sends a token request that is refused for its scope, and returns the id of the request. */
async function refuse(id?: string): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: 'plain',
    client_secret: 'plain-secret-value',
    scope: 'api:write',
  }
  const response = await app.post('acme', form, id === undefined ? {} : { 'X-Request-Id': id })
  expect(response.status).toBe(400)
  return response.headers.get('X-Request-Id') ?? ''
}

test('the admin of the tenant and the one of the server learn why a request was refused', async () => {
  const id = await refuse()
  for (const as of ['manager', 'root'] as const) {
    const { status, body } = await app.call('GET', `/requests/${id}`, { as })
    expect([status, body.request_id, body.refusals]).toEqual([
      200,
      id,
      [
        expect.objectContaining({
          time: new Date(testStart).toISOString(),
          tenant: 'acme',
          client_id: 'plain',
          method: 'POST',
          route: '/api/v1/tenant/:tenant/oauth/token',
          status: 400,
          error: 'invalid_scope',
        }),
      ],
    ])
  }
})

const notKept = 'No refusal with this request id is kept'

test('a refusal is told of for the time of refusals.retain', async () => {
  const short = await startAdminApp({}, `refusals: { retain: 2m }\n${adminConfig}`)
  await short.post('acme', { grant_type: 'none-such' }, { 'X-Request-Id': 'short' })
  short.advance(119)
  expect((await short.call('GET', '/requests/short')).status).toBe(200)
  short.advance(1)
  expectRefusal(await short.call('GET', '/requests/short'), 404, 'not_found', notKept)
  await short.close()
})

test('a request of another tenant looks like one that was never made', async () => {
  const id = await refuse()
  for (const asked of [id, 'unknown', 'x'.repeat(300), '%00', '..%2f..'])
    expectRefusal(await app.call('GET', `/requests/${asked}`, { as: 'other' }), 404, 'not_found', notKept)
})

test('the same id at two tenants is one refusal for each admin, and two for the server', async () => {
  await refuse('same-id')
  await app.post('other', { grant_type: 'none-such' }, { 'X-Request-Id': 'same-id' })
  const tenantsFor = async (as: 'manager' | 'other' | 'root') => {
    const { body } = await app.call('GET', '/requests/same-id', { as })
    return body.refusals.map(({ tenant }: { tenant: string }) => tenant)
  }
  expect([await tenantsFor('manager'), await tenantsFor('other'), await tenantsFor('root')]).toEqual([
    ['acme'],
    ['other'],
    ['acme', 'other'],
  ])
})

test('a refusal of no known tenant is for the admin of the server alone', async () => {
  await app.send('/api/v1/tenant/nobody/oauth/token', { headers: { 'X-Request-Id': 'no-tenant' } })
  await app.post('nobody', { grant_type: 'client_credentials' }, { 'X-Request-Id': 'no-tenant' })
  expect((await app.call('GET', '/requests/no-tenant')).body.refusals).toHaveLength(2)
  const answer = await app.call('GET', '/requests/no-tenant', { as: 'manager' })
  expectRefusal(answer, 404, 'not_found', notKept)
})

test('a request that was answered has no refusal', async () => {
  const response = await app.send('/health', { headers: { 'X-Request-Id': 'good' } })
  expect(response.status).toBe(200)
  expect((await app.call('GET', '/requests/good')).status).toBe(404)
})

test('nobody asks without grantd:admin', async () => {
  const id = await refuse()
  expect((await app.call('GET', `/requests/${id}`, { token: '' })).status).toBe(401)
  const token = await app.token('acme', { client_id: 'plain', client_secret: 'plain-secret-value' })
  expect((await app.call('GET', `/requests/${id}`, { token })).status).toBe(403)
})

describe('others', () => {
  test('a replica knows it once it is written', async () => {
    const id = await refuse()
    await app.deps.refusals.flush()
    const { body } = await twinOf(app, storage).call('GET', `/requests/${id}`, { as: 'manager' })
    expect(body.refusals).toHaveLength(1)
  })

  test('a tenant that was made again does not show what was before', async () => {
    const make = async () => {
      const tenant = { id: 'again', name: 'Again', signing: { algorithm: 'ES256' } }
      const oauth2 = { audience: ['again-api'] }
      expect((await app.call('POST', '/tenants', { body: { ...tenant, oauth2 } })).status).toBe(201)
      const client = { client_id: 'boss', scopes: ['grantd:admin'] }
      const { body } = await app.call('POST', '/tenants/again/clients', { body: client })
      const form = { client_id: 'boss', client_secret: body.client_secret, scope: 'grantd:admin' }
      return app.token('again', form)
    }
    const first = await make()
    await app.post('again', { grant_type: 'none' }, { 'X-Request-Id': 'before' })
    expect((await app.call('GET', '/requests/before', { token: first })).status).toBe(200)
    await app.call('PATCH', '/tenants/again', { body: { active: false }, ifMatch: '*' })
    expect((await app.call('DELETE', '/tenants/again', { ifMatch: '*' })).status).toBe(204)
    app.advance(1)
    const second = await make()
    expect((await app.call('GET', '/requests/before', { token: second })).status).toBe(404)
    expect((await app.call('GET', '/requests/before')).status).toBe(200)
  })
})
