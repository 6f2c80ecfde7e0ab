import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Type } from '@sinclair/typebox'
import { decodeJwt } from '../../../src/keys/jwt.ts'
import { endSession, startSession } from '../../../src/sessions/sessions.ts'
import { familiesOf } from '../../../src/tokens/people/families.ts'
import { familyIdOfHandle } from '../../../src/tokens/people/family-secrets.ts'
import { revokeTokensOfClient } from '../../../src/tokens/revocations.ts'
import { cutOff } from '../../../src/users/cutoffs.ts'
import { users } from '../../../src/users/user-row.ts'
import { stores } from '../../audit/trail-kit.ts'
import {
  authTime,
  type PeopleApp,
  peopleYaml,
  refreshError,
  refusalOf,
  startPeopleApp,
} from './people-app.ts'

let app: PeopleApp
beforeAll(async () => {
  app = await startPeopleApp()
})
afterAll(() => app.close())

const refused = async (token: string, form: Record<string, string> = {}) =>
  refusalOf(await app.refresh(token, form))
const refreshed = async (token: string, form: Record<string, string> = {}) => {
  const { status, body } = await app.refresh(token, form)
  expect([status, body.error_description]).toEqual([200, undefined])
  return body
}
const isActive = async (token: string) => (await app.introspect(token)).active
const asOwner = { client_id: 'web', client_secret: 'web-secret-value' }

async function startAdasSession(): Promise<string> {
  const tenant = await app.deps.tenants.find('acme')
  if (!tenant) throw new Error('The test has no tenant')
  const signIn = { tenant, person: { sub: 'sub-of-ada' }, authTime, amr: ['pwd'], userAgent: null }
  return (await startSession(signIn, app.deps)).session.sid
}

test('each refresh gives new tokens, and the last refresh token alone is good', async () => {
  let { refresh_token } = await app.login()
  const seen = new Set([refresh_token])
  for (let count = 0; count < 5; count++) {
    const body = await refreshed(refresh_token)
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'openid profile email read write',
    })
    expect(await isActive(body.access_token)).toBe(true)
    refresh_token = body.refresh_token
    seen.add(refresh_token)
    app.advance(60)
  }
  expect(seen.size).toBe(6)
})

test('an ID token comes with each refresh: of the same sign-in, with its own at_hash and without the nonce', async () => {
  const first = await app.login()
  app.advance(60)
  const second = await refreshed(first.refresh_token)
  const [a, b] = [first, second].map(({ id_token }) => decodeJwt(id_token).claims)
  expect(a).toMatchObject({ nonce: 'a-nonce', auth_time: authTime })
  expect(b).toMatchObject({ iss: a?.['iss'], sub: a?.['sub'], aud: 'web', auth_time: authTime })
  expect(b).not.toHaveProperty('nonce')
  expect([Number(b?.['iat']) - Number(a?.['iat']), b?.['at_hash'] === a?.['at_hash']]).toEqual([60, false])
})

test('the row of a family outlives its tokens, and its expiry moves on once an hour', async () => {
  const { refresh_token: first } = await app.login()
  const familyId = familyIdOfHandle(first.split('.')[0] ?? '', app.deps.hashing)
  const expiry = async () =>
    (await familiesOf(app.deps.storage, 'acme').find(familyId))?.expiresAt ?? Number.NaN
  let token = (await refreshed(first)).refresh_token
  const seen = new Set<number>()
  for (let count = 0; count < 6; count++) {
    app.advance(20 * 60)
    token = (await refreshed(token)).refresh_token
    const { exp } = await app.introspect(token, asOwner)
    seen.add(await expiry())
    expect(await expiry()).toBeGreaterThanOrEqual(exp * 1000)
    expect(await expiry()).toBeLessThan(exp * 1000 + 3_600_000)
  }
  expect(seen.size).toBeLessThanOrEqual(3)
})

describe('tokens that live for minutes', () => {
  let brief: PeopleApp
  beforeAll(async () => {
    const lives =
      'access_token_ttl: 40, refresh_token_ttl: 4m, refresh_token_idle: 80, refresh_token_grace: 0'
    const yaml = peopleYaml.replaceAll('access_token_ttl: 10m', lives)
    brief = await startPeopleApp(undefined, yaml)
  })
  afterAll(() => brief.close())

  const familyOf = (token: string) =>
    familiesOf(brief.deps.storage, 'acme').find(
      familyIdOfHandle(token.split('.')[0] ?? '', brief.deps.hashing),
    )

  test('the row of a family is kept an eighth longer than its tokens at most, until the end', async () => {
    let { refresh_token: token } = await brief.login()
    for (let count = 0; count < 11; count++) {
      brief.advance(20)
      token = (await brief.refresh(token)).body.refresh_token
      const { exp } = await brief.introspect(token, asOwner)
      const last = Math.max(exp * 1000, brief.deps.now() + 40_000)
      const { expiresAt } = (await familyOf(token)) ?? {}
      expect(expiresAt).toBeGreaterThanOrEqual(last)
      expect(expiresAt).toBeLessThanOrEqual(last + 10_000)
    }
  })

  test('families that were made one after the other do not expire at the same time', async () => {
    const expiries = new Set<number | null | undefined>()
    for (let count = 0; count < 4; count++) {
      const { refresh_token: first } = await brief.login()
      const { body } = await brief.refresh(first)
      expiries.add((await familyOf(body.refresh_token))?.expiresAt)
      brief.advance(1)
    }
    expect(expiries.size).toBe(4)
  })
})

