import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import type { Client } from '../../src/clients/client.ts'
import { ClientRegistry } from '../../src/clients/client-registry.ts'
import type { Deps } from '../../src/deps.ts'
import type { Tenant } from '../../src/tenants/tenant.ts'
import { TenantRegistry } from '../../src/tenants/tenant-registry.ts'
import { builtClientsOf } from '../support/built-clients.ts'
import { callProtected, type TestApp } from '../support/test-app.ts'
import { basic, type Refusal, refusal, stableHeaders, startAcme, svc } from './acme.ts'

let app: TestApp

beforeEach(async () => {
  app = await startAcme()
})
afterEach(() => app.close())

const path = '/api/v1/protected-resource'
const invalid: Refusal = [401, 'invalid_token', 'The access token is invalid']
const expired: Refusal = [401, 'invalid_token', 'Token has expired']

describe('a good token', () => {
  test('is answered with what it says', async () => {
    const response = await callProtected(app, await app.token('acme', svc))
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect(await response.text()).toBe(
      JSON.stringify({
        message: 'The access token is valid',
        tenant_id: 'acme',
        sub: 'svc',
        client_id: 'svc',
        scope: ['read', 'write'],
        audience: ['acme-api'],
        expires_at: '2030-01-01T00:10:00.000Z',
      }),
    )
  })

  test('of another tenant, without scope and of type at+jwt is as good', async () => {
    const response = await callProtected(app, await app.token('beta', svc))
    expect(await response.json()).toEqual({
      message: 'The access token is valid',
      tenant_id: 'beta',
      sub: 'svc',
      client_id: 'svc',
      scope: [],
      audience: ['http://localhost:3000/api/v1/tenant/beta'],
      expires_at: '2030-01-01T01:00:00.000Z',
    })
  })

  test('for a resource and for several audiences is as good', async () => {
    const resource = await app.token('acme', { ...svc, resource: 'urn:acme:files' })
    expect((await (await callProtected(app, resource)).json()).audience).toEqual(['urn:acme:files'])
    const own = await app.token('acme', { client_id: 'own', client_secret: 'own-secret-value' })
    expect((await (await callProtected(app, own)).json()).audience).toEqual(['own-api', 'other-api'])
  })

  test.each(['Bearer ', 'bearer ', 'BEARER ', 'bEaReR   '])('is taken after %p', async (scheme) => {
    const headers = { Authorization: scheme + (await app.token('acme', svc)) }
    expect((await app.send(path, { headers })).status).toBe(200)
  })
})

describe('no token', () => {
  test.each([
    ['no header', {}],
    ['an empty header', { Authorization: '' }],
    ['the scheme alone', { Authorization: 'Bearer' }],
    ['another scheme', { Authorization: basic('svc', svc.client_secret) }],
    ['a longer scheme', { Authorization: 'Bearers abc' }],
    ['no space after the scheme', { Authorization: 'Bearerabc' }],
    ['a header of another name', { 'X-Access-Token': 'abc' }],
  ])('%s: a bare challenge and nothing else', async (_, headers) => {
    const response = await app.send(path, { headers: headers as Record<string, string> })
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('')
    expect(stableHeaders(response)).toEqual([
      ['cache-control', 'no-store'],
      ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
      ['pragma', 'no-cache'],
      ['referrer-policy', 'no-referrer'],
      ['www-authenticate', 'Bearer realm="grantd"'],
      ['x-content-type-options', 'nosniff'],
    ])
  })

  test('a token in the query, in a cookie or in a body is none', async () => {
    const token = await app.token('acme', svc)
    const query = await app.send(`${path}?access_token=${token}`)
    const cookie = await app.send(path, { headers: { Cookie: `access_token=${token}` } })
    for (const response of [query, cookie]) {
      expect([response.status, await response.text()]).toEqual([401, ''])
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="grantd"')
    }
    const body = new URLSearchParams({ access_token: token })
    expect((await app.send(path, { method: 'POST', body })).status).toBe(405)
  })
})

