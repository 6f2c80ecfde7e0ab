import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { type AdminApp, adminConfig, startAdminApp } from '../admin/admin-app.ts'
import { listedKeys, makeKey, managerToken, postKey, rotateKey } from '../support/api-keys.ts'
import { changed, type Sender, withClient } from '../support/revocable.ts'
import { callProtected } from '../support/test-app.ts'

/** `plain` has claims beside those of its tenant, `manager` has only the latter, and `other` has none. */
const config = adminConfig
  .replace(
    'access_token_ttl: 900',
    'access_token_ttl: 900\n      claims: { plan: gold, region: { zone: [1, true, null] }, "urn:x": "1" }',
  )
  .replace(
    'name: Plain client }',
    'name: Plain client, introspect: true, claims: { plan: [silver], own: 1.5 } }',
  )

const ofTenant = { plan: 'gold', region: { zone: [1, true, null] }, 'urn:x': '1' }
const ofPlain = { ...ofTenant, plan: ['silver'], own: 1.5 }

const plain = { client_id: 'plain', client_secret: 'plain-secret-value' }
const manager = { client_id: 'manager', client_secret: 'manager-secret-value' }

let app: AdminApp
beforeEach(async () => {
  app = await startAdminApp({}, config)
})
afterEach(() => app.close())

async function introspect(token: string, tenant = 'acme', by: Record<string, string> = plain) {
  const response = await app.send(`/api/v1/tenant/${tenant}/oauth/introspect`, {
    method: 'POST',
    body: new URLSearchParams({ token, ...by }),
  })
  expect(response.status).toBe(200)
  return response.json()
}

/** The token of a client of acme from a server whose settings were changed. */
async function tokenFrom(server: Sender, client: Record<string, string> = plain): Promise<string> {
  const response = await server.send('/api/v1/tenant/acme/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...client }),
  })
  expect(response.status).toBe(200)
  return (await response.json()).access_token
}

/** The claims of a token but for those that every token has. */
function ownClaims(token: string): unknown {
  const { iss, sub, aud, exp, iat, jti, scope, client_id, tenant_id, api_key, ...own } = jose.decodeJwt(token)
  expect([iss, sub, aud, iat, jti, client_id].every((each) => each !== undefined)).toBe(true)
  return own
}

describe('an access token', () => {
  test('has the claims of the tenant and of the client, the client over the tenant by name', async () => {
    expect(ownClaims(await app.token('acme', plain))).toEqual(ofPlain)
    expect(ownClaims(await app.token('acme', { ...manager, scope: 'api:read' }))).toEqual(ofTenant)
    expect(ownClaims(await app.tokenOf('other'))).toEqual({})
  })

  test('is shown with them by introspection and by the protected resource', async () => {
    const token = await app.token('acme', plain)
    const { active, token_type, client_id, ...shown } = await introspect(token)
    expect([active, token_type, client_id]).toEqual([true, 'Bearer', 'plain'])
    expect(shown).toMatchObject(ofPlain)
    const response = await callProtected(app, token)
    expect(await response.json()).toMatchObject({ sub: 'plain', claims: ofPlain })
    const without = await callProtected(app, await app.tokenOf('other'))
    expect(await without.json()).not.toHaveProperty('claims')
  })

  test('keeps what it was issued with; the next one has what is set now', async () => {
    const { body, etag } = await app.call('POST', '/tenants/acme/clients', {
      body: { client_id: 'made', scopes: ['api:read'], claims: { own: 1 } },
    })
    const made = { client_id: 'made', client_secret: body.client_secret }
    const first = await app.token('acme', made)
    await app.call('PATCH', '/tenants/acme/clients/made', {
      body: { claims: { own: 2, plan: 'free' } },
      ifMatch: etag ?? '',
    })
    expect(ownClaims(await app.token('acme', made))).toEqual({ ...ofTenant, own: 2, plan: 'free' })
    expect(await introspect(first)).toMatchObject({ active: true, own: 1, plan: 'gold' })
  })
})

test('no setting of a claim touches what grantd says itself', async () => {
  const evil = {
    sub: 'root',
    aud: ['ops-api'],
    scope: 'grantd:admin',
    client_id: 'root',
    iss: 'x',
    exp: 9e9,
    jti: 'x',
    iat: 0,
  }
  const forged = changed(app, {
    tenant: (tenant) =>
      tenant.id === 'acme' && tenant.oauth2
        ? { ...tenant, oauth2: { ...tenant.oauth2, claims: evil } }
        : tenant,
    client: withClient('plain', { claims: { ...evil, api_key: true } }),
  })
  const claims = jose.decodeJwt(await tokenFrom(forged))
  expect(claims).toMatchObject({ sub: 'plain', aud: ['acme-api'], scope: 'api:read', client_id: 'plain' })
  expect([claims.iss, claims.exp, claims.jti, claims.iat]).not.toEqual(expect.arrayContaining(['x', 9e9, 0]))
})