test('inside the grace the used token is answered with the same next one, and after that it ends the family', async () => {
  const { refresh_token: first, access_token } = await app.login()
  const { refresh_token: second } = await refreshed(first)
  app.advance(9)
  expect((await refreshed(first)).refresh_token).toBe(second)
  app.advance(1)
  expect(await isActive(access_token)).toBe(true)
  expect(await refused(first)).toEqual([...refreshError])
  expect(app.events.slice(-2)).toMatchObject([
    { type: 'refresh_token.reused', client: 'web', detail: { sub: 'sub-of-ada' } },
    { type: 'token.refused', reason: 'refresh_token_replayed' },
  ])
  expect(await refused(second)).toEqual([...refreshError])
  expect(await isActive(access_token)).toBe(false)
})

test('as soon as the next one is used, the one before ends the family, inside the grace too', async () => {
  const { refresh_token: first } = await app.login()
  const { refresh_token: second } = await refreshed(first)
  const { refresh_token: third } = await refreshed(second)
  expect(await refused(first)).toEqual([...refreshError])
  expect(await refused(third)).toEqual([...refreshError])
})

test('with a grace of 0 a used token is never answered again', async () => {
  const strict = await startPeopleApp(
    undefined,
    peopleYaml.replaceAll('access_token_ttl: 10m', 'access_token_ttl: 10m, refresh_token_grace: 0s'),
  )
  const { refresh_token } = await strict.login()
  expect((await strict.refresh(refresh_token)).status).toBe(200)
  expect(refusalOf(await strict.refresh(refresh_token))).toEqual([...refreshError])
  await strict.close()
})

test('a made-up secret with a right handle ends the family: only who had a token has the handle', async () => {
  const { refresh_token } = await app.login()
  const [handle = ''] = refresh_token.split('.')
  expect(await refused(`${handle}.${'A'.repeat(43)}`)).toEqual([...refreshError])
  expect(await refused(refresh_token)).toEqual([...refreshError])
})

test('nobody finds the handle in an access token', async () => {
  const { access_token, refresh_token } = await app.login()
  const [family = ''] = String(decodeJwt(access_token).claims['jti']).split('.')
  expect(refresh_token).not.toContain(family)
  expect(await refused(`${family}.${'A'.repeat(43)}`)).toEqual([...refreshError])
  expect(await isActive(access_token)).toBe(true)
})

test.each(['', 'x', 'a.b', `${'A'.repeat(22)}.${'B'.repeat(43)}`, `${'A'.repeat(22)}.${'B'.repeat(44)}`])(
  'the text %j is no refresh token',
  async (text) => {
    const expected =
      text === '' ? [400, 'invalid_request', 'Missing refresh_token parameter'] : [...refreshError]
    expect(await refused(text)).toEqual(expected)
  },
)

test('a token of another client is refused, and works at its own; a public client is bound by its client_id', async () => {
  const { refresh_token } = await app.login()
  for (const form of [{ client_id: 'rival' }, { client_id: 'spa', client_secret: '' }])
    expect(await refused(refresh_token, form)).toEqual([...refreshError])
  await refreshed(refresh_token)
  const spa = { client_id: 'spa', client_secret: '' }
  const content = { clientId: 'spa', redirectUri: 'https://spa.example/cb', scopes: ['read'] }
  const mine = await app.login(content, { ...spa, redirect_uri: 'https://spa.example/cb' })
  expect(await refused(mine.refresh_token)).toEqual([...refreshError])
  await refreshed(mine.refresh_token, spa)
})

test('scopes are narrowed for one answer, and come back', async () => {
  const { refresh_token } = await app.login()
  const narrow = await refreshed(refresh_token, { scope: 'read' })
  expect(narrow).toMatchObject({ scope: 'read' })
  expect(narrow).not.toHaveProperty('id_token')
  expect((await app.introspect(narrow.access_token)).scope).toBe('read')
  const wide = await refreshed(narrow.refresh_token)
  expect(wide.scope).toBe('openid profile email read write')
})

