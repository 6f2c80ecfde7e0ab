import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { cutOff } from '../../../src/users/cutoffs.ts'
import { type PeopleApp, peopleYaml, startPeopleApp } from '../../tokens/people/people-app.ts'

const yaml = peopleYaml.replaceAll(
  'access_token_claims: [auth_time, amr, groups, plan]',
  "claims: { 'read': [plan] }",
)
let app: PeopleApp
beforeAll(async () => {
  app = await startPeopleApp(undefined, peopleYaml)
})
afterAll(() => app.close())

const path = '/api/v1/tenant/acme/oauth/userinfo'
const ask = (token: string, to = path) => app.send(to, { headers: { Authorization: `Bearer ${token}` } })
const post = (body: string, headers: Record<string, string> = {}) =>
  app.send(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body,
  })
const login = async (scopes: string[], more = {}) => (await app.login({ scopes, ...more })).access_token

const profile = { name: 'Ada Lovelace', preferred_username: 'ada', locale: 'en' }

test.each([
  [['openid'], { sub: 'sub-of-ada' }],
  [['openid', 'profile'], { sub: 'sub-of-ada', ...profile }],
  [['openid', 'email'], { sub: 'sub-of-ada', email: 'ada@example.com', email_verified: true }],
  [['openid', 'groups', 'phone', 'address'], { sub: 'sub-of-ada', groups: ['staff'] }],
])(
  'the scopes %j bring their claims, and what the person does not have is left out',
  async (scopes, claims) => {
    const response = await ask(await login(scopes))
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect([response.status, await response.json()]).toEqual([200, claims])
  },
)

test('the claims parameter brings single claims, after a refresh too', async () => {
  const claims = { userinfo: { email: { essential: true }, groups: null }, id_token: { name: null } }
  const { access_token, refresh_token } = await app.login({ scopes: ['openid'], claims })
  const wanted = { sub: 'sub-of-ada', email: 'ada@example.com', groups: ['staff'] }
  expect(await (await ask(access_token)).json()).toEqual(wanted)
  const { body } = await app.refresh(refresh_token)
  expect(await (await ask(body.access_token)).json()).toEqual(wanted)
})

test('oidc.claims of the tenant lets a scope bring attributes', async () => {
  const world = await startPeopleApp(undefined, yaml)
  const { access_token, id_token } = await world.login({ scopes: ['openid', 'read'] })
  const answer = await world.send(path, { headers: { Authorization: `Bearer ${access_token}` } })
  expect(await answer.json()).toEqual({ sub: 'sub-of-ada', plan: 'gold' })
  expect(id_token).toBeDefined()
  await world.close()
})

describe('by POST', () => {
  test('takes the token of the header, with and without a body, and that of the form', async () => {
    const token = await login(['openid'])
    const authorized = { Authorization: `Bearer ${token}` }
    const answers = [
      await app.send(path, { method: 'POST', headers: authorized }),
      await post('', authorized),
      await post(new URLSearchParams({ access_token: token }).toString()),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test('two tokens are one too many, and a query is not read', async () => {
    const token = await login(['openid'])
    const both = await post(`access_token=${token}`, { Authorization: `Bearer ${token}` })
    expect([both.status, await both.json()]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'The access token was sent twice' },
    ])
    expect((await post(`access_token=${token}&access_token=${token}`)).status).toBe(400)
    expect((await app.send(`${path}?access_token=${token}`)).status).toBe(401)
  })
})

describe('refused are', () => {
  const challengeOf = (response: Response) => response.headers.get('www-authenticate')

  test('no token, with a challenge without an error', async () => {
    const response = await app.send(path)
    expect([response.status, challengeOf(response), await response.text()]).toEqual([
      401,
      'Bearer realm="grantd"',
      '',
    ])
  })

  test('a token without openid, as a narrowed one', async () => {
    const { refresh_token, access_token } = await app.login({ scopes: ['profile', 'read'] })
    for (const token of [access_token, (await app.refresh(refresh_token)).body.access_token]) {
      const response = await ask(token)
      expect([response.status, challengeOf(response)]).toEqual([
        403,
        'Bearer realm="grantd", error="insufficient_scope", error_description="The access token does not have the scope openid", scope="openid"',
      ])
    }
  })

  test('a token for another API', async () => {
    const response = await ask(await login(['openid'], { audience: ['https://files.example'] }))
    expect([response.status, (await response.json()).error]).toEqual([401, 'invalid_token'])
  })

  test('a token of another tenant, which the profile takes', async () => {
    const code = await app.issue({ scopes: ['openid'] }, 'beta')
    const issuer = (await app.deps.tenants.find('beta'))?.issuer ?? ''
    expect(issuer).toContain('beta')
    const other = await app.issue({ scopes: ['openid'], audience: [issuer] }, 'beta')
    for (const each of [code, other]) {
      const { body } = await app.redeem(each, {}, 'beta')
      if (!body.access_token) continue
      expect((await ask(body.access_token)).status).toBe(401)
      const found = await ask(body.access_token, '/api/v1/user/profile')
      expect([found.status, await found.json()]).toEqual([200, { sub: 'sub-of-ada' }])
    }
  })

  test('a token of a client, which cannot have openid', async () => {
    const who = { client_id: 'web', client_secret: 'web-secret-value' }
    const response = await ask(await app.token('acme', who))
    expect([response.status, (await response.json()).error]).toEqual([403, 'insufficient_scope'])
  })

  test('a token whose person has signed out everywhere', async () => {
    const token = await login(['openid'])
    expect((await ask(token)).status).toBe(200)
    await cutOff(app.deps.storage, 'acme', { sub: 'sub-of-ada', before: app.deps.now() })
    for (const to of [path, '/api/v1/user/profile', '/api/v1/protected-resource'])
      expect((await ask(token, to)).status).toBe(401)
    app.advance(1)
  })

  test('every token at a tenant that is unknown', async () => {
    const response = await ask(await login(['openid']), '/api/v1/tenant/nobody/oauth/userinfo')
    expect([response.status, (await response.json()).error]).toEqual([404, 'tenant_not_found'])
  })
})
