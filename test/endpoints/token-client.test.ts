import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { TestApp } from '../support/test-app.ts'
import {
  basic,
  formType,
  grant,
  type Refusal,
  refusal,
  stableHeaders,
  startAcme,
  svc,
  tokenPath,
} from './acme.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

const failed: Refusal = [401, 'invalid_client', 'Client authentication failed']
const missing: Refusal = [401, 'invalid_client', 'Client credentials are missing']
const malformed: Refusal = [401, 'invalid_client', 'The client credentials are malformed']
const twoMethods: Refusal = [400, 'invalid_request', 'More than one client authentication method was used']
const basicSvc = basic('svc', svc.client_secret)

/** Posts a form with an Authorization header. */
const postAs = (authorization: string, form: Record<string, string> = {}) =>
  app.post('acme', { ...grant, ...form }, { Authorization: authorization })

describe('client_secret_basic', () => {
  test.each(['Basic', 'basic', 'BASIC'])('is taken with the scheme spelled %s', async (scheme) => {
    expect((await postAs(basicSvc.replace('Basic', scheme))).status).toBe(200)
  })

  test('is taken with an id and a secret that have to be escaped', async () => {
    expect((await postAs(basic('odd:id, +%&=~', 'odd:secret +%&=~ é€😀'))).status).toBe(200)
  })

  test('is not taken with an id that should have been escaped', async () => {
    expect(await refusal(await postAs(`Basic ${btoa('odd:id, +%25&=~:x')}`))).toEqual(failed)
  })

  test('is taken with the same client_id in the body', async () => {
    expect((await postAs(basicSvc, { client_id: 'svc' })).status).toBe(200)
  })

  test('is refused with another client_id in the body, whoever that is', async () => {
    for (const client_id of ['bare', 'unknown', 'SVC', 'svc ']) {
      expect(await refusal(await postAs(basicSvc, { client_id }))).toEqual([
        400,
        'invalid_request',
        'The client_id differs from that of the Authorization header',
      ])
    }
  })

  test('is refused when it is unreadable, with the challenge', async () => {
    const headers = ['', 'Basic', 'Basic !', 'Basic c3Zj', 'Basic c3ZjOg', 'Bearer x', 'Negotiate abc', 'svc']
    for (const header of headers) {
      const response = await postAs(header)
      expect(response.headers.get('www-authenticate')).toBe('Basic realm="acme"')
      expect(await refusal(response)).toEqual(malformed)
    }
  })

  test('is refused with a very long header like with any other', async () => {
    expect(await refusal(await postAs(basic('svc', 'x'.repeat(100_000))))).toEqual(failed)
    expect(await refusal(await postAs(basic('x'.repeat(100_000), 'xxxxxx')))).toEqual(failed)
  })
})

describe('client_secret_post', () => {
  test('is taken with an id and a secret that have to be escaped', async () => {
    const odd = { client_id: 'odd:id, +%&=~', client_secret: 'odd:secret +%&=~ é€😀' }
    expect((await app.post('acme', { ...grant, ...odd })).status).toBe(200)
  })

  test.each([
    ['without a secret', { client_id: 'svc' }, missing],
    ['with an empty secret', { client_id: 'svc', client_secret: '' }, missing],
    ['without an id', { client_secret: svc.client_secret }, malformed],
    ['with an empty id', { client_id: '', client_secret: svc.client_secret }, malformed],
    ['with an id in another case', { client_id: 'Svc', client_secret: svc.client_secret }, failed],
    ['with a secret in another case', { client_id: 'svc', client_secret: 'SVC-secret-value' }, failed],
    ['with a space behind the secret', { client_id: 'svc', client_secret: `${svc.client_secret} ` }, failed],
    ['with a part of the secret', { client_id: 'svc', client_secret: 'svc-secret-valu' }, failed],
    ['with names in another case', { Client_Id: 'svc', CLIENT_SECRET: svc.client_secret }, missing],
    ['without anything', {}, missing],
    ['with a name that objects have', { client_id: '__proto__', client_secret: 'x' }, failed],
  ])('%s is refused without a challenge', async (_, form, wanted) => {
    const response = await app.post('acme', { ...grant, ...form })
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect(await refusal(response)).toEqual(wanted)
  })
})

