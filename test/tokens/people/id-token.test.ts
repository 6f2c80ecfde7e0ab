import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import * as jose from 'jose'
import { decodeJwt } from '../../../src/keys/jwt.ts'
import { verifyIdTokenHint } from '../../../src/tokens/people/id-token-hint.ts'
import { callProtected, testStart } from '../../support/test-app.ts'
import { authTime, type PeopleApp, peopleYaml, startPeopleApp } from './people-app.ts'

let app: PeopleApp
beforeAll(async () => {
  app = await startPeopleApp()
})
afterAll(() => app.close())

const issuer = 'http://localhost:3000/api/v1/tenant/acme'
const claimsOf = (token: string) => decodeJwt(token).claims

async function keysOf(world: PeopleApp) {
  const response = await world.send('/api/v1/tenant/acme/.well-known/jwks.json')
  return jose.createLocalJWKSet(await response.json())
}

async function hint(world: PeopleApp, text: string, tenantId = 'acme') {
  const tenant = await world.deps.tenants.find(tenantId)
  if (!tenant) throw new Error('The test has no tenant')
  return verifyIdTokenHint(text, tenant, world.deps)
}

test('an ID token says to the client who signed in, when and how, and verifies by the published keys', async () => {
  const { id_token, access_token } = await app.login({ sid: 'the-session', acr: 'urn:acr' })
  const { payload, protectedHeader } = await jose.jwtVerify(id_token, await keysOf(app), {
    issuer,
    audience: 'web',
    currentDate: new Date(testStart),
  })
  expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JWT' })
  const digest = createHash('sha256').update(access_token).digest().subarray(0, 16)
  expect(payload).toEqual({
    ...{ name: 'Ada Lovelace', locale: 'en', preferred_username: 'ada' },
    ...{ email: 'ada@example.com', email_verified: true },
    ...{ iss: issuer, sub: 'sub-of-ada', aud: 'web', iat: testStart / 1000, exp: testStart / 1000 + 3600 },
    ...{ auth_time: authTime, nonce: 'a-nonce', acr: 'urn:acr', amr: ['pwd'], sid: 'the-session' },
    at_hash: digest.toString('base64url'),
  })
})

test('what there is not is left out', async () => {
  const { id_token } = await app.login({ scopes: ['openid'], acr: null, sid: null, amr: [] })
  const names = ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'at_hash']
  expect(Object.keys(claimsOf(id_token))).toEqual(names)
})

test('with claims_in_id_token: false the claims of scopes are in userinfo alone, after a refresh too', async () => {
  const world = await startPeopleApp(
    undefined,
    peopleYaml.replace('oidc: {', 'oidc: { claims_in_id_token: false,'),
  )
  const about = ['name', 'email', 'groups', 'locale']
  const login = await world.login({ claims: { id_token: { locale: null } } })
  const { body } = await world.refresh(login.refresh_token)
  for (const { id_token, access_token } of [login, body]) {
    expect(about.filter((name) => name in claimsOf(id_token))).toEqual(['locale'])
    const init = { headers: { Authorization: `Bearer ${access_token}` } }
    const answer = await world.send('/api/v1/tenant/acme/oauth/userinfo', init)
    expect(await answer.json()).toMatchObject({
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      locale: 'en',
    })
  }
  await world.close()
})

test.each([
  ['RS256', 'sha256'],
  ['PS384', 'sha384'],
  ['ES384', 'sha384'],
  ['RS512', 'sha512'],
  ['EdDSA', 'sha512'],
])('with %s at_hash is the left half of %s', async (algorithm, hash) => {
  const world = await startPeopleApp(
    undefined,
    peopleYaml.replaceAll('algorithm: ES256', `algorithm: ${algorithm}`),
  )
  const { id_token, access_token } = await world.login()
  const digest = createHash(hash).update(access_token).digest()
  expect(claimsOf(id_token)['at_hash']).toBe(digest.subarray(0, digest.length / 2).toString('base64url'))
  await world.close()
})

test('a retired key is published for as long as an ID token that it signed lives', async () => {
  const yaml = peopleYaml.replaceAll('oidc: {', 'oidc: { id_token_ttl: 30d,')
  const world = await startPeopleApp(undefined, yaml)
  await world.login()
  const rings = world.deps.storage.of('acme').of({ name: 'keyring', schema: Type.Unknown() })
  expect(JSON.stringify(await rings.find('ring'))).toContain(`"token_life":${30 * 86_400_000}`)
  await world.close()
})

