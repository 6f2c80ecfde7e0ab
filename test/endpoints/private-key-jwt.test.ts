import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type * as jose from 'jose'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { newClientKey, signAssertion, withAssertion } from '../support/assertions.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { basic, formType, grant, refusal } from './acme.ts'

const es = await newClientKey('ES256', 'es')
const next = await newClientKey('EdDSA', 'next')

const jwks = (...keys: readonly { readonly jwk: jose.JWK }[]) =>
  JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })

const yaml = `
tenants:
  acme:
    name: Acme
    issuer: https://auth.acme.example
    oauth2: { scopes: { read: Reading } }
    signing: { algorithm: ES256 }
    clients:
      app: { token_endpoint_auth_method: private_key_jwt, jwks: ${jwks(es, next)}, scopes: [read] }
      other: { token_endpoint_auth_method: private_key_jwt, jwks: ${jwks(es)} }
      svc: { secret: svc-secret-value }
      posts: { secret: posts-secret-value, token_endpoint_auth_method: client_secret_post }
      basics: { secret: basics-secret-value, token_endpoint_auth_method: client_secret_basic }
  beta:
    name: Beta
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      app: { token_endpoint_auth_method: private_key_jwt, jwks: ${jwks(es)} }
`
const issuer = 'https://auth.acme.example'
const betaIssuer = 'http://localhost:3000/api/v1/tenant/beta'
const tokenEndpoint = 'http://localhost:3000/api/v1/tenant/acme/oauth/token'

let app: TestApp
beforeEach(async () => {
  app = await startTestApp(yaml)
})
afterEach(() => app.close())

const sign = (parts: Partial<Parameters<typeof signAssertion>[0]> = {}) =>
  signAssertion({ clientId: 'app', audience: issuer, key: es, ...parts })

const failed = [401, 'invalid_client', 'Client authentication failed'] as const

function postTo(endpoint: string, form: Record<string, string>, tenant = 'acme') {
  const body = new URLSearchParams(form).toString()
  return app.send(`/api/v1/tenant/${tenant}/oauth/${endpoint}`, {
    method: 'POST',
    headers: { 'Content-Type': formType },
    body,
  })
}

describe('a token', () => {
  test('is had for an assertion, and log and audit trail say by which key', async () => {
    for (const key of [es, next]) {
      const response = await app.post('acme', { ...grant, ...withAssertion(await sign({ key })) })
      expect(response.status).toBe(200)
      expect(app.log.at(-1)).toMatchObject({ status: 200, client_id: 'app', key_id: key.jwk.kid })
      expect(app.log.at(-1)).not.toHaveProperty('secret_id')
      expect(app.events.at(-1)).toMatchObject({
        type: 'token.issued',
        actor: 'app',
        detail: { grant_type: 'client_credentials', key: key.jwk.kid },
      })
    }
  })

  test('is had once for each assertion', async () => {
    const form = { ...grant, ...withAssertion(await sign()) }
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.post('acme', form)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(await refusal(answer)).toEqual([...failed])
    expect(app.events.filter(({ reason }) => reason === 'assertion_replayed')).toHaveLength(9)
  })

  test('is had once at all replicas that share a storage, and after a restart', async () => {
    const storage = createMemoryStorage()
    const replicas = [await startTestApp(yaml, { storage }), await startTestApp(yaml, { storage })]
    const form = { ...grant, ...withAssertion(await sign()) }
    const answers = await Promise.all(
      replicas.flatMap((each) => [each.post('acme', form), each.post('acme', form)]),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401])
    const restarted = await startTestApp(yaml, { storage })
    expect((await restarted.post('acme', form)).status).toBe(401)
    for (const each of [...replicas, restarted]) await each.close()
  })

  test('is not had by an assertion for another tenant', async () => {
    const answer = await app.post('acme', {
      ...grant,
      ...withAssertion(await sign({ audience: betaIssuer })),
    })
    expect(await refusal(answer)).toEqual([...failed])
    const there = await app.post('beta', { ...grant, ...withAssertion(await sign()) })
    expect(await refusal(there)).toEqual([...failed])
    const good = await app.post('beta', { ...grant, ...withAssertion(await sign({ audience: betaIssuer })) })
    expect(good.status).toBe(200)
  })

  test('is not had by an assertion of another client that has the same key', async () => {
    const assertion = await sign({ clientId: 'other' })
    const answer = await app.post('acme', { ...grant, client_id: 'app', ...withAssertion(assertion) })
    expect(await refusal(answer)).toEqual([...failed])
    expect(app.log.at(-1)).toMatchObject({ reason: 'assertion_issuer', client_id: 'app' })
  })

  test('is not had by an access token in the place of an assertion', async () => {
    const token = await app.token('acme', withAssertion(await sign()))
    for (const form of [withAssertion(token), { client_id: 'app', ...withAssertion(token) }])
      expect(await refusal(await app.post('acme', { ...grant, ...form }))).toEqual([...failed])
  })

  test('is not had by a secret of a client of keys, nor by an assertion of a client of secrets', async () => {
    const secret = await app.post('acme', { ...grant, client_id: 'app', client_secret: 'svc-secret-value' })
    expect(await refusal(secret)).toEqual([...failed])
    const assertion = await app.post('acme', { ...grant, ...withAssertion(await sign({ clientId: 'svc' })) })
    expect(await refusal(assertion)).toEqual([...failed])
    expect(app.log.at(-1)).toMatchObject({ reason: 'other_method', client_id: 'svc' })
    const nobody = await app.post('acme', { ...grant, ...withAssertion(await sign({ clientId: 'nobody' })) })
    expect(await refusal(nobody)).toEqual([...failed])
  })
})