describe('both methods at once', () => {
  test.each([
    ['of the same client', basicSvc, svc],
    ['the header with a wrong secret', basic('svc', 'wrong-secret'), svc],
    ['the body with a wrong secret', basicSvc, { client_id: 'svc', client_secret: 'wrong-secret' }],
    ['the body without an id', basicSvc, { client_secret: svc.client_secret }],
    ['an unreadable header', 'Basic !', svc],
    ['a header of another scheme', 'Bearer x', svc],
  ])('are refused: %s', async (_, authorization, form) => {
    const response = await postAs(authorization, form)
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect(await refusal(response)).toEqual(twoMethods)
  })
})

describe('who the client is not', () => {
  const attempts: [string, string, string][] = [
    ['an unknown client', 'unknown', 'wrong-secret'],
    ['a wrong secret', 'svc', 'wrong-secret'],
    ['an inactive client with the right secret', 'asleep', 'asleep-secret-value'],
    ['an inactive client with a wrong secret', 'asleep', 'wrong-secret'],
    ["another tenant's client", 'beta-only', 'beta-secret-value'],
    ["another client's secret", 'svc', 'bare-secret-value'],
  ]
  const posted = ([, client_id, client_secret]: [string, string, string]) =>
    app.post('acme', { ...grant, client_id, client_secret })
  const inHeader = ([, id, secret]: [string, string, string]) => postAs(basic(id, secret))

  test.each([
    ['in the body, without a challenge', posted, null],
    ['in the header, with the challenge', inHeader, 'Basic realm="acme"'],
  ])('is not told: the same bytes for every reason, %s', async (_, attempt, challenge) => {
    for (const each of attempts) {
      const response = await attempt(each)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe(challenge)
      expect(stableHeaders(response)).toEqual([
        ['cache-control', 'no-store'],
        ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
        ['content-type', 'application/json; charset=utf-8'],
        ['pragma', 'no-cache'],
        ['referrer-policy', 'no-referrer'],
        ...(challenge === null ? [] : [['www-authenticate', challenge] as [string, string]]),
        ['x-content-type-options', 'nosniff'],
      ])
      expect(await response.text()).toBe(
        '{"error":"invalid_client","error_description":"Client authentication failed"}',
      )
    }
  })

  test('the realm of the challenge is the tenant that was asked', async () => {
    const response = await app.post('beta', grant, { Authorization: basic('svc', 'wrong-secret') })
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="beta"')
  })
})

describe('the order', () => {
  const rows: [name: string, form: Record<string, string>, wanted: Refusal][] = [
    ['missing', {}, [400, 'invalid_request', 'Missing grant_type parameter']],
    ['empty', { grant_type: '' }, [400, 'invalid_request', 'Missing grant_type parameter']],
    ['unknown', { grant_type: 'x' }, [400, 'unsupported_grant_type', 'The grant type is not supported']],
  ]

  test.each(rows)(
    'a grant_type that is %s is told before wrong credentials are looked at',
    async (_, form, wanted) => {
      const wrong = { client_id: 'svc', client_secret: 'wrong-secret' }
      expect(await refusal(await app.post('acme', { ...form, ...wrong }))).toEqual(wanted)
      const headers = { Authorization: 'Basic !' }
      expect(await refusal(await app.post('acme', { ...form, ...wrong }, headers))).toEqual(wanted)
    },
  )

  test('wrong credentials are told before a scope or a resource is looked at', async () => {
    const wrong = { client_id: 'svc', client_secret: 'wrong-secret', scope: 'admin', resource: 'x' }
    expect(await refusal(await app.post('acme', { ...grant, ...wrong }))).toEqual(failed)
  })

  test('a media type is told before anything else of the form', async () => {
    const headers = { 'Content-Type': `x-${formType}`, Authorization: 'Basic !' }
    const response = await app.send(tokenPath, { method: 'POST', headers, body: 'grant_type=x' })
    expect((await refusal(response))[2]).toBe('The body must be application/x-www-form-urlencoded')
  })
})
