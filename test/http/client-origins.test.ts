import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type PeopleApp,
  peopleYaml,
  redirectUri,
  startPeopleApp,
  verifier,
} from '../tokens/people/people-app.ts'

const origin = 'https://app.example'
let app: PeopleApp
beforeAll(async () => {
  const yaml = peopleYaml.replaceAll(
    'grant_types: [authorization_code, refresh_token, client_credentials]',
    `grant_types: [authorization_code, refresh_token]\n        allowed_origins: ['${origin}']`,
  )
  app = await startPeopleApp(undefined, yaml)
})
afterAll(() => app.close())

const path = (name: string) => `/api/v1/tenant/acme/oauth/${name}`
const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'))
const readable = {
  'access-control-allow-origin': origin,
  'access-control-expose-headers': 'RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id',
  vary: 'Origin',
}

const post = (name: string, Origin: string, form: Record<string, string>) =>
  app.send(path(name), {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin },
    body: new URLSearchParams({ client_id: 'web', client_secret: 'web-secret-value', ...form }).toString(),
  })
const redeem = async (Origin: string, form = {}) =>
  post('token', Origin, {
    ...{ grant_type: 'authorization_code', code: await app.issue(), redirect_uri: redirectUri },
    ...{ code_verifier: verifier, ...form },
  })

describe('a page of an origin of the client', () => {
  test('reads a token, an error about it, and the answer of its revocation', async () => {
    const good = await redeem(origin)
    expect([good.status, corsOf(good)]).toEqual([200, readable])
    const bad = await redeem(origin, { code: 'x' })
    expect([bad.status, corsOf(bad)]).toEqual([400, readable])
    const revoked = await post('revoke', origin, { token: (await good.json()).refresh_token })
    expect([revoked.status, corsOf(revoked)]).toEqual([200, readable])
  })

  test('reads userinfo', async () => {
    const { access_token } = await (await redeem(origin)).json()
    const headers = { Authorization: `Bearer ${access_token}`, Origin: origin }
    const answer = await app.send(path('userinfo'), { headers })
    expect([answer.status, corsOf(answer)]).toEqual([200, readable])
  })

  test.each(['token', 'revoke', 'userinfo'])('may ask %s first', async (name) => {
    const headers = {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    }
    const answer = await app.send(path(name), { method: 'OPTIONS', headers })
    expect([answer.status, corsOf(answer)]).toMatchObject([
      204,
      {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'Authorization, Content-Type',
        'access-control-allow-methods': name === 'userinfo' ? 'GET, POST' : 'POST',
      },
    ])
  })
})

test.each([
  ...[
    'https://app.example.evil',
    'https://app.example:444',
    'http://app.example',
    'null',
    'https://APP.example',
  ],
])('a page of %s reads nothing', async (other) => {
  const good = await redeem(other)
  expect([good.status, corsOf(good)]).toEqual([200, {}])
  const { access_token } = await good.json()
  const headers = { Authorization: `Bearer ${access_token}`, Origin: other }
  expect(corsOf(await app.send(path('userinfo'), { headers }))).toEqual({})
})
