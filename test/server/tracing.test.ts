import { expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServed } from '../support/served.ts'
import { type OtlpRequest, otlpAttributes, otlpSpans } from '../tracing/otlp-kit.ts'

const secret = 'a-secret-of-the-service-to-trace'
const slowHash = await Bun.password.hash('slow-secret-of-a-service', {
  algorithm: 'argon2id',
  memoryCost: 1024,
  timeCost: 1,
})
const text = `tenants:\n  acme:\n    name: Acme\n    oauth2: {}\n    signing: { algorithm: ES256 }\n    clients: { svc: { secret: ${secret}, scopes: [] }, slow: { secret_hash: '${slowHash}', scopes: [] } }\n`
const slowId = '1bf7651916cd43dd8448eb211c80319c'
const traceId = '0af7651916cd43dd8448eb211c80319c'

async function withServer(
  variables: Record<string, string>,
  work: (server: Awaited<ReturnType<typeof startServed>>) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-traces-'))
  try {
    await writeFile(join(folder, 'config.yaml'), text, { mode: 0o600 })
    const server = await startServed(folder, variables)
    try {
      await work(server)
    } finally {
      await server.stop()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A collector that keeps what comes. */
function startCollector() {
  const taken: { headers: Headers; path: string; body: OtlpRequest; text: string }[] = []
  const collector = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const text = await request.text()
      taken.push({
        headers: request.headers,
        path: new URL(request.url).pathname,
        body: JSON.parse(text),
        text,
      })
      return new Response('{}')
    },
  })
  return { taken, url: `http://127.0.0.1:${collector.port}`, close: () => collector.stop(true) }
}

async function useServer(url: string): Promise<string> {
  const base = `${url}/api/v1/tenant/acme`
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'X-Request-Id': 'traced' }
  const form = { grant_type: 'client_credentials', client_id: 'svc', client_secret: secret }
  const answer = await fetch(`${base}/oauth/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  })
  const slow = { ...form, client_id: 'slow', client_secret: 'slow-secret-of-a-service' }
  await fetch(`${base}/oauth/token`, {
    method: 'POST',
    headers: { traceparent: `00-${slowId}-b7ad6b7169203331-01` },
    body: new URLSearchParams(slow),
  })
  const { access_token } = (await answer.json()) as { access_token: string }
  await fetch(`${url}/api/v1/protected-resource`, { headers: { Authorization: `Bearer ${access_token}` } })
  for (let round = 0; round < 2; round++) await fetch(`${base}/.well-known/jwks.json`)
  await fetch(`${url}/nowhere/me@example.com?email=me@example.com`)
  return access_token
}

test('a collector gets the spans of the requests at the stop at the latest, and nothing of people or secrets', async () => {
  const { taken, url, close } = startCollector()
  let token = ''
  let log: Record<string, unknown>[] = []
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hunter2',
    OTEL_SERVICE_NAME: 'id',
  }
  try {
    await withServer(variables, async (server) => {
      token = await useServer(server.url)
      log = server.log()
    })
  } finally {
    await close()
  }
  // On a slow machine some are sent while it runs.
  expect(taken).not.toEqual([])
  for (const { path, headers, body } of taken) {
    expect([path, headers.get('api-key')]).toEqual(['/v1/traces', 'hunter2'])
    const attributes = otlpAttributes(body.resourceSpans[0]?.resource.attributes ?? [])
    expect(attributes).toMatchObject({ 'service.name': 'id' })
  }
  const text = taken.map((each) => each.text).join()
  const spans = taken.flatMap(({ body }) => otlpSpans(body))
  expect(spans.filter(({ name }) => !name.startsWith('storage')).map(({ name }) => name)).toEqual([
    'POST /api/v1/tenant/:tenant/oauth/token',
    'slow hash',
    'POST /api/v1/tenant/:tenant/oauth/token',
    'GET /api/v1/protected-resource',
    'GET /api/v1/tenant/:tenant/.well-known/jwks.json',
    'GET /api/v1/tenant/:tenant/.well-known/jwks.json',
    'GET',
  ])
  expect(spans.find(({ name }) => name.endsWith('/oauth/token'))).toMatchObject({
    traceId,
    parentSpanId: 'b7ad6b7169203331',
    attributes: { 'grantd.tenant': 'acme', 'http.response.status_code': 200 },
  })
  const ofSlow = spans.filter(({ traceId }) => traceId === slowId)
  const asked = ofSlow.find(({ name }) => name.startsWith('POST'))
  expect(ofSlow.find(({ name }) => name === 'slow hash')).toMatchObject({ parentSpanId: asked?.spanId })
  const check = spans.find(({ name }) => name.endsWith('/protected-resource'))
  expect(spans.find(({ name }) => name === 'storage read')).toMatchObject({
    traceId: check?.traceId,
    parentSpanId: check?.spanId,
    attributes: { 'db.system.name': 'sqlite' },
  })
  for (const hidden of [secret, token, 'example.com', 'svc', 'slow-', 'hunter2', 'traced"'])
    expect(text).not.toContain(hidden)
  expect(log.find((line) => line['request_id'] === 'traced')).toMatchObject({ trace_id: traceId })
  expect(JSON.stringify(log)).not.toContain('hunter2')
})

test('without an endpoint nothing is traced, whatever the sender says', () =>
  withServer({ OTEL_SERVICE_NAME: 'id' }, async (server) => {
    await useServer(server.url)
    const lines = server.log().filter((line) => line['message'] === 'request')
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.some((line) => 'trace_id' in line)).toBe(false)
  }))

test('a wrong variable and a collector that is away are told of, and requests are answered', async () => {
  await withServer({ OTEL_EXPORTER_OTLP_ENDPOINT: 'no URL' }, async (server) => {
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    expect(server.log().find(({ level }) => level === 'warn')).toMatchObject({
      message: 'no traces are made, because a variable cannot be used',
      reason: 'OTEL_EXPORTER_OTLP_ENDPOINT is no URL, wanted one such as http://localhost:4318',
    })
  })
  let log = () => [] as Record<string, unknown>[]
  await withServer({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, async (server) => {
    await useServer(server.url)
    log = server.log
  })
  expect(log().filter(({ level }) => level === 'warn')).toEqual([
    expect.objectContaining({
      message: 'traces cannot be sent and are lost',
      endpoint: 'http://127.0.0.1:1',
      reason: 'no answer in time',
    }),
  ])
})