test('a client is let in by its registered method alone', async () => {
  const form = (id: string) => ({ ...grant, client_id: id, client_secret: `${id}-secret-value` })
  const header = (id: string) => ({ Authorization: basic(id, `${id}-secret-value`) })
  expect((await app.post('acme', form('posts'))).status).toBe(200)
  expect((await app.post('acme', grant, header('basics'))).status).toBe(200)
  expect(await refusal(await app.post('acme', form('basics')))).toEqual([...failed])
  const answer = await app.post('acme', grant, header('posts'))
  expect(answer.headers.get('www-authenticate')).toBe('Basic realm="acme"')
  expect(await refusal(answer)).toEqual([...failed])
  expect(app.log.at(-1)).toMatchObject({ reason: 'other_method' })
  expect((await app.post('acme', form('svc'))).status).toBe(200)
  expect((await app.post('acme', grant, header('svc'))).status).toBe(200)
})

describe('introspection and revocation', () => {
  test.each([issuer, tokenEndpoint])('take an assertion for %s', async (audience) => {
    const token = await app.token('acme', withAssertion(await sign()))
    const introspected = await postTo('introspect', { token, ...withAssertion(await sign({ audience })) })
    expect(await introspected.json()).toMatchObject({ active: true, client_id: 'app' })
    const revoked = await postTo('revoke', { token, ...withAssertion(await sign({ audience, key: next })) })
    expect(revoked.status).toBe(200)
    expect(app.events.at(-1)).toMatchObject({ type: 'token.revoked', detail: { key: 'next' } })
    const after = await postTo('introspect', { token, ...withAssertion(await sign({ audience })) })
    expect(await after.json()).toEqual({ active: false })
  })

  test('take no assertion for their own URL, and none that was used elsewhere', async () => {
    const used = withAssertion(await sign())
    const token = await app.token('acme', used)
    for (const endpoint of ['introspect', 'revoke']) {
      expect(await refusal(await postTo(endpoint, { token, ...used }))).toEqual([...failed])
      const audience = `http://localhost:3000/api/v1/tenant/acme/oauth/${endpoint}`
      const own = await postTo(endpoint, { token, ...withAssertion(await sign({ audience })) })
      expect(await refusal(own)).toEqual([...failed])
    }
  })
})

test('failures have to wait in the end, and a stranger cannot use an assertion up', async () => {
  const stranger = await newClientKey('ES256', 'es')
  const claims = { jti: 'chosen' }
  const statuses: number[] = []
  for (let n = 0; n < 30; n++) {
    const form = { ...grant, ...withAssertion(await sign({ key: stranger, claims })) }
    statuses.push((await app.post('acme', form, undefined, '192.0.2.7')).status)
  }
  expect(statuses[0]).toBe(401)
  expect(statuses.at(-1)).toBe(429)
  const good = await app.post(
    'acme',
    { ...grant, ...withAssertion(await sign({ claims })) },
    undefined,
    '192.0.2.200',
  )
  expect(good.status).toBe(200)
})
