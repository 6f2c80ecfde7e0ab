import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { refusal } from './acme.ts'

const asleep =
  '{ active: false, token_endpoint_auth_method: none, grant_types: [authorization_code], redirect_uris: [https://spa.example/cb] }'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp(`
limits: { failures_per_client_and_address: 3 }
tenants:
  acme:
    name: Acme
    oauth2: {}
    oidc: {}
    signing: { algorithm: ES256 }
    clients:
      spa:
        token_endpoint_auth_method: none
        grant_types: [authorization_code, refresh_token]
        redirect_uris: [https://spa.example/cb]
      asleep: ${asleep}
      web:
        secret: web-secret-value
        grant_types: [client_credentials, authorization_code]
        redirect_uris: [https://web.example/cb]
`)
})
afterAll(() => app.close())

const missing = [401, 'invalid_client', 'Client credentials are missing'] as const
const failed = [401, 'invalid_client', 'Client authentication failed'] as const
const revoke = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  app.send('/api/v1/tenant/acme/oauth/revoke', { method: 'POST', body: new URLSearchParams(form), headers })

describe('a public client', () => {
  test('is known by its id alone', async () => {
    expect((await revoke({ client_id: 'spa', token: 'x' })).status).toBe(200)
    expect(app.log.at(-1)).toMatchObject({ client_id: 'spa', status: 200 })
  })

  test('with a secret is refused as a wrong secret is, in the form and in the header', async () => {
    const answers = [
      await revoke({ client_id: 'spa', client_secret: 'anything', token: 'x' }),
      await revoke({ token: 'x' }, { Authorization: `Basic ${btoa('spa:anything')}` }),
    ]
    for (const answer of answers) expect(await refusal(answer)).toEqual([...failed])
  })

  test('gets no token for itself, and introspects nothing', async () => {
    const form = { client_id: 'spa', token: 'x' }
    const asked = { method: 'POST', body: new URLSearchParams(form) }
    expect(await refusal(await app.send('/api/v1/tenant/acme/oauth/introspect', asked))).toEqual([...failed])
    expect(
      await refusal(await app.post('acme', { client_id: 'spa', grant_type: 'client_credentials' })),
    ).toEqual([
      400,
      'unauthorized_client',
      'The client is not allowed to use this grant type: client_credentials',
    ])
  })
})

test('the id alone of any other client, of an inactive one and of none gets one answer, however often', async () => {
  const bodies = new Set<string>()
  for (const client_id of ['web', 'asleep', 'nobody', 'web', 'web', 'nobody', 'nobody']) {
    const answer = await revoke({ client_id, token: 'x' })
    expect(await refusal(answer.clone())).toEqual([...missing])
    bodies.add(`${answer.headers.get('www-authenticate')} ${await answer.text()}`)
  }
  expect(bodies.size).toBe(1)
})

test('the id of a public client exempts nobody from the limits of guessing', async () => {
  for (let count = 0; count < 3; count++) await revoke({ client_id: 'spa', token: 'x' })
  const guess = () => revoke({ client_id: 'web', client_secret: 'wrong', token: 'x' })
  const statuses = []
  for (let count = 0; count < 6; count++) statuses.push((await guess()).status)
  expect(statuses.at(-1)).toBe(429)
  expect((await revoke({ client_id: 'spa', token: 'x' })).status).toBe(200)
})
