import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { codes } from '../../../src/tokens/people/code-row.ts'
import { cutOff } from '../../../src/users/cutoffs.ts'
import { stores } from '../../audit/trail-kit.ts'
import { codeError, type PeopleApp, peopleYaml, refusalOf, startPeopleApp, verifier } from './people-app.ts'

let app: PeopleApp
beforeAll(async () => {
  app = await startPeopleApp()
})
afterAll(() => app.close())

const refused = async (code: string, form: Record<string, string> = {}, tenantId?: string) =>
  refusalOf(await app.redeem(code, form, tenantId))
const works = async (code: string, form: Record<string, string> = {}) =>
  expect((await app.redeem(code, form)).status).toBe(200)

test('a code gives an access token, an ID token and a refresh token', async () => {
  const { body } = await app.redeem(await app.issue())
  expect(Object.keys(body)).toEqual([
    ...['access_token', 'token_type', 'expires_in', 'scope', 'id_token', 'refresh_token'],
  ])
  expect(body).toMatchObject({ expires_in: 600, scope: 'openid profile email read write' })
})

test('without openid there is no ID token, and without the grant refresh_token no refresh token', async () => {
  const form = { client_id: 'brief' }
  const body = await app.login({ clientId: 'brief', scopes: ['read'] }, form)
  expect(Object.keys(body)).toEqual(['access_token', 'token_type', 'expires_in', 'scope'])
})

test.each(['code', 'redirect_uri'])('%s is required', async (name) => {
  const code = await app.issue()
  expect(await refused(code, { [name]: '' })).toEqual([400, 'invalid_request', `Missing ${name} parameter`])
  await works(code)
})

const wrong: readonly (readonly [string, Record<string, string>])[] = [
  ['another client', { client_id: 'rival' }],
  ['another redirect URI of the client', { redirect_uri: 'https://app.example/other' }],
  ['a redirect URI in another spelling', { redirect_uri: 'https://APP.example/cb' }],
  ['another verifier', { code_verifier: `${verifier}x` }],
  ['no verifier', { code_verifier: '' }],
  ['the challenge as the verifier', { code_verifier: 'x'.repeat(43) }],
  ['a verifier that is too short', { code_verifier: verifier.slice(0, 42) }],
]

test.each(wrong)('%s is refused and does not use the code up, and five times do', async (_, form) => {
  const code = await app.issue()
  for (let count = 1; count <= 4; count++) expect(await refused(code, form)).toEqual([...codeError])
  await works(code)
  const dead = await app.issue()
  for (let count = 1; count <= 5; count++) expect(await refused(dead, form)).toEqual([...codeError])
  expect(await refused(dead)).toEqual([...codeError])
})

test('a verifier for a code without a challenge is refused: somebody took the challenge away', async () => {
  const code = await app.issue({ codeChallenge: null })
  expect(await refused(code)).toEqual([...codeError])
  await works(code, { code_verifier: '' })
})

test('a code of another tenant is unknown, and works at its own', async () => {
  const code = await app.issue({ audience: ['beta-api'] }, 'beta')
  expect(await refused(code)).toEqual([...codeError])
  expect((await app.redeem(code, {}, 'beta')).status).toBe(200)
})

test('a code ends after its time, and not earlier', async () => {
  const [early, late] = [await app.issue(), await app.issue()]
  app.advance(59)
  await works(early)
  app.advance(1)
  expect(await refused(late)).toEqual([...codeError])
})

test('a replay is refused and ends everything that came of the code', async () => {
  const code = await app.issue()
  const { body } = await app.redeem(code)
  const refreshed = await app.refresh(body.refresh_token)
  expect(await app.introspect(refreshed.body.access_token)).toMatchObject({ active: true })
  expect(await refused(code)).toEqual([...codeError])
  expect(app.events.slice(-2)).toMatchObject([
    { type: 'code.replayed', client: 'web', outcome: 'refused', detail: { sub: 'sub-of-ada' } },
    { type: 'token.refused', client: 'web', reason: 'code_replayed' },
  ])
  for (const token of [body.access_token, refreshed.body.access_token])
    expect(await app.introspect(token)).toEqual({ active: false })
  expect((await app.refresh(refreshed.body.refresh_token)).status).toBe(400)
})

test('a replay is seen after the code has expired, as long as its access token lives', async () => {
  const code = await app.issue()
  const { body } = await app.redeem(code)
  app.advance(590)
  expect(await refused(code)).toEqual([...codeError])
  expect(await app.introspect(body.access_token)).toEqual({ active: false })
})

test('the row of a code outlives it by the life of an access token of its client', async () => {
  const rows = app.deps.storage.of('acme').of(codes)
  for (const [clientId, minutes] of [
    ['web', 10],
    ['brief', 20],
  ] as const) {
    const code = await app.issue({ clientId, scopes: ['read'] })
    const row = await rows.find(app.deps.hashing.sha256(code).toHex())
    expect((row?.expiresAt ?? 0) - app.deps.now()).toBe((minutes + 1) * 60_000)
  }
})