describe('the claims parameter', () => {
  const openid = { scopes: ['openid'] }

  test('brings single claims into the ID token, and those for userinfo not', async () => {
    const claims = { id_token: { email: null, name: { essential: true } }, userinfo: { locale: null } }
    const { id_token } = await app.login({ ...openid, claims })
    expect(claimsOf(id_token)).toMatchObject({ email: 'ada@example.com', name: 'Ada Lovelace' })
    expect(claimsOf(id_token)).not.toHaveProperty('locale')
  })

  test('with a value or values, brings the claim where it has one of them', async () => {
    const claims = {
      id_token: {
        email: { value: 'eve@example.com' },
        locale: { values: ['de', 'en'] },
        name: { value: 'Ada Lovelace' },
        email_verified: { values: [false] },
      },
    }
    const found = claimsOf((await app.login({ ...openid, claims })).id_token)
    expect([found['email'], found['locale'], found['name']]).toEqual([undefined, 'en', 'Ada Lovelace'])
    expect(found).not.toHaveProperty('email_verified')
  })

  test('brings no attribute that no scope stands for, and none of our own claims', async () => {
    const names = [
      'plan',
      'client_id',
      'jti',
      'scope',
      'toString',
      '__proto__',
      'password_hash',
      'sub',
      'active',
    ]
    const claims = { id_token: Object.fromEntries(names.map((name) => [name, null])) }
    const found = claimsOf((await app.login({ ...openid, claims })).id_token)
    expect(Object.keys(found)).not.toEqual(expect.arrayContaining(['plan']))
    for (const name of ['client_id', 'jti', 'scope', 'password_hash', 'active'])
      expect(found).not.toHaveProperty(name)
    expect(found['sub']).toBe('sub-of-ada')
  })
})

describe('an ID token is no access token', () => {
  const settings = ['JWT', 'at+jwt'].flatMap((typ) => [
    [typ, ''],
    [typ, 'claims: { client: web, role: admin, client-id: web }, '],
  ])

  test.each(settings)('with access_token_typ %s and static claims {%s}', async (typ, claims) => {
    const yaml = peopleYaml.replaceAll(
      'access_token_ttl: 10m,',
      `access_token_ttl: 10m, access_token_typ: ${typ}, ${claims}`,
    )
    const world = await startPeopleApp(undefined, yaml)
    const { id_token, access_token } = await world.login()
    expect(await world.introspect(access_token)).toMatchObject({ active: true })
    expect(await world.introspect(id_token)).toEqual({ active: false })
    expect((await callProtected(world, id_token)).status).toBe(401)
    for (const path of [
      '/api/v1/user/profile',
      '/api/v1/tenant/acme/oauth/userinfo',
      '/api/v1/admin/tenants',
    ]) {
      const response = await world.send(path, { headers: { Authorization: `Bearer ${id_token}` } })
      expect([path, response.status]).toEqual([path, 401])
    }
    const who = { client_id: 'web', client_secret: 'web-secret-value' }
    const revoked = await world.postTo('/api/v1/tenant/acme/oauth/revoke', { ...who, token: id_token })
    expect([revoked.status, world.events.some(({ type }) => type === 'token.revoked')]).toEqual([200, false])
    // Nor the other way round.
    const own = await world.token('acme', who)
    for (const token of [access_token, own]) expect(await hint(world, token)).toBeUndefined()
    expect(await hint(world, id_token)).toMatchObject({ sub: 'sub-of-ada', clientId: 'web' })
    await world.close()
  })
})

describe('a hint', () => {
  test('is taken for a year after it expired, and by its own tenant alone', async () => {
    const world = await startPeopleApp()
    const { id_token } = await world.login({ sid: 'the-session' })
    expect(await hint(world, id_token)).toEqual({ sub: 'sub-of-ada', clientId: 'web', sid: 'the-session' })
    expect(await hint(world, id_token, 'beta')).toBeUndefined()
    world.advance(3600 + 364 * 86_400)
    expect(await hint(world, id_token)).toBeDefined()
    world.advance(86_400)
    expect(await hint(world, id_token)).toBeUndefined()
    await world.close()
  })

  test('with a changed byte, of another typ, or without a signature is none', async () => {
    const { id_token } = await app.login()
    const [header = '', claims = '', signature = ''] = id_token.split('.')
    const other = jose.base64url.encode(JSON.stringify({ ...claimsOf(id_token), sub: 'sub-of-bob' }))
    const none = jose.base64url.encode(JSON.stringify({ alg: 'none', typ: 'JWT' }))
    const wrong = [
      `${header}.${other}.${signature}`,
      `${none}.${claims}.`,
      `${header}.${claims}.`,
      '',
      'x',
      'a.b.c',
    ]
    for (const text of wrong) expect(await hint(app, text)).toBeUndefined()
  })

  test('that userinfo signed is none', async () => {
    const world = await startPeopleApp(
      undefined,
      peopleYaml.replaceAll(
        'secret: web-secret-value',
        'secret: web-secret-value\n        userinfo_signed: true',
      ),
    )
    const { access_token } = await world.login()
    const response = await world.send('/api/v1/user/profile', {
      headers: { Authorization: `Bearer ${access_token}` },
    })
    const text = await response.text()
    const { payload } = await jose.jwtVerify(text, await keysOf(world), { issuer, audience: 'web' })
    expect(response.headers.get('content-type')).toBe('application/jwt')
    expect(payload).toMatchObject({ sub: 'sub-of-ada', email: 'ada@example.com' })
    expect(await hint(world, text)).toBeUndefined()
    expect(await world.introspect(text)).toEqual({ active: false })
    await world.close()
  })
})
