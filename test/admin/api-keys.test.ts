import { afterAll, beforeAll, expect, test } from 'bun:test'
import { makeKey as makeKeyBy, managerToken } from '../support/api-keys.ts'
import { callProtected } from '../support/test-app.ts'
import { type AdminApp, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const path = '/tenants/acme/api-keys'

const manager = { client_id: 'manager', client_secret: 'manager-secret-value' }
const makeKey = async (name: string) => {
  const token = await managerToken(app, 'acme', manager)
  return makeKeyBy(app, { token, body: { name, scopes: ['api:read'], expires_in_days: 1 } })
}

const use = async (token: string) => (await callProtected(app, token)).status

test('they are listed in pages without themselves, and revoked once and for ever', async () => {
  const keys = [await makeKey('one'), await makeKey('two'), await makeKey('three')]
  const ids = keys.map(({ id }) => id).toSorted()
  const first = (await app.call('GET', `${path}?limit=2`, { as: 'manager' })).body
  const rest = (await app.call('GET', `${path}?limit=2&cursor=${first.next_cursor}`, { as: 'manager' })).body
  expect(rest.next_cursor).toBeNull()
  const items = [...first.items, ...rest.items]
  expect(items.map(({ id }) => id)).toEqual(ids)
  expect(items.find(({ name }) => name === 'one')).toEqual({
    id: keys[0]?.id,
    name: 'one',
    client_id: 'manager',
    parent: null,
    scopes: ['api:read'],
    created_at: '2030-01-01T00:00:00.000Z',
    expires_at: '2030-01-02T00:00:00.000Z',
    revoked: false,
    revoked_at: null,
    last_used: null,
  })
  expect(JSON.stringify(items)).not.toMatch(/eyJ[\w-]+\./)
  const [key] = keys
  expect(await use(key?.api_key ?? '')).toBe(200)
  const revoked = await app.call('POST', `${path}/${key?.id}/revoke`, { as: 'manager' })
  expect([revoked.status, revoked.body, await use(key?.api_key ?? '')]).toEqual([204, undefined, 401])
  expect(app.events.at(-1)).toMatchObject({
    type: 'api_key.revoked',
    tenant: 'acme',
    actor: 'manager',
    client: 'manager',
    detail: { api_key: key?.id },
  })
  expect((await app.call('POST', `${path}/${key?.id}/revoke`)).status).toBe(204)
  const after = (await app.call('GET', path)).body.items.find(({ id }: { id: string }) => id === key?.id)
  expect(after.revoked_at).toBe('2030-01-01T00:00:00.000Z')
})

test('a key that is not there, or of another tenant, is 404', async () => {
  const { id } = await makeKey('elsewhere')
  for (const wrong of [
    `${path}/nobody/revoke`,
    `${path}/%zz/revoke`,
    `/tenants/other/api-keys/${id}/revoke`,
  ]) {
    expectRefusal(await app.call('POST', wrong), 404, 'not_found', 'API key not found')
  }
  expect((await app.call('GET', '/tenants/other/api-keys')).body.items).toEqual([])
})
