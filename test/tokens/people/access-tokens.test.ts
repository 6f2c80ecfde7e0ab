import { afterAll, beforeAll, expect, test } from 'bun:test'
import { decodeJwt } from '../../../src/keys/jwt.ts'
import { callProtected } from '../../support/test-app.ts'
import { authTime, type PeopleApp, peopleYaml, startPeopleApp } from './people-app.ts'

let app: PeopleApp
beforeAll(async () => {
  app = await startPeopleApp()
})
afterAll(() => app.close())

const issuer = 'http://localhost:3000/api/v1/tenant/acme'
const claimsOf = (token: string) => decodeJwt(token).claims

test('an access token is of the person, for the API and the issuer, with the claims of access_token_claims', async () => {
  const { access_token } = await app.login({ sid: 'the-session', acr: 'urn:acr' })
  const { jti, iat, exp, ...claims } = claimsOf(access_token)
  expect(claims).toEqual({
    ...{ iss: issuer, sub: 'sub-of-ada', aud: ['acme-api', issuer], client_id: 'web' },
    scope: 'openid profile email read write',
    ...{ auth_time: authTime, amr: ['pwd'], groups: ['staff'], plan: 'gold' },
  })
  expect(jti).toMatch(/^[\w-]{22}\.[\w-]{22}$/)
  expect(Number(exp) - Number(iat)).toBe(600)
  expect(await app.introspect(access_token)).toEqual({
    active: true,
    token_type: 'Bearer',
    jti,
    iat,
    exp,
    ...claims,
  })
})

test('without access_token_claims it tells nothing more than any other token', async () => {
  const world = await startPeopleApp(undefined, peopleYaml.replaceAll(/access_token_claims: \[[^\]]*\]/g, ''))
  const { access_token } = await world.login({ sid: 'the-session', acr: 'urn:acr' })
  expect(Object.keys(claimsOf(access_token))).toEqual([
    ...['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'scope', 'client_id'],
  ])
  await world.close()
})

test('a static claim cannot be taken for one about the person, and stays in tokens of clients', async () => {
  const statics = '{ groups: [admins], plan: free, email: root@example.com, name: Root, region: eu }'
  const yaml = peopleYaml.replaceAll('access_token_ttl: 10m,', `access_token_ttl: 10m, claims: ${statics},`)
  const world = await startPeopleApp(undefined, yaml)
  const { access_token, id_token } = await world.login()
  const { groups, plan, region, email, name } = claimsOf(access_token)
  expect([groups, plan, region, email, name]).toEqual([['staff'], 'gold', 'eu', undefined, undefined])
  expect(claimsOf(id_token)).toMatchObject({ email: 'ada@example.com', name: 'Ada Lovelace' })
  expect(claimsOf(id_token)).not.toHaveProperty('region')
  const own = await world.token('acme', { client_id: 'web', client_secret: 'web-secret-value' })
  expect(claimsOf(own)).toMatchObject({ groups: ['admins'], plan: 'free', email: 'root@example.com' })
  await world.close()
})

test('reuse_window shares no token of a person', async () => {
  const yaml = peopleYaml.replaceAll('access_token_ttl: 10m,', 'access_token_ttl: 10m, reuse_window: 5m,')
  const world = await startPeopleApp(undefined, yaml)
  const tokens = [await world.login(), await world.login()].map(({ access_token }) => access_token)
  expect(new Set(tokens).size).toBe(2)
  await world.close()
})

test('an API takes it; the admin API does not, whatever scope it was asked for', async () => {
  const { access_token, scope } = await app.login({ scopes: ['read', 'grantd:admin', 'api-keys:manage'] })
  expect(scope).toBe('read')
  const answer = await callProtected(app, access_token)
  expect(await answer.json()).toMatchObject({ sub: 'sub-of-ada', client_id: 'web', scope: ['read'] })
  const admin = await app.send('/api/v1/admin/tenants', {
    headers: { Authorization: `Bearer ${access_token}` },
  })
  expect(admin.status).toBe(403)
})

test('tokens of clients read no family and no person', async () => {
  const token = await app.token('acme', { client_id: 'web', client_secret: 'web-secret-value' })
  const kinds: string[] = []
  const { storage } = app.deps
  const of = storage.of.bind(storage)
  storage.of = (tenantId) => {
    const rows = of(tenantId)
    return {
      ...rows,
      of: (kind) => {
        kinds.push(kind.name)
        return rows.of(kind)
      },
    }
  }
  expect((await app.introspect(token)).active).toBe(true)
  storage.of = of
  expect(kinds).toContain('revocation')
  for (const name of ['family', 'person_cutoff', 'user', 'session']) expect(kinds).not.toContain(name)
})
