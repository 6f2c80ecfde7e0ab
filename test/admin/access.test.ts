import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { signJwt } from '../../src/keys/jwt.ts'
import type { ApiKeyClaims } from '../../src/protocol/messages.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { failingStorage } from '../support/failing-storage.ts'
import { testStart } from '../support/test-app.ts'
import { type AdminApp, adminConfig, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const tokenFor = (client_id: string, client_secret: string, scope: string) =>
  app.token('acme', { client_id, client_secret, scope })

describe('without a good token', () => {
  test('no token gets an empty 401 with a bare challenge, the same for a tenant that is not there', async () => {
    for (const path of ['/tenants', '/tenants/acme', '/tenants/nobody', '/tenants/nobody/clients/x']) {
      const answer = await app.call('GET', path, { token: '' })
      expect([path, answer.status, answer.body]).toEqual([path, 401, undefined])
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="grantd"')
    }
  })

  test('a text that is no token is refused, and so is one in the query or as Basic', async () => {
    const answer = await app.call('GET', '/tenants', { token: 'x.y.z' })
    expectRefusal(answer, 401, 'invalid_token', 'The access token is invalid')
    const token = await app.tokenOf('root')
    const inQuery = await app.call('GET', `/tenants?access_token=${token}`, { token: '' })
    expect(inQuery.status).toBe(401)
    const basic = await app.call('GET', '/tenants', {
      token: '',
      headers: { Authorization: `Basic ${btoa('root:root-secret-value')}` },
    })
    expect(basic.status).toBe(401)
  })

  test('a token without the scope gets insufficient_scope and learns which one it takes', async () => {
    const token = await tokenFor('plain', 'plain-secret-value', 'api:read')
    const answer = await app.call('GET', '/tenants/acme', { token })
    const sentence = 'The client does not have the scope grantd:admin'
    expectRefusal(answer, 403, 'insufficient_scope', sentence)
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="grantd", error="insufficient_scope", error_description="${sentence}", scope="grantd:admin"`,
    )
  })

  test('a client that has the scope gets it only when it asks for it', async () => {
    const token = await app.token('acme', { client_id: 'manager', client_secret: 'manager-secret-value' })
    expect((await app.call('GET', '/tenants/acme', { token })).status).toBe(403)
  })

  test('an API key never gets in, not even one that was signed with the scope', async () => {
    const token = await tokenFor('manager', 'manager-secret-value', 'api-keys:manage grantd:admin')
    const refused = await app.send('/api/v1/tenant/acme/api-keys/create', {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'k', scopes: ['grantd:admin'] }),
    })
    expect((await refused.json()).error).toBe('invalid_scope')
    const answer = await app.call('GET', '/tenants/acme', { token: await forgeApiKey() })
    expectRefusal(answer, 403, 'insufficient_scope', 'The tenant allows no API key the scope grantd:admin')
  })

  test('an inactive client gets no token, and one that is made inactive has none that works', async () => {
    const response = await app.post('acme', {
      grant_type: 'client_credentials',
      client_id: 'idle',
      client_secret: 'idle-secret-value',
      scope: 'grantd:admin',
    })
    expect(response.status).toBe(401)
    const made = await app.call('POST', '/tenants/acme/clients', {
      as: 'manager',
      body: { client_id: 'second-admin', scopes: ['grantd:admin'] },
    })
    const token = await tokenFor('second-admin', made.body.client_secret, 'grantd:admin')
    expect((await app.call('GET', '/tenants/acme', { token })).status).toBe(200)
    const patch = { as: 'manager', body: { active: false }, ifMatch: made.etag ?? '' } as const
    expect((await app.call('PATCH', '/tenants/acme/clients/second-admin', patch)).status).toBe(200)
    expectRefusal(
      await app.call('GET', '/tenants/acme', { token }),
      401,
      'invalid_token',
      'The access token is invalid',
    )
  })

  test('a revoked and an expired token are refused', async () => {
    const token = await tokenFor('manager', 'manager-secret-value', 'grantd:admin')
    const revoked = await app.call('POST', '/tenants/acme/tokens/revoke', { as: 'manager', body: { token } })
    expect(revoked.status).toBe(200)
    expect((await app.call('GET', '/tenants/acme', { token })).body.error).toBe('invalid_token')
    const fresh = await startAdminApp()
    const old = await fresh.tokenOf('manager')
    fresh.advance(900)
    expectRefusal(
      await fresh.call('GET', '/tenants/acme', { token: old }),
      401,
      'invalid_token',
      'Token has expired',
    )
    await fresh.close()
  })
})

describe('whose tenant', () => {
  const foreign: [string, string, unknown][] = [
    ['GET', '/tenants/other', undefined],
    ['PATCH', '/tenants/other', { name: 'x' }],
    ['DELETE', '/tenants/other', undefined],
    ['GET', '/tenants/other/clients', undefined],
    ['POST', '/tenants/other/clients', { client_id: 'x' }],
    ['GET', '/tenants/other/clients/manager', undefined],
    ['PATCH', '/tenants/other/clients/manager', { active: false }],
    ['DELETE', '/tenants/other/clients/manager', undefined],
    ['GET', '/tenants/other/clients/manager/secrets', undefined],
    ['POST', '/tenants/other/clients/manager/secrets', {}],
    ['DELETE', '/tenants/other/clients/manager/secrets/default', undefined],
    ['GET', '/tenants/other/keys', undefined],
    ['POST', '/tenants/other/keys/rotate', {}],
    ['GET', '/tenants/other/api-keys', undefined],
    ['POST', '/tenants/other/api-keys/x/revoke', undefined],
    ['POST', '/tenants/other/tokens/revoke', { all: true }],
    ['GET', '/tenants/other/audit', undefined],
  ]

  test.each(foreign)(
    '%s %s of another tenant is answered as of an unknown one',
    async (method, path, body) => {
      const asked = { as: 'manager', body, ifMatch: '*' } as const
      const answer = await app.call(method, path, asked)
      expectRefusal(answer, 404, 'tenant_not_found', 'Tenant not found')
      const unknown = await app.call(method, path.replace('other', 'nobody'), asked)
      expect(unknown.body).toEqual(answer.body)
    },
  )

  test('the admin tenant reaches every tenant, and another one itself', async () => {
    for (const tenant of ['ops', 'acme', 'other']) {
      expect((await app.call('GET', `/tenants/${tenant}`)).body.id).toBe(tenant)
    }
    expect((await app.call('GET', '/tenants/acme', { as: 'manager' })).body.id).toBe('acme')
    expect((await app.call('GET', '/tenants/other', { as: 'other' })).body.id).toBe('other')
  })

  test('a list of tenants holds all of them, or the one of the caller', async () => {
    const idsOf = async (as: 'root' | 'manager') =>
      (await app.call('GET', '/tenants', { as })).body.items.map(({ id }: { id: string }) => id)
    expect(await idsOf('root')).toEqual(['acme', 'ops', 'other'])
    expect(await idsOf('manager')).toEqual(['acme'])
  })

  test('a tenant neither makes, changes nor deletes tenants, itself among them', async () => {
    const sentence = 'Only the admin tenant makes, changes and deletes tenants'
    const as = 'manager'
    const calls = [
      app.call('POST', '/tenants', { as, body: { id: 'mine', name: 'Mine' } }),
      app.call('PATCH', '/tenants/acme', { as, body: { name: 'x' }, ifMatch: '*' }),
      app.call('DELETE', '/tenants/acme', { as }),
    ]
    for (const call of calls) expectRefusal(await call, 403, 'insufficient_scope', sentence)
    const audit = await app.call('GET', '/audit', { as })
    expectRefusal(audit, 403, 'insufficient_scope', 'Only the admin tenant reads what belongs to no tenant')
    expect(audit.headers.get('www-authenticate')).toEndWith('scope="grantd:admin"')
  })

  test('a tenant has one spelling: a percent sign is none of it', async () => {
    for (const path of ['/tenants/%61cme', '/tenants/acm%65/clients/acme', '/tenants/%zz', '/tenants/ACME']) {
      expectRefusal(await app.call('GET', path), 404, 'tenant_not_found', 'Tenant not found')
    }
  })

  test('headers that name another host or path change nothing', async () => {
    const headers = {
      'X-Forwarded-Host': 'evil.example',
      'X-Original-URL': '/api/v1/admin/tenants/other',
      'X-HTTP-Method-Override': 'DELETE',
    }
    const answer = await app.call('GET', '/tenants/acme', { as: 'manager', headers })
    expect([answer.status, answer.body.issuer]).toEqual([200, 'http://localhost:3000/api/v1/tenant/acme'])
  })
})

describe('where it is not configured', () => {
  test('without admin the routes are not there, not even to be told of a method', async () => {
    const yaml = adminConfig.replace('admin: { tenant: ops }', '')
    const plain = await startAdminApp({}, yaml)
    for (const [method, path] of [
      ['GET', '/tenants'],
      ['DELETE', '/tenants'],
      ['GET', '/tenants/acme/clients'],
    ] as const) {
      expectRefusal(await plain.call(method, path), 404, 'not_found', 'Path not found')
    }
    const document = await (await plain.send('/swagger/json')).text()
    expect(document).not.toContain('/api/v1/admin')
    await plain.close()
  })

  test('without admin.tenant each tenant manages itself and nobody all', async () => {
    const self = await startAdminApp({}, adminConfig.replace('admin: { tenant: ops }', 'admin: {}'))
    expect((await self.call('GET', '/tenants/ops')).status).toBe(200)
    expect((await self.call('GET', '/tenants/acme')).status).toBe(404)
    expect((await self.call('POST', '/tenants', { body: { id: 'x', name: 'x' } })).status).toBe(403)
    await self.close()
  })

  test('a method that a path does not have is 405 with Allow', async () => {
    const answer = await app.call('PUT', '/tenants/acme/clients')
    expectRefusal(answer, 405, 'method_not_allowed', 'Method not allowed')
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST')
  })
})

test('a refusal is in the trail of the tenant that asked, and without a token in that of nobody', async () => {
  const own = await startAdminApp()
  await own.call('GET', '/tenants/other', { as: 'manager' })
  await own.call('GET', '/tenants/other', { token: '' })
  const refused = own.events.filter(({ type }) => type === 'admin.refused')
  const detail = { method: 'GET', route: '/api/v1/admin/tenants/:tenant' }
  expect(refused).toMatchObject([
    {
      tenant: 'acme',
      outcome: 'refused',
      reason: 'tenant_not_found',
      actor: 'manager',
      detail,
    },
    { tenant: '', outcome: 'refused', reason: 'invalid_token', actor: undefined, detail },
  ])
  await own.close()
})

test('every answer is told not to be kept', async () => {
  const answers = [await app.call('GET', '/tenants'), await app.call('GET', '/tenants/acme/clients/nobody')]
  for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store')
})

test('while the storage is away the answer is 503, and no way in', async () => {
  const storage = failingStorage(createMemoryStorage())
  const own = await startAdminApp({ storage })
  await own.tokenOf('root')
  storage.failing = true
  for (const path of ['/tenants', '/tenants/acme/clients']) {
    const answer = await own.call('GET', path)
    expectRefusal(answer, 503, 'temporarily_unavailable', 'The server cannot answer this right now')
  }
  storage.failing = false
  expect((await own.call('GET', '/tenants')).status).toBe(200)
  await own.close()
})

/** An API key as no route makes one: with the scope of the admin API. */
async function forgeApiKey(): Promise<string> {
  const { keyring, storage, hashing } = app.deps
  const claims: ApiKeyClaims = {
    iss: 'http://localhost:3000/api/v1/tenant/acme',
    sub: 'ak_forged',
    aud: ['http://localhost:3000/api/v1/tenant/acme'],
    iat: testStart / 1000,
    jti: 'forged',
    scope: 'grantd:admin',
    client_id: 'manager',
    tenant_id: 'acme',
    api_key: true,
  }
  const token = await signJwt(claims, { key: (await keyring.of('acme')).active, typ: 'JWT' })
  const value = {
    name: 'forged',
    scopes: ['grantd:admin'],
    client_id: 'manager',
    created_at: testStart,
    expires_at: null,
    revoked: false,
    revoked_at: null,
    tokens: [{ jti: 'forged', hash: hashing.sha256(token).toHex(), ends_at: null }],
  }
  await storage.of('acme').of(apiKeys).create({ id: 'ak_forged', value, parent: 'manager' })
  return token
}
