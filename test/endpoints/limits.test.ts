import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { clients as clientKind } from '../../src/clients/client-row.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { basic, grant } from './acme.ts'

const yaml = `
server: { trusted_proxies: [10.0.0.0/8] }
limits:
  failures_per_client_and_address: 5
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { read: Reading } }
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value-of-these-tests, scopes: [read] }
      asleep: { secret: asleep-secret-value-of-these-tests, active: false }
  beta:
    name: Beta
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value-of-these-tests }
`
const right = { client_id: 'svc', client_secret: 'svc-secret-value-of-these-tests' }
const wrong = { client_id: 'svc', client_secret: 'wrong-secret-value' }

const home = '203.0.113.7'
const elsewhere = '192.0.2.66'

let app: TestApp
let metrics: Metrics
beforeEach(async () => {
  metrics = new Metrics()
  app = await startTestApp(yaml, { metrics })
  const secret = { id: 's', created_at: 0, not_before: null, expires_at: null }
  const hash = `sha256:${app.deps.hashing.sha256('stored-secret-value-of-these-tests').toHex()}`
  await app.deps.storage
    .of('acme')
    .of(clientKind)
    .create({
      id: 'stored',
      value: {
        ...{
          name: 'Stored',
          active: true,
          introspect: false,
          grant_types: ['client_credentials'],
          scopes: [],
        },
        ...{ default_scopes: null, audience: null, resources: [], access_token_ttl: null, created_at: 0 },
        secrets: [{ ...secret, hash }],
      },
    })
})
afterEach(() => app.close())

const ask = (form: Record<string, string>, address = elsewhere, tenant = 'acme') =>
  app.post(tenant, { ...grant, ...form }, {}, address)

async function askTimes(count: number, form: Record<string, string>, address = elsewhere) {
  const answers: Response[] = []
  for (let index = 0; index < count; index++) answers.push(await ask(form, address))
  return answers
}

async function seen(response: Response) {
  const { status, headers } = response
  headers.delete('x-request-id')
  return { status, headers: [...headers], body: await response.text() }
}

test('after the free failures the answer is 429 with Retry-After, the right secret too', async () => {
  const statuses = (await askTimes(7, wrong)).map(({ status }) => status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  const refused = await ask(right)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'Too many failed attempts; try again later',
  })
  app.advance(1)
  expect((await ask(right)).status).toBe(200)
  // From here it never waits again.
  expect((await askTimes(20, wrong)).at(-1)?.status).toBe(429)
  expect((await ask(right)).status).toBe(200)
})

test.each([
  ['a client of config.yaml', wrong],
  ['one that is inactive', { client_id: 'asleep', client_secret: 'asleep-secret-value-of-these-tests' }],
  ['a stored client', { client_id: 'stored', client_secret: 'wrong-secret-value' }],
  ['an unknown client', { client_id: 'nobody', client_secret: 'wrong-secret-value' }],
])('%s is answered as every other, while it fails and while it waits', async (_what, form) => {
  const failed = { status: 401, body: expect.stringContaining('Client authentication failed') }
  const throttled = { status: 429, body: expect.stringContaining('Too many failed attempts') }
  const all: Awaited<ReturnType<typeof seen>>[] = []
  for (const answer of await askTimes(8, form)) all.push(await seen(answer))
  expect(all).toMatchObject([failed, failed, failed, failed, failed, throttled, throttled, throttled])
  const other = await askTimes(8, { client_id: 'another', client_secret: 'x' }, '192.0.2.67')
  for (const [index, answer] of other.entries()) expect(await seen(answer)).toEqual(all[index] as never)
})

test('a guesser elsewhere, on many addresses too, does not lock out the client where it was before', async () => {
  expect((await ask(right, home)).status).toBe(200)
  for (let index = 0; index < 300; index++) await ask(wrong, `198.51.100.${index % 250}`)
  expect((await ask(right, home)).status).toBe(200)
  expect((await ask(right, '198.51.100.3')).status).toBe(429)
  // And a new address has its first attempt.
  expect((await ask(right, '203.0.113.8')).status).toBe(200)
})

test('a thousand guesses at once are looked at as often as guesses one after the other', async () => {
  const forms = Array.from({ length: 1000 }, (_, index) => (index === 500 ? right : wrong))
  const answers = await Promise.all(forms.map((form) => ask(form)))
  const statuses = Map.groupBy(answers, ({ status }) => status)
  expect([...statuses].map(([status, { length }]) => [status, length])).toEqual([
    [401, 5],
    [429, 995],
  ])
  const stored = { client_id: 'stored', client_secret: 'wrong-secret-value' }
  const others = await Promise.all(forms.map(() => ask(stored, '192.0.2.99')))
  expect(others.filter(({ status }) => status === 401)).toHaveLength(5)
})

test('a tenant has nothing to do with the guesses at another', async () => {
  for (let index = 0; index < 300; index++) await ask({ ...wrong, client_id: `c${index}` })
  expect((await ask(right)).status).toBe(429)
  expect((await ask(right, elsewhere, 'beta')).status).toBe(200)
})