describe('time', () => {
  test('a token is good until its last second and expired from the next on', async () => {
    const token = await app.token('acme', svc)
    app.advance(599)
    expect((await callProtected(app, token)).status).toBe(200)
    app.advance(0.999)
    expect((await callProtected(app, token)).status).toBe(200)
    app.advance(0.001)
    const response = await callProtected(app, token)
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="grantd", error="invalid_token", error_description="Token has expired"',
    )
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await refusal(response)).toEqual(expired)
  })

  test('a token of the client with the shorter life expires first', async () => {
    const short = await app.token('acme', { client_id: 'own', client_secret: 'own-secret-value' })
    const long = await app.token('acme', svc)
    app.advance(90)
    expect(await refusal(await callProtected(app, short))).toEqual(expired)
    expect((await callProtected(app, long)).status).toBe(200)
  })

  test('a token from the future is refused, and good once its time has come; replicas differ by half a minute at most', async () => {
    const token = await app.token('acme', svc)
    app.advance(-31)
    expect(await refusal(await callProtected(app, token))).toEqual(invalid)
    app.advance(1)
    expect((await callProtected(app, token)).status).toBe(200)
  })
})

describe('the size', () => {
  test('a text over 8 KB and a text of 8 KB are refused alike', async () => {
    for (const size of [8 * 1024, 8 * 1024 + 1, 1_000_000]) {
      expect(await refusal(await callProtected(app, 'x'.repeat(size)))).toEqual(invalid)
    }
    const reasons = app.log.slice(-3).map(({ reason }) => reason)
    expect(reasons).toEqual([
      'not a JWT of one of our issuers',
      'longer than a token can be',
      'longer than a token can be',
    ])
  })
})

describe('what changed since the token was issued', () => {
  /** The same server after its configuration was changed. */
  const changed = (change: Partial<Deps>): Pick<TestApp, 'send'> => {
    const handle = createApp({ ...app.deps, ...change })
    return { send: async (to, init) => handle(new Request(`http://localhost:3000${to}`, init)) }
  }
  const withClient = (change: Partial<Client>) => {
    const all = app.deps.clients.of('acme').configured.map((client) => ({ ...client, ...change }))
    return changed({ clients: new ClientRegistry(builtClientsOf('acme', all), app.deps) })
  }
  const withTenant = (change: Partial<Tenant>) =>
    changed({
      tenants: new TenantRegistry(
        app.deps.tenants.configured.map((tenant) => ({ ...tenant, ...change })),
        app.deps,
      ),
    })

  test('an equal configuration changes nothing', async () => {
    const token = await app.token('acme', svc)
    expect((await callProtected(withClient({}), token)).status).toBe(200)
    expect((await callProtected(withTenant({}), token)).status).toBe(200)
  })

  test('an inactive client, and one that is gone, ends it', async () => {
    const token = await app.token('acme', svc)
    expect(await refusal(await callProtected(withClient({ active: false }), token))).toEqual(invalid)
    const gone = changed({ clients: new ClientRegistry(() => undefined, app.deps) })
    expect(await refusal(await callProtected(gone, token))).toEqual(invalid)
  })

  test('an inactive tenant, one that is gone, and one without oauth2, ends it', async () => {
    const token = await app.token('acme', svc)
    expect(await refusal(await callProtected(withTenant({ active: false }), token))).toEqual(invalid)
    expect(await refusal(await callProtected(withTenant({ oauth2: null }), token))).toEqual(invalid)
    const gone = changed({ tenants: new TenantRegistry([], app.deps) })
    expect(await refusal(await callProtected(gone, token))).toEqual(invalid)
  })

  test('another issuer ends it', async () => {
    const token = await app.token('acme', svc)
    const [acme] = app.deps.tenants.configured.filter(({ id }) => id === 'acme')
    if (!acme) throw new Error('no acme')
    const moved = changed({
      tenants: new TenantRegistry([{ ...acme, issuer: `${acme.issuer}/new` }], app.deps),
    })
    expect(await refusal(await callProtected(moved, token))).toEqual(invalid)
  })

  test('an audience that the client lost ends it, and another token goes on', async () => {
    const files = await app.token('acme', { ...svc, resource: 'urn:acme:files' })
    const plain = await app.token('acme', svc)
    const without = withClient({ resources: [] })
    expect(await refusal(await callProtected(without, files))).toEqual(invalid)
    expect((await callProtected(without, plain)).status).toBe(200)
    expect(await refusal(await callProtected(withClient({ audience: ['else'] }), plain))).toEqual(invalid)
  })
})
