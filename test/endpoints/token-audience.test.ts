import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as jose from 'jose'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { grant, refusal, startAcme, svc } from './acme.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

const own = { client_id: 'own', client_secret: 'own-secret-value' } as const

const post = (client: Record<string, string>, query: string) =>
  app.post('acme', `${new URLSearchParams({ ...grant, ...client })}&${query}`)

test.each([
  ['nothing asked for', '', ['acme-api']],
  ['an empty resource', 'resource=&audience=', ['acme-api']],
  ['the audience of the tenant', 'resource=acme-api', ['acme-api']],
  ['a resource of the client', 'resource=https://api.acme.example/v2', ['https://api.acme.example/v2']],
  ['an urn', 'resource=urn:acme:files', ['urn:acme:files']],
  ['two', 'resource=urn:acme:files&resource=acme-api', ['urn:acme:files', 'acme-api']],
  ['one twice', 'resource=urn:acme:files&resource=urn:acme:files', ['urn:acme:files']],
  ['audience as its other name', 'audience=urn:acme:files', ['urn:acme:files']],
  ['both names', 'audience=acme-api&resource=urn:acme:files', ['urn:acme:files', 'acme-api']],
  ['both names for one', 'audience=acme-api&resource=acme-api', ['acme-api']],
])('%s gives an audience', async (_, query, audience) => {
  const response = await post(svc, query)
  expect(response.status).toBe(200)
  expect(jose.decodeJwt((await response.json()).access_token).aud).toEqual(audience)
})

test('the audience of the client replaces that of the tenant, whole or in part', async () => {
  const whole = await (await post(own, '')).json()
  expect(jose.decodeJwt(whole.access_token).aud).toEqual(['own-api', 'other-api'])
  const part = await (await post(own, 'resource=other-api')).json()
  expect(jose.decodeJwt(part.access_token).aud).toEqual(['other-api'])
})

test.each([
  ['that nobody knows', svc, 'resource=https://evil.example', 'https://evil.example'],
  ['next to an allowed one', svc, 'resource=acme-api&resource=https://evil.example', 'https://evil.example'],
  ['in the other name', svc, 'audience=https://evil.example', 'https://evil.example'],
  [
    'in the other name, next to an allowed one',
    svc,
    'resource=acme-api&audience=https://evil.example',
    'https://evil.example',
  ],
  ['in another case', svc, 'resource=Acme-API', 'Acme-API'],
  ['with a slash more', svc, 'resource=https://api.acme.example/v2/', 'https://api.acme.example/v2/'],
  ['with a fragment', svc, 'resource=https://api.acme.example/v2%23x', 'https://api.acme.example/v2#x'],
  ['two in one value', svc, 'audience=acme-api+urn:acme:files', 'acme-api urn:acme:files'],
  ['of another client', own, 'resource=urn:acme:files', 'urn:acme:files'],
  ['of the tenant, which the client replaces', own, 'resource=acme-api', 'acme-api'],
])('a resource %s is refused by its name', async (_, client, query, named) => {
  expect(await refusal(await post(client, query))).toEqual([
    400,
    'invalid_target',
    `The requested resource is not allowed for this client: ${named}`,
  ])
})

test('the other name must not come twice', async () => {
  expect((await refusal(await post(svc, 'audience=acme-api&audience=acme-api')))[1]).toBe('invalid_request')
})

test('a token that no server would take is not issued', async () => {
  const resources = Array.from(
    { length: 100 },
    (_, n) => `https://api.example.com/${String(n).padStart(100, 'x')}`,
  )
  const big = await startTestApp(`
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients: { svc: { secret: svc-secret-value, resources: ${JSON.stringify(resources)} } }
`)
  const ask = async (count: number) => {
    const form = new URLSearchParams({ ...grant, ...svc })
    for (const resource of resources.slice(0, count)) form.append('resource', resource)
    return big.post('acme', form.toString())
  }
  expect((await ask(10)).status).toBe(200)
  const refused = await ask(90)
  expect([refused.status, await refused.json()]).toEqual([
    400,
    {
      error: 'invalid_target',
      error_description: 'The token would be too large: ask for fewer resources or scopes',
    },
  ])
  await big.close()
})