test('a scope or a resource that the person did not allow is refused, and the token is not used up', async () => {
  const { refresh_token } = await app.login({ scopes: ['openid', 'read'] })
  expect(await refused(refresh_token, { scope: 'read write' })).toEqual([
    ...[400, 'invalid_scope', 'The scope is not one that the person allowed: write'],
  ])
  expect(await refused(refresh_token, { resource: 'https://files.example' })).toEqual([
    ...[400, 'invalid_target', 'The resource is not one that the person allowed: https://files.example'],
  ])
  await refreshed(refresh_token)
})

test('a resource narrows the audience', async () => {
  const { refresh_token } = await app.login()
  const body = await refreshed(refresh_token, { resource: 'acme-api' })
  expect((await app.introspect(body.access_token)).aud).toEqual(['acme-api'])
})

test('it ends after refresh_token_idle without use', async () => {
  const [used, unused] = [await app.login(), await app.login()]
  app.advance(6 * 86_400)
  const next = await refreshed(used.refresh_token)
  app.advance(86_400)
  expect(await refused(unused.refresh_token)).toEqual([...refreshError])
  await refreshed(next.refresh_token)
})

test('it ends refresh_token_ttl after the first sign-in, whatever was refreshed', async () => {
  let { refresh_token } = await app.login()
  for (let day = 6; day < 30; day += 6) {
    app.advance(6 * 86_400)
    refresh_token = (await refreshed(refresh_token)).refresh_token
  }
  app.advance(6 * 86_400 - 1)
  refresh_token = (await refreshed(refresh_token)).refresh_token
  app.advance(1)
  expect(await refused(refresh_token)).toEqual([...refreshError])
})

test('a clock that is set back by more than the grace makes a used token a reuse', async () => {
  const { refresh_token } = await app.login()
  app.advance(60)
  await refreshed(refresh_token)
  app.advance(-11)
  expect(await refused(refresh_token)).toEqual([...refreshError])
  app.advance(11)
})

describe('what ends it', () => {
  const cut = (clientId?: string) =>
    cutOff(app.deps.storage, 'acme', {
      ...{ sub: 'sub-of-ada', before: app.deps.now() },
      ...(clientId !== undefined && { clientId }),
    })
  const checkOver = async ({ refresh_token, access_token }: Record<string, string>) => {
    expect(await refused(refresh_token ?? '')).toEqual([...refreshError])
    expect(await isActive(access_token ?? '')).toBe(false)
  }

  test('a cutoff of the person, and of the person at the client', async () => {
    for (const clientId of [undefined, 'web']) {
      const body = await app.login()
      await cut(clientId)
      await checkOver(body)
      app.advance(1)
    }
  })

  test('a cutoff at another client does not', async () => {
    const body = await app.login()
    await cut('rival')
    await refreshed(body.refresh_token)
    app.advance(1)
  })

  test('the end of the session, without offline_access', async () => {
    const [sid, other] = [await startAdasSession(), await startAdasSession()]
    const bound = await app.login({ sid, offline: false })
    const free = await app.login({ sid, offline: true })
    const elsewhere = await app.login({ sid: other, offline: false })
    const { refresh_token, access_token } = await refreshed(bound.refresh_token)
    await endSession('acme', sid, app.deps)
    await checkOver({ refresh_token, access_token })
    await refreshed(free.refresh_token)
    expect(await isActive(free.access_token)).toBe(true)
    await refreshed(elsewhere.refresh_token)
  })

  test('a person of the storage who is disabled, and one who is deleted', async () => {
    const sub = 'GraceGraceGraceGrace22'
    const rows = app.deps.storage.of('acme').of(users)
    const value = {
      ...{ email: null, email_verified: false, name: 'Grace', active: true, groups: [], attributes: {} },
      ...{ password_hash: null, link: null, created_at: 0, updated_at: 0 },
    }
    await rows.create({ id: sub, value })
    const [first, second] = [await app.login({ sub }), await app.login({ sub })]
    const { refresh_token, access_token } = await refreshed(first.refresh_token)
    await rows.replace(sub, { ...value, active: false }, { ifVersion: 1 })
    await checkOver({ refresh_token, access_token })
    await rows.delete(sub)
    await checkOver(second)
  })

  test('its revocation by a public client, which proves nothing and may introspect nothing', async () => {
    const content = { clientId: 'spa', redirectUri: 'https://spa.example/cb', scopes: ['read'] }
    const spa = { client_id: 'spa', client_secret: '' }
    const body = await app.login(content, { ...spa, redirect_uri: 'https://spa.example/cb' })
    const post = (name: string) =>
      app.postTo(`/api/v1/tenant/acme/oauth/${name}`, { client_id: 'spa', token: body.refresh_token })
    expect((await post('introspect')).status).toBe(401)
    expect(await isActive(body.access_token)).toBe(true)
    expect((await post('revoke')).status).toBe(200)
    expect(await isActive(body.access_token)).toBe(false)
    expect(await refused(body.refresh_token, spa)).toEqual([...refreshError])
  })

  test('a session without use for session_idle, and a refresh is a use', async () => {
    const [used, unused] = [await startAdasSession(), await startAdasSession()]
    let { refresh_token } = await app.login({ sid: used, offline: false })
    const idle = await app.login({ sid: unused, offline: false })
    for (let hour = 0; hour < 5; hour++) {
      app.advance(3600)
      refresh_token = (await refreshed(refresh_token)).refresh_token
    }
    await checkOver(idle)
  })

  test('the revocation of all tokens of the client', async () => {
    const body = await app.login()
    app.advance(60)
    const next = await refreshed(body.refresh_token)
    const before = Math.floor(app.deps.now() / 1000) - 30
    await revokeTokensOfClient(app.deps.storage, 'acme', { clientId: 'web', before })
    await checkOver(next)
    await refreshed((await app.login()).refresh_token)
  })

  test('its own revocation, with the access tokens that came of it', async () => {
    const body = await app.login()
    const next = await refreshed(body.refresh_token)
    const revoke = (token: string, form: Record<string, string> = {}) =>
      app.postTo('/api/v1/tenant/acme/oauth/revoke', { ...asOwner, token, ...form })
    const rival = { client_id: 'rival', client_secret: 'rival-secret-value' }
    expect(refusalOf(await revoke(next.refresh_token, rival))).toEqual([
      ...[400, 'unauthorized_client', 'The token was issued to another client'],
    ])
    expect(await isActive(next.access_token)).toBe(true)
    expect((await revoke(next.refresh_token, { token_type_hint: 'access_token' })).status).toBe(200)
    expect(app.events.at(-1)).toMatchObject({ type: 'refresh_token.revoked', client: 'web' })
    await checkOver(next)
    expect(await isActive(body.access_token)).toBe(false)
    expect((await revoke(next.refresh_token)).status).toBe(200)
    expect((await revoke(`${'A'.repeat(22)}.${'B'.repeat(43)}`)).status).toBe(200)
  })

  test('the revocation of one access token ends that one alone', async () => {
    const body = await app.login()
    const next = await refreshed(body.refresh_token)
    const token = body.access_token
    expect((await app.postTo('/api/v1/tenant/acme/oauth/revoke', { ...asOwner, token })).status).toBe(200)
    expect([await isActive(token), await isActive(next.access_token)]).toEqual([false, true])
    await refreshed(next.refresh_token)
  })
})

