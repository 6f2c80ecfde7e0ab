import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { type AdminApp, expectRefusal, startAdminApp } from '../admin/admin-app.ts'
import { refusal } from '../endpoints/acme.ts'
import { listKeys, makeKey, managerToken, postKey } from '../support/api-keys.ts'
import {
  apiKeySettings,
  changed,
  judgementOf,
  startRevocable,
  svc,
  withClient,
  withTenant,
} from '../support/revocable.ts'
import { callProtected, type TestApp } from '../support/test-app.ts'

describe('a scope that is taken from a client by the admin API', () => {
  let app: AdminApp
  beforeEach(async () => {
    app = await startAdminApp()
  })
  afterEach(() => app.close())

  test('opens the admin API no more: the token of before makes no tenant, no admin, and reads nothing', async () => {
    const made = await app.call('POST', '/tenants/ops/clients', {
      body: { client_id: 'second', scopes: ['grantd:admin'] },
    })
    const form = { client_id: 'second', client_secret: made.body.client_secret, scope: 'grantd:admin' }
    const token = await app.token('ops', form)
    expect((await app.call('GET', '/tenants', { token })).status).toBe(200)
    const patch = { body: { scopes: [] }, ifMatch: '*' }
    expect((await app.call('PATCH', '/tenants/ops/clients/second', patch)).status).toBe(200)
    const tries = [
      ['GET', '/tenants', undefined],
      ['POST', '/tenants', { id: 'mine', name: 'Mine' }],
      ['POST', '/tenants/ops/clients', { client_id: 'third', scopes: ['grantd:admin'] }],
      ['PATCH', '/tenants/ops/clients/second', { scopes: ['grantd:admin'] }],
      ['POST', '/tenants/ops/tokens/revoke', { all: true }],
      ['GET', '/audit', undefined],
    ] as const
    for (const [method, path, body] of tries) {
      const answer = await app.call(method, path, { token, body, ifMatch: '*' })
      expectRefusal(answer, 403, 'insufficient_scope', 'The client does not have the scope grantd:admin')
      expect(answer.headers.get('www-authenticate')).toEndWith('scope="grantd:admin"')
    }
    expect((await app.call('GET', '/tenants/mine')).status).toBe(404)
    expect(app.events).toContainEqual(
      expect.objectContaining({ type: 'admin.refused', actor: 'second', reason: 'insufficient_scope' }),
    )
  })

  test('comes back to the same token when the client has it again', async () => {
    const made = await app.call('POST', '/tenants/ops/clients', {
      body: { client_id: 'second', scopes: ['grantd:admin'] },
    })
    const form = { client_id: 'second', client_secret: made.body.client_secret, scope: 'grantd:admin' }
    const token = await app.token('ops', form)
    for (const [scopes, status] of [
      [[], 403],
      [['grantd:admin'], 200],
    ] as const) {
      await app.call('PATCH', '/tenants/ops/clients/second', { body: { scopes }, ifMatch: '*' })
      expect((await app.call('GET', '/tenants', { token })).status).toBe(status)
    }
  })
})

test('a scope of an API counts no more once it is taken, though its name is also that of a scope of people', async () => {
  const app = await startAdminApp()
  const oauth2 = { scopes: { profile: 'Profiles of birds', read: 'Read' } }
  await app.call('POST', '/tenants', { body: { id: 'birds', name: 'Birds', oauth2 } })
  const { body } = await app.call('POST', '/tenants/birds/clients', {
    body: { client_id: 'svc', scopes: ['profile', 'read'] },
  })
  const token = await app.token('birds', { client_id: 'svc', client_secret: body.client_secret })
  const scopes = async () => (await (await callProtected(app, token)).json()).scope
  expect(await scopes()).toEqual(['profile', 'read'])
  await app.call('PATCH', '/tenants/birds/clients/svc', { body: { scopes: ['read'] }, ifMatch: '*' })
  expect(await scopes()).toEqual(['read'])
  await app.close()
})

describe('a scope that is taken from a client in config.yaml', () => {
  let app: TestApp
  let manager: string
  beforeEach(async () => {
    app = await startRevocable()
    manager = await managerToken(app, 'acme')
  })
  afterEach(() => app.close())

  const later = (...scopes: string[]) => changed(app, { client: withClient('svc', { scopes }) })

  test('opens the API keys no more, to a token and to an API key', async () => {
    const body = { name: 'boss', scopes: ['api-keys:manage', 'read'] }
    const { api_key } = await makeKey(app, { token: manager, body })
    const server = later('read', 'write')
    for (const token of [manager, api_key]) {
      expect(await refusal(await listKeys(server, { token }))).toEqual([
        403,
        'insufficient_scope',
        'The client does not have the scope api-keys:manage',
      ])
      expect((await postKey(server, 'create', { token, body: { name: 'k' } })).status).toBe(403)
    }
    expect((await listKeys(app, { token: api_key })).status).toBe(200)
  })

  test('cannot be passed on to a key', async () => {
    const refused = await postKey(later('api-keys:manage', 'read'), 'create', {
      token: manager,
      body: { name: 'k', scopes: ['write'] },
    })
    expect((await refusal(refused))[1]).toBe('invalid_scope')
  })

  test('is in the answer of neither introspection nor protected-resource, whose order is that of the token', async () => {
    const token = await app.token('acme', { ...svc, scope: 'write rule read' })
    const { api_key } = await makeKey(app, { token: manager, body: { name: 'k', scopes: ['write', 'read'] } })
    const scopesAt = async (server: ReturnType<typeof later>, presented: string) => {
      const { active, scope } = JSON.parse(await judgementOf(server, 'acme', presented))
      const resource = await callProtected(server, presented)
      return [active, scope, resource.status, (await resource.json()).scope]
    }
    expect(await scopesAt(app, token)).toEqual([true, 'write rule read', 200, ['write', 'rule', 'read']])
    expect(await scopesAt(later('read', 'write'), token)).toEqual([
      true,
      'write read',
      200,
      ['write', 'read'],
    ])
    expect(await scopesAt(later('read'), api_key)).toEqual([true, 'read', 200, ['read']])
    for (const each of [token, api_key]) {
      expect(await scopesAt(later(), each)).toEqual([true, undefined, 200, []])
    }
  })

  test('leaves the token active though none is left, without the member scope', async () => {
    const token = await app.token('acme', { ...svc, scope: 'read' })
    const body = JSON.parse(await judgementOf(later('write'), 'acme', token))
    expect(body.active).toBe(true)
    expect(body).not.toHaveProperty('scope')
  })

  test('that the tenant took from its API keys counts in none of them any more, and in access tokens as before', async () => {
    const body = { name: 'k', scopes: ['read', 'api-keys:manage'] }
    const { api_key } = await makeKey(app, { token: manager, body })
    const strict = changed(app, {
      tenant: withTenant('acme', { api_keys: apiKeySettings({ allowed_scopes: ['read'] }) }),
    })
    expect(JSON.parse(await judgementOf(strict, 'acme', api_key)).scope).toBe('read')
    expect(await refusal(await listKeys(strict, { token: api_key }))).toEqual([
      403,
      'insufficient_scope',
      'The tenant allows no API key the scope api-keys:manage',
    ])
    expect((await listKeys(strict, { token: manager })).status).toBe(200)
    expect((await listKeys(app, { token: api_key })).status).toBe(200)
  })
})
