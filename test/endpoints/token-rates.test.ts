import { afterEach, beforeEach, expect, test } from 'bun:test'
import { Metrics } from '../../src/metrics/metrics.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const yaml = `
limits: { tokens_per_minute_per_client: 6 }
tenants:
  acme:
    name: Acme
    oauth2: { tokens_per_minute: 10, reuse_window: 60 }
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value-of-these-tests }
      big: { secret: big-secret-value-of-these-tests, tokens_per_minute: 100 }
  beta:
    name: Beta
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value-of-these-tests }
`
let app: TestApp
let metrics: Metrics
beforeEach(async () => {
  metrics = new Metrics()
  app = await startTestApp(yaml, { metrics })
})
afterEach(() => app.close())

const ask = (client = 'svc', tenant = 'acme', more: Record<string, string> = {}) =>
  app.post(tenant, {
    ...{ grant_type: 'client_credentials', client_id: client },
    ...{ client_secret: `${client}-secret-value-of-these-tests`, ...more },
  })
const statuses = async (count: number, client?: string, tenant?: string) => {
  const found: number[] = []
  for (let index = 0; index < count; index++) found.push((await ask(client, tenant)).status)
  return found
}

test('each answer with a token says what is left, a shared token too, and one above is refused as an error says it', async () => {
  const first = await ask()
  expect(first.headers.get('ratelimit-policy')).toBe('"client";q=6;w=60, "tenant";q=10;w=60')
  expect(first.headers.get('ratelimit')).toBe('"client";r=5;t=10')
  expect(await statuses(5)).toEqual([200, 200, 200, 200, 200])
  const refused = await ask()
  expect(refused.status).toBe(429)
  expect(refused.headers.get('ratelimit')).toBe('"client";r=0;t=10')
  expect(refused.headers.get('retry-after')).toBe('10')
  expect(refused.headers.get('cache-control')).toBe('no-store')
  expect(await refused.json()).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'Too many tokens were asked for; try again later',
  })
  expect(app.log.at(-1)).toMatchObject({ status: 429, reason: 'too_many_tokens_of_client', client_id: 'svc' })
  app.advance(10)
  expect(await statuses(2)).toEqual([200, 429])
})

test('the clients of a tenant share its rate, and no other tenant is touched', async () => {
  expect(await statuses(5)).not.toContain(429)
  expect(await statuses(6, 'big')).toEqual([200, 200, 200, 200, 200, 429])
  expect((await ask('big')).headers.get('ratelimit')).toMatch(/^"tenant";r=0;t=/)
  const other = await ask('svc', 'beta')
  expect(other.headers.get('ratelimit-policy')).toBe('"client";q=6;w=60')
  expect(await statuses(5, 'svc', 'beta')).toEqual([200, 200, 200, 200, 200])
})

test('an answer without a token is not counted, nor a request that is not from the client', async () => {
  for (let index = 0; index < 20; index++) {
    expect((await ask('svc', 'acme', { scope: 'none' })).status).toBe(400)
    await ask('svc', 'acme', { client_secret: 'wrong-secret-value-of-these-tests' })
  }
  const headers = (await ask('svc', 'acme', { client_secret: 'wrong-secret-value-of-these-tests' })).headers
  expect(headers.get('ratelimit')).toBeNull()
  app.advance(900)
  expect(await statuses(7)).toEqual([200, 200, 200, 200, 200, 200, 429])
})

test('a wait is recorded once, and counted each time', async () => {
  await statuses(20)
  const events = app.events.filter(({ type }) => type === 'limit.reached')
  expect(events).toMatchObject([
    { tenant: 'acme', client: 'svc', detail: { scope: 'client_rate', seconds: '10' } },
  ])
  expect(metrics.samples()).toMatchObject({ 'grantd_throttled_requests_total{kind="tokens"}': 14 })
  expect(app.events.filter(({ type }) => type === 'token.refused')).toEqual([])
})