test('its client alone may introspect it', async () => {
  const { refresh_token } = await app.login({ scopes: ['openid', 'read'] })
  const now = Math.floor(app.deps.now() / 1000)
  expect(await app.introspect(refresh_token, asOwner)).toEqual({
    ...{ active: true, scope: 'openid read', client_id: 'web', sub: 'sub-of-ada' },
    ...{ iat: now, exp: now + 7 * 86_400, iss: (await app.deps.tenants.find('acme'))?.issuer },
  })
  expect(await app.introspect(refresh_token)).toEqual({ active: false })
  const { refresh_token: next } = await refreshed(refresh_token)
  expect(await app.introspect(refresh_token, asOwner)).toEqual({ active: false })
  expect(await app.introspect(next, asOwner)).toMatchObject({ active: true })
})

describe.each(stores)('in %s', (_, withStore) => {
  test('fifty at once with one token all get the same next one, and the family goes on', async () => {
    await withStore(async (storage) => {
      const world = await startPeopleApp({ storage })
      const { refresh_token } = await world.login()
      const answers = await Promise.all(Array.from({ length: 50 }, () => world.refresh(refresh_token)))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      const next = new Set(answers.map(({ body }) => body.refresh_token))
      expect(next.size).toBe(1)
      for (const { body } of answers) expect((await world.introspect(body.access_token)).active).toBe(true)
      expect((await world.refresh([...next][0] ?? '')).status).toBe(200)
      await world.close()
    })
  }, 60_000)
})

test('a stolen database gives no token: no row has a code, a handle or a secret in it', async () => {
  const code = await app.issue()
  const { body } = await app.redeem(code)
  const next = await refreshed(body.refresh_token)
  const rows = await Promise.all(
    ['code', 'family'].map((name) =>
      app.deps.storage.of('acme').of({ name, schema: Type.Unknown() }).list({ limit: 1000 }),
    ),
  )
  expect(rows.every(({ length }) => length > 0)).toBe(true)
  const parts = [body, next].flatMap(({ refresh_token }) => refresh_token.split('.'))
  for (const text of [code, ...parts]) expect(JSON.stringify(rows)).not.toContain(text)
})
