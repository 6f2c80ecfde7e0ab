import { expect, test } from 'bun:test'
import { createCarrier } from '../../src/platform/node/node-carrier.ts'
import type { SendTraces } from '../../src/tracing/otlp-exporter.ts'
import { SdkTracing } from '../../src/tracing/sdk-tracing.ts'
import { readTracingSettings } from '../../src/tracing/tracing-settings.ts'
import { waitFor } from '../support/wait-for.ts'
import { otlpSpans } from './otlp-kit.ts'

const noon = Date.UTC(2030, 0, 1, 12)

/** `late` runs what waits for a time. */
function open(send: SendTraces, variables: Record<string, string> = {}) {
  const settings = readTracingSettings(
    (name) =>
      ({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        ...variables,
      })[name],
  )
  if (!settings) throw new Error('Traces are off')
  const lost: string[] = []
  let late = () => {}
  const clock = {
    now: () => noon,
    monotonic: () => 0,
    after: (_: number, callback: () => void) => {
      late = callback
      return () => {}
    },
  }
  const tracing = new SdkTracing(settings, {
    ...{ version: '1.2.3', storage: 'postgres', clock, carrier: createCarrier(), send },
    onLost: (reason) => void lost.push(reason),
  })
  return { tracing, lost, late: () => late() }
}

const request = (headers: Record<string, string> = {}) => new Request('http://id.example.com/x', { headers })
const outcome = { method: 'GET', route: '/x', status: 200, tenant: undefined, error: undefined }

/** Takes batches and keeps them. */
function keepAll() {
  const bodies: string[] = []
  const send: SendTraces = async (body) => {
    bodies.push(new TextDecoder().decode(body))
    return 200
  }
  return { send, spans: () => bodies.flatMap((body) => otlpSpans(JSON.parse(body))) }
}

test('a request is a span with its route, and what the storage did in its course is below it', async () => {
  const { send, spans } = keepAll()
  const { tracing } = open(send)
  tracing.observe('read', 5, false)
  const traced = tracing.begin(request({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }))
  expect(traced.traceId).toBe('a'.repeat(32))
  await traced.run(async () => {
    await Promise.resolve()
    tracing.observe('write', 2, true)
  })
  traced.end({ ...outcome, status: 503, tenant: 'acme', error: 'temporarily_unavailable' })
  await tracing.close()
  const [storage, server] = spans()
  expect([storage, server]).toEqual([
    {
      name: 'storage write',
      traceId: 'a'.repeat(32),
      parentSpanId: server?.spanId ?? '',
      spanId: storage?.spanId ?? '',
      milliseconds: 2,
      status: 2,
      attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'write' },
    },
    {
      name: 'GET /x',
      traceId: 'a'.repeat(32),
      parentSpanId: 'b'.repeat(16),
      spanId: server?.spanId ?? '',
      milliseconds: 0,
      status: 2,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/x',
        'http.response.status_code': 503,
        'grantd.tenant': 'acme',
        'error.type': 'temporarily_unavailable',
      },
    },
  ])
})

test('a sender that keeps no trace is followed, unless the sampler decides by itself', async () => {
  const unsampled = request({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` })
  for (const [sampler, kept] of [
    ['parentbased_always_on', 0],
    ['always_on', 1],
    ['always_off', 0],
    ['traceidratio', 1],
  ] as const) {
    const { send, spans } = keepAll()
    const { tracing } = open(send, { OTEL_TRACES_SAMPLER: sampler })
    const traced = tracing.begin(unsampled)
    traced.end(outcome)
    await tracing.close()
    expect([sampler, traced.traceId, spans().length]).toEqual([sampler, 'a'.repeat(32), kept])
  }
})

test('an unknown method and a path without a route leave no text of the sender', async () => {
  const { send, spans } = keepAll()
  const { tracing } = open(send)
  tracing
    .begin(new Request('http://id.example.com/me@example.com', { method: 'PURGE' }))
    .end({ ...outcome, method: 'PURGE', route: undefined, status: 404 })
  await tracing.close()
  expect(spans()[0]).toMatchObject({ name: '_OTHER', attributes: { 'http.request.method': '_OTHER' } })
  expect(JSON.stringify(spans())).not.toContain('example.com')
})

test('a collector that does not answer holds up neither a request nor the stop, and its queue is bounded', async () => {
  let sent = 0
  const { tracing, late } = open((body) => {
    sent += otlpSpans(JSON.parse(new TextDecoder().decode(body))).length
    return new Promise(() => {})
  })
  for (let count = 0; count < 10_000; count++) tracing.begin(request()).end(outcome)
  const closing = tracing.close()
  await Promise.resolve()
  late()
  await closing
  // One batch was on its way, and 2048 waited.
  expect(sent).toBe(512 + 2048)
})

test('traces that are lost are told of once, until some arrive again', async () => {
  const answers: (number | Error)[] = [503, new Error('http://c:4318 has the key hunter2'), 404, 200, 429]
  const { tracing, lost } = open(async () => {
    const answer = answers.shift() ?? 200
    if (answer instanceof Error) throw answer
    return answer
  })
  // Each full batch is sent when it is full.
  for (let count = 0; count < 5 * 512; count++) {
    tracing.begin(request()).end(outcome)
    const batches = (count + 1) / 512
    if (Number.isInteger(batches)) await waitFor('the batch is sent', () => answers.length === 5 - batches)
  }
  await tracing.close()
  expect([answers, lost]).toEqual([[], ['the answer is 503', 'the answer is 429']])
})
