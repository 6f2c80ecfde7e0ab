import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { TestApp } from '../support/test-app.ts'
import { grant, jsonHeaders, refusal, stableHeaders, startAcme, svc } from './acme.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

test.each([
  'password',
  'Authorization_Code',
  'refresh_token ',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'Client_Credentials',
  'client_credentials ',
  ' client_credentials',
  'client_credentials,password',
  '__proto__',
  'toString',
  'x',
])('the grant type %p is not supported', async (grant_type) => {
  const form = { ...svc, grant_type, username: 'u', password: 'p' }
  expect(await refusal(await app.post('acme', form))).toEqual([
    400,
    'unsupported_grant_type',
    'The grant type is not supported',
  ])
})

test.each([
  ['left out', new URLSearchParams(svc).toString()],
  ['empty', `grant_type=&${new URLSearchParams(svc)}`],
  ['without equals sign', `grant_type&${new URLSearchParams(svc)}`],
  ['in another case', `Grant_Type=client_credentials&${new URLSearchParams(svc)}`],
  ['with a space behind the name', `grant_type+=client_credentials&${new URLSearchParams(svc)}`],
])('a grant_type %s is missing', async (_, body) => {
  expect(await refusal(await app.post('acme', body))).toEqual([
    400,
    'invalid_request',
    'Missing grant_type parameter',
  ])
})

test('a grant_type that is sent twice is refused even when both are the same', async () => {
  const form = `${new URLSearchParams({ ...grant, ...svc })}&grant_type=client_credentials`
  expect(await refusal(await app.post('acme', form))).toEqual([
    400,
    'invalid_request',
    'A parameter was sent more than once: grant_type',
  ])
})

test('unknown parameters and unknown empty ones are ignored', async () => {
  const form = `${new URLSearchParams({ ...grant, ...svc })}&unknown=x&empty=&bare&__proto__=x`
  expect((await app.post('acme', form)).status).toBe(200)
})

test('a client without the grant is told so, once it is known to be that client', async () => {
  const idle = { client_id: 'idle', client_secret: 'idle-secret-value' }
  expect(await refusal(await app.post('acme', { ...grant, ...idle }))).toEqual([
    400,
    'unauthorized_client',
    'The client is not allowed to use this grant type: client_credentials',
  ])
  const wrong = { client_id: 'idle', client_secret: 'wrong-secret' }
  expect((await refusal(await app.post('acme', { ...grant, ...wrong })))[1]).toBe('invalid_client')
})

test('a tenant that is unknown, inactive or without oauth2 is answered with the same bytes', async () => {
  for (const tenant of ['unknown', 'closed', 'plain', 'ACME', '%61cme', 'acme%2F', 'acme%00', '__proto__']) {
    const response = await app.post(tenant, { ...grant, ...svc })
    expect(response.status).toBe(404)
    expect(stableHeaders(response)).toEqual(jsonHeaders)
    expect(await response.text()).toBe('{"error":"tenant_not_found","error_description":"Tenant not found"}')
  }
})

test('the tenant is looked at before the form', async () => {
  expect((await app.post('plain', 'a=%', { 'Content-Type': 'text/plain' })).status).toBe(404)
})

test('a parameter that is sent twice is refused whatever it is, but for resource', async () => {
  const form = new URLSearchParams({ ...grant, ...svc, scope: 'read', audience: 'acme-api' }).toString()
  for (const name of ['client_id', 'client_secret', 'scope', 'audience']) {
    expect((await refusal(await app.post('acme', `${form}&${name}=${'read'}`)))[2]).toBe(
      `A parameter was sent more than once: ${name}`,
    )
  }
  expect((await app.post('acme', `${form}&resource=acme-api&resource=acme-api`)).status).toBe(200)
})