test.each(wrong)('a replay with %s ends nothing: it could not have got the tokens', async (_, form) => {
  const code = await app.issue()
  const { body } = await app.redeem(code)
  expect(await refused(code, form)).toEqual([...codeError])
  expect(await app.introspect(body.access_token)).toMatchObject({ active: true })
})

test('a thief who used the code cannot hide that by wrong tries: the replay of the owner ends what the thief got', async () => {
  const code = await app.issue()
  const { body } = await app.redeem(code)
  for (let count = 1; count <= 6; count++) await refused(code, { code_verifier: `${verifier}x` })
  expect(await app.introspect(body.access_token)).toMatchObject({ active: true })
  expect(await refused(code)).toEqual([...codeError])
  expect(await app.introspect(body.access_token)).toEqual({ active: false })
})

test('an inactive and an unknown person get nothing', async () => {
  for (const sub of ['sub-of-bob', 'nobody'])
    expect(await refused(await app.issue({ sub }))).toEqual([...codeError])
})

test('a cutoff of the person or of the person at the client ends codes that are out', async () => {
  for (const clientId of [undefined, 'web']) {
    const code = await app.issue()
    const of = { sub: 'sub-of-ada', ...(clientId !== undefined && { clientId }) }
    await cutOff(app.deps.storage, 'acme', { ...of, before: app.deps.now() })
    expect(await refused(code)).toEqual([...codeError])
    app.advance(1)
    await works(await app.issue())
  }
})

test('a code of a session that is over gives nothing', async () => {
  expect(await refused(await app.issue({ sid: 'gone', offline: false }))).toEqual([...codeError])
})

test('resource narrows the audience of this answer and of no later one', async () => {
  const resource = 'https://files.example'
  const audience = [resource, 'acme-api']
  const code = await app.issue({ audience })
  expect(await refused(code, { resource: 'urn:other' })).toEqual([
    ...([400, 'invalid_target', 'The resource is not one that the person allowed: urn:other'] as const),
  ])
  const { body } = await app.redeem(code, { resource })
  expect(await app.introspect(body.access_token)).toMatchObject({ aud: [resource] })
  const next = await app.refresh(body.refresh_token)
  expect(await app.introspect(next.body.access_token)).toMatchObject({ aud: audience })
})

test('scopes and audiences that the client does not have any more are left out', async () => {
  const body = await app.login({
    scopes: ['openid', 'read', 'gone', 'grantd:admin'],
    audience: ['gone', 'acme-api'],
  })
  expect(body.scope).toBe('openid read')
  expect(await app.introspect(body.access_token)).toMatchObject({ aud: ['acme-api'] })
})

test('a client without the grant and a tenant without people cannot redeem', async () => {
  const form = { grant_type: 'authorization_code', code: 'c', redirect_uri: 'https://a.example' }
  const api = await app.ask({ client_id: 'api', ...form })
  expect(refusalOf(api).slice(0, 2)).toEqual([400, 'unauthorized_client'])
  const ops = await app.ask({ client_id: 'root', ...form }, 'ops')
  expect(refusalOf(ops).slice(0, 2)).toEqual([400, 'unsupported_grant_type'])
})

describe.each(stores)('in %s', (_, withStore) => {
  test('of fifty at once one wins, and its answer stays true until a replay ends it', async () => {
    await withStore(async (storage) => {
      const world = await startPeopleApp({ storage })
      const code = await world.issue()
      const answers = await Promise.all(Array.from({ length: 50 }, () => world.redeem(code)))
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      const lost = answers.filter(({ status }) => status !== 200)
      for (const answer of lost) expect(refusalOf(answer)).toEqual([...codeError])
      // Forty-nine replays have ended it.
      expect(await world.introspect(won[0]?.body.access_token)).toEqual({ active: false })
      await world.close()
    })
  }, 60_000)

  test('of many wrong tries at once five count, and the code is dead', async () => {
    await withStore(async (storage) => {
      const world = await startPeopleApp({ storage })
      const code = await world.issue()
      const tries = Array.from({ length: 20 }, () =>
        world.redeem(code, { redirect_uri: 'https://app.example/other' }),
      )
      expect((await Promise.all(tries)).filter(({ status }) => status !== 400)).toEqual([])
      expect(refusalOf(await world.redeem(code))).toEqual([...codeError])
      await world.close()
    })
  }, 60_000)
})

test('a code stays used although the tokens that came of it live shorter than a code', async () => {
  const short = 'access_token_ttl: 1s, refresh_token_ttl: 1s, refresh_token_idle: 1s'
  const world = await startPeopleApp(undefined, peopleYaml.replaceAll('access_token_ttl: 10m', short))
  const code = await world.issue()
  const { body } = await world.redeem(code)
  expect((await world.refresh(body.refresh_token)).status).toBe(200)
  world.advance(50)
  await world.deps.storage.deleteExpired(world.deps.now(), 1000)
  expect(refusalOf(await world.redeem(code))).toEqual([...codeError])
  await world.close()
})

test('a clock that is set back does not revive a code whose family was cleaned away', async () => {
  const code = await app.issue()
  await works(code)
  const later = app.deps.now() + 86_400_000 * 60
  for (let left = 1; left > 0; ) left = await app.deps.storage.deleteExpired(later, 100)
  expect(await refused(code)).toEqual([...codeError])
})