describe('wherever a client authenticates', () => {
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    app.send(
      `/api/v1/tenant/acme/oauth/${path}`,
      { method: 'POST', body: new URLSearchParams(form), headers },
      elsewhere,
    )

  test.each(['token', 'introspect', 'revoke'])('%s refuses whoever failed too often', async (path) => {
    const form = { ...grant, token: 'x' }
    for (let index = 0; index < 5; index++)
      await post(path, form, { Authorization: basic('svc', `wrong-${index}-x`) })
    for (const other of ['token', 'introspect', 'revoke']) {
      const response = await post(other, { ...form, ...right })
      expect([other, response.status]).toEqual([other, 429])
      expect(response.headers.get('www-authenticate')).toBeNull()
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })
})

test('the address is that which a trusted proxy says, and no other header is believed', async () => {
  const asked = (headers: Record<string, string>, address: string) =>
    app.post('acme', { ...grant, ...wrong }, headers, address)
  for (let index = 0; index < 6; index++) await asked({ 'X-Forwarded-For': '198.51.100.1' }, '10.0.0.1')
  expect((await asked({ 'X-Forwarded-For': '198.51.100.1' }, '10.0.0.2')).status).toBe(429)
  expect((await asked({ 'X-Forwarded-For': '198.51.100.2' }, '10.0.0.1')).status).toBe(401)
  // What the sender wrote stands before what the proxy wrote.
  expect((await asked({ 'X-Forwarded-For': '198.51.100.3, 198.51.100.1' }, '10.0.0.1')).status).toBe(429)
  for (let index = 0; index < 6; index++)
    await asked({ 'X-Forwarded-For': `198.51.100.${index}`, Forwarded: `for=198.51.100.${index}` }, elsewhere)
  expect((await asked({ 'X-Forwarded-For': '198.51.100.77' }, elsewhere)).status).toBe(429)
})

test('the audit trail has the start of each wait and which check failed, and no event for what waits', async () => {
  await askTimes(50, wrong)
  const events = app.events.map(({ type, reason, client, address, detail }) => ({
    type,
    reason,
    client,
    address,
    detail,
  }))
  const of = { client: 'svc', address: elsewhere }
  const refused = { ...of, type: 'token.refused', reason: 'wrong_secret', detail: undefined }
  expect(events).toEqual([
    ...Array.from({ length: 4 }, () => refused),
    {
      ...of,
      type: 'limit.reached',
      reason: undefined,
      detail: { scope: 'client_and_address', seconds: '1' },
    },
    refused,
  ] as never)
})

test.each([
  ['wrong_secret', wrong],
  ['unknown_client', { ...wrong, client_id: 'nobody' }],
  ['client_inactive', { client_id: 'asleep', client_secret: 'asleep-secret-value-of-these-tests' }],
  ['wrong_secret', { ...wrong, client_id: 'asleep' }],
  ['wrong_secret', { ...wrong, client_id: 'stored' }],
])(
  'the log and the audit trail say %s, and the answer does not',
  async (reason, form: Record<string, string>) => {
    const { status, body } = await seen(await ask(form))
    expect(status).toBe(401)
    expect(JSON.parse(body)).toEqual({
      error: 'invalid_client',
      error_description: 'Client authentication failed',
    })
    expect(app.log.at(-1)).toMatchObject({ error: 'invalid_client', reason })
    expect(app.events.at(-1)).toMatchObject({ type: 'token.refused', reason })
  },
)

test.each([
  ['malformed_credentials', { client_secret: 'x-secret-value' }, 'The client credentials are malformed'],
  ['no_credentials', {}, 'Client credentials are missing'],
])(
  'a request with %s is told so: it says nothing of any client',
  async (reason, form: Record<string, string>, sentence) => {
    const { status, body } = await seen(await ask(form))
    expect(status).toBe(401)
    expect(JSON.parse(body)).toEqual({ error: 'invalid_client', error_description: sentence })
    expect(app.log.at(-1)).toMatchObject({ error: 'invalid_client', reason })
    expect(app.events.at(-1)).toMatchObject({ type: 'token.refused', reason })
  },
)

test('what waits is counted in the metrics and told in the log', async () => {
  await askTimes(8, wrong)
  expect(metrics.samples()).toMatchObject({ 'grantd_throttled_requests_total{kind="client"}': 3 })
  expect(app.log.at(-1)).toMatchObject({ status: 429, reason: 'too_many_failures' })
})

test('an introspection with a right secret is never slowed by guesses from its own address', async () => {
  const token = await app.token('acme', right)
  for (let index = 0; index < 300; index++) await app.post('acme', { ...grant, ...wrong })
  const body = new URLSearchParams({ ...right, token })
  const introspected = await app.send('/api/v1/tenant/acme/oauth/introspect', { method: 'POST', body })
  expect(introspected.status).toBe(200)
})