describe('an API key', () => {
  test('has the claims of when it was made, and of today once it is rotated', async () => {
    const token = await managerToken(app, 'acme', manager)
    const made = await makeKey(app, { token, body: { name: 'k', scopes: ['api:read'] } })
    expect(ownClaims(made.api_key)).toEqual(ofTenant)
    expect(await introspect(made.api_key)).toMatchObject({ active: true, api_key: true, ...ofTenant })
    const later = changed(app, { client: withClient('manager', { claims: { plan: 'free' } }) })
    const rotated = await rotateKey(later, made.id, { token })
    expect(ownClaims(rotated.api_key)).toEqual({ ...ofTenant, plan: 'free' })
    expect(ownClaims(made.api_key)).toEqual(ofTenant)
  })

  test('that no server would take is not made', async () => {
    const scopes = Array.from({ length: 45 }, (_, at) => `scope-${at}-${'x'.repeat(90)}`)
    const wide = (claims: object) =>
      changed(app, {
        client: withClient('manager', { scopes: [...scopes, 'api-keys:manage'], claims: { ...claims } }),
        tenant: (tenant) => {
          const { api_keys } = tenant
          return api_keys ? { ...tenant, api_keys: { ...api_keys, allowed_scopes: scopes } } : tenant
        },
      })
    const scope = [...scopes, 'api-keys:manage'].join(' ')
    const token = await tokenFrom(wide({}), { ...manager, scope })
    const request = { token, body: { name: 'k', scopes } }
    const response = await postKey(wide({ long: 'x'.repeat(2000) }), 'create', request)
    expect([response.status, (await response.json()).error_description]).toEqual([
      400,
      'The API key would be too large: ask for fewer scopes',
    ])
    expect(await listedKeys(wide({}), { token })).toEqual([])
  })
})

test('requests that share a token do not share it over a change of the claims', async () => {
  const sharing = (claims: object) =>
    changed(app, {
      client: withClient('plain', { claims: { ...claims } }),
      tenant: (tenant) =>
        tenant.oauth2 ? { ...tenant, oauth2: { ...tenant.oauth2, reuse_window: 60 } } : tenant,
    })
  const ask = (claims: object) => tokenFrom(sharing(claims))
  const first = await ask({ a: 1 })
  expect(await ask({ a: 1 })).toBe(first)
  for (const claims of [{ a: '1' }, {}, { a: [1] }, { a: 1, b: 1 }]) expect(await ask(claims)).not.toBe(first)
  expect(await ask({ a: 1 })).toBe(first)
})

describe('the admin API', () => {
  const make = (claims: unknown, more: object = {}) =>
    app.call('POST', '/tenants/acme/clients', { body: { client_id: 'c', claims, ...more } })
  const reserved = 'is a name that grantd or a standard uses itself; take another one, such as a URL of yours'

  test.each([
    [{ sub: 'x' }, `The field claims.sub ${reserved}`],
    [{ cnf: {} }, `The field claims.cnf ${reserved}`],
    [{ constructor: 1 }, `The field claims.constructor ${reserved}`],
    [{ 'a b': 1 }, 'The field claims must be an object of the right form'],
    [{ a: [[[[[[1]]]]]] }, 'The field claims is nested deeper than 5 levels'],
    [
      { a: 2 ** 53 },
      'The field claims has a number in it that programs round; write it as a text, in quotes',
    ],
    [{ a: 'x'.repeat(2041) }, 'The field claims has 2049 bytes as JSON, wanted at most 2048'],
    [
      Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`c${at}`, 1])),
      'The field claims must be an object of the right form',
    ],
    [['a'], 'The field claims must be an object of the right form'],
    ['a', 'The field claims must be an object of the right form'],
    [
      JSON.parse('{ "a": [{ "__proto__": 1 }] }'),
      'The field claims has a key __proto__ in it; take another one',
    ],
    [JSON.parse('{ "__proto__": 1 }'), 'The request body has a field that is not known'],
  ])('refuses %j', async (claims, description) => {
    const { status, body } = await make(claims)
    expect([status, body]).toEqual([400, { error: 'invalid_request', error_description: description }])
  })

  test('a list is no map of scopes either', async () => {
    const { status, body } = await app.call('POST', '/tenants', {
      body: { id: 'l', name: 'L', oauth2: { scopes: ['a'] } },
    })
    expect([status, body.error_description]).toEqual([
      400,
      'The field oauth2.scopes must be an object of the right form',
    ])
  })

  test('takes, shows and changes those of a client by a merge patch', async () => {
    const { body, etag } = await make({ a: { b: 1, c: [null] }, d: false, e: null })
    expect(body.claims).toEqual({ a: { b: 1, c: [null] }, d: false })
    const patched = await app.call('PATCH', '/tenants/acme/clients/c', {
      body: { claims: { a: { b: null }, f: 'x' } },
      ifMatch: etag ?? '',
    })
    expect(patched.body.claims).toEqual({ a: { c: [null] }, d: false, f: 'x' })
    const bad = await app.call('PATCH', '/tenants/acme/clients/c', {
      body: { claims: { exp: 1 } },
      ifMatch: '*',
    })
    expect([bad.status, bad.body.error_description]).toEqual([400, `The field claims.exp ${reserved}`])
    const cleared = await app.call('PATCH', '/tenants/acme/clients/c', {
      body: { claims: null },
      ifMatch: '*',
    })
    expect(cleared.body.claims).toEqual({})
  })

  test('takes, shows and changes those of a tenant', async () => {
    const made = await app.call('POST', '/tenants', {
      body: { id: 't', name: 'T', oauth2: { claims: { a: [1] } } },
    })
    expect([made.status, made.body.oauth2.claims]).toEqual([201, { a: [1] }])
    const bad = await app.call('PATCH', '/tenants/t', {
      body: { oauth2: { claims: { iss: 1 } } },
      ifMatch: '*',
    })
    expect([bad.status, bad.body.error_description]).toEqual([400, `The field oauth2.claims.iss ${reserved}`])
    const { body } = await app.call('POST', '/tenants/t/clients', {
      body: { client_id: 'c', claims: { b: 2 } },
    })
    expect(ownClaims(await app.token('t', { client_id: 'c', client_secret: body.client_secret }))).toEqual({
      a: [1],
      b: 2,
    })
    expect((await app.call('GET', '/tenants/acme')).body.oauth2.claims).toEqual(ofTenant)
  })
})
