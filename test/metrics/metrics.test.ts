import { expect, test } from 'bun:test'
import { Metrics } from '../../src/metrics/metrics.ts'
import { MetricsSum } from '../../src/metrics/metrics-sum.ts'
import { addSamples, renderSamples } from '../../src/metrics/samples.ts'
import { serveMetrics } from '../../src/metrics/serve-metrics.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { startTestApp } from '../support/test-app.ts'

const duration = 'grantd_http_request_duration_seconds'

test('an answer is counted by route, method and status, and in every bucket that is not below it', () => {
  const metrics = new Metrics()
  metrics.countRequest('/a', 'GET', 200, 0.5)
  metrics.countRequest('/a', 'GET', 200, 3)
  metrics.countRequest('/a', 'POST', 401, 20_000)
  const samples = metrics.samples()
  expect(samples['grantd_http_requests_total{route="/a",method="GET",status="200"}']).toBe(2)
  expect(samples['grantd_http_requests_total{route="/a",method="POST",status="401"}']).toBe(1)
  const bucket = (bound: string) => samples[`${duration}_bucket{route="/a",le="${bound}"}`]
  expect([bucket('0.0005'), bucket('0.0025'), bucket('0.005'), bucket('10'), bucket('+Inf')]).toEqual([
    1, 1, 2, 2, 3,
  ])
  expect(samples[`${duration}_count{route="/a"}`]).toBe(3)
  expect(samples[`${duration}_sum{route="/a"}`]).toBeCloseTo(20.0035, 9)
})

test('what anybody can send makes no new label', () => {
  const metrics = new Metrics()
  for (const method of ['BREW', 'X', 'Y']) metrics.countRequest(undefined, method, 404, 1)
  const requests = Object.entries(metrics.samples()).filter(([key]) => key.startsWith('grantd_http_requests'))
  expect(requests).toEqual([['grantd_http_requests_total{route="none",method="other",status="404"}', 3]])
})

test('samples of several processes are added, and what one counted stays when it ends, its memory does not', () => {
  const sum = new MetricsSum()
  const samples = (count: number) => ({
    grantd_worker_restarts_total: count,
    process_cpu_seconds_total: count,
    process_resident_memory_bytes: 100,
  })
  sum.report(1, samples(3))
  sum.report(2, samples(4))
  sum.report(1, samples(5))
  expect(sum.total()).toEqual({
    grantd_worker_restarts_total: 9,
    process_cpu_seconds_total: 9,
    process_resident_memory_bytes: 200,
  })
  sum.end(1)
  sum.end(1)
  expect(sum.total()).toEqual({
    grantd_worker_restarts_total: 9,
    process_cpu_seconds_total: 9,
    process_resident_memory_bytes: 100,
  })
})

test('a gauge of several processes is their sum, the largest or the smallest, as its kind says', () => {
  const of = (value: number) => ({
    grantd_queue_waiting: value,
    grantd_audit_lag_seconds: value,
    grantd_keys_next_step_timestamp_seconds: value,
    process_max_fds: value,
  })
  expect(addSamples([of(3), of(1), of(2)])).toEqual({
    grantd_queue_waiting: 6,
    grantd_audit_lag_seconds: 3,
    grantd_keys_next_step_timestamp_seconds: 1,
    process_max_fds: 1,
  })
})

test('an error counts by its code and the check that failed; a text that may name something is `other`', () => {
  const metrics = new Metrics()
  metrics.countError('invalid_client', 'wrong_secret')
  metrics.countError('invalid_client', 'wrong_secret', 'client secret')
  metrics.countError('invalid_grant', undefined)
  metrics.countError('invalid_grant', "the code of 'acme' was used", 'code of another client')
  metrics.countError('server_error', 'TypeError: x is not a function')
  metrics.countError('server_error', 'kid 0123')
  expect(metrics.samples()).toEqual({
    'grantd_errors_total{code="invalid_client",reason="wrong_secret"}': 2,
    'grantd_errors_total{code="invalid_grant",reason="none"}': 1,
    'grantd_errors_total{code="invalid_grant",reason="code of another client"}': 1,
    'grantd_errors_total{code="server_error",reason="other"}': 2,
  })
})

test('a counter has a bounded number of series', () => {
  const metrics = new Metrics()
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  for (const first of letters) for (const second of letters) metrics.countError('x', first + second)
  const values = Object.values(metrics.samples())
  expect(values).toHaveLength(201)
  expect(values.reduce((sum, value) => sum + value)).toBe(26 * 26)
})

test('the text names each metric once, with its help and its type, and each sample below it', () => {
  const text = renderSamples(
    addSamples([
      { process_cpu_seconds_total: 1.5, 'grantd_reloads_total{result="ok"}': 1 },
      { 'grantd_reloads_total{result="failed"}': 2, [`${duration}_sum{route="/a"}`]: 0.25 },
    ]),
  )
  expect(text).toBe(
    [
      `# HELP ${duration} From the head of a request until its answer is there, by route pattern`,
      `# TYPE ${duration} histogram`,
      `${duration}_sum{route="/a"} 0.25`,
      '# HELP grantd_reloads_total Reloads of the configuration by their result',
      '# TYPE grantd_reloads_total counter',
      'grantd_reloads_total{result="ok"} 1',
      'grantd_reloads_total{result="failed"} 2',
      '# HELP process_cpu_seconds_total Processor time of all processes, those that ended too',
      '# TYPE process_cpu_seconds_total counter',
      'process_cpu_seconds_total 1.5',
      '',
    ].join('\n'),
  )
})

test('every sample that is made belongs to a metric that is shown', () => {
  const metrics = new Metrics()
  metrics.countRequest('/a', 'GET', 200, 1)
  metrics.countToken('client_credentials', 'ES256')
  const samples = metrics.samples()
  const shown = renderSamples(samples)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  expect(shown).toHaveLength(Object.keys(samples).length)
})

test('metrics and the status page are on a listener of their own', async () => {
  const answers = {
    collect: () => ({ grantd_workers: 1, 'grantd_reloads_total{result="ok"}': 2 }),
    renderStatus: (path: string) => new Response(`of ${path}`),
  }
  const listener = serveMetrics({ host: '127.0.0.1', port: 0 }, answers, bunPlatform())
  const base = `http://127.0.0.1:${listener.port}`
  const answer = await fetch(`${base}/metrics`)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  expect(await answer.text()).toEndWith('\ngrantd_reloads_total{result="ok"} 2\n')
  expect(await (await fetch(`${base}/status`)).text()).toBe('of /status')
  expect(await (await fetch(`${base}/status.css`)).text()).toBe('of /status.css')
  const head = await fetch(`${base}/status`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  for (const path of ['/', '/status/', '/metrics/x']) expect((await fetch(base + path)).status).toBe(404)
  expect((await fetch(`${base}/status`, { method: 'POST' })).status).toBe(405)
  expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(405)
  await listener.close()
})

test('whoever asks for OpenMetrics gets it, with a counter without its suffix, floats as bounds, and a mark at the end', async () => {
  const answers = {
    collect: () => ({
      'grantd_reloads_total{result="ok"}': 2,
      [`${duration}_bucket{route="/a",le="1"}`]: 3,
      [`${duration}_bucket{route="/a",le="0.5"}`]: 3,
    }),
    renderStatus: () => new Response(''),
  }
  const listener = serveMetrics({ host: '127.0.0.1', port: 0 }, answers, bunPlatform())
  const ask = async (accept: string) => {
    const answer = await fetch(`http://127.0.0.1:${listener.port}/metrics`, { headers: { accept } })
    return { type: answer.headers.get('content-type'), lines: (await answer.text()).split('\n') }
  }
  const prometheus = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
  const { type, lines } = await ask(prometheus)
  expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(lines.filter((line) => !line.startsWith('# HELP'))).toEqual([
    `# TYPE ${duration} histogram`,
    `${duration}_bucket{route="/a",le="1.0"} 3`,
    `${duration}_bucket{route="/a",le="0.5"} 3`,
    '# TYPE grantd_reloads counter',
    'grantd_reloads_total{result="ok"} 2',
    '# EOF',
    '',
  ])
  for (const accept of ['*/*', 'text/html', 'application/openmetrics-text;q=0'])
    expect((await ask(accept)).type).toStartWith('text/plain')
  await listener.close()
})

test('a port of this machine answers no page that gave its own name this address; any other port does not care', async () => {
  const statusFor = async (host: string, name: string) => {
    const listener = serveMetrics(
      { host, port: 0 },
      { collect: () => ({}), renderStatus: () => new Response('') },
      bunPlatform(),
    )
    const base = `http://127.0.0.1:${listener.port}`
    const answers = await Promise.all(
      ['/metrics', '/status', '/status.css'].map((path) => fetch(base + path, { headers: { Host: name } })),
    )
    await listener.close()
    return [...new Set(answers.map(({ status }) => status))]
  }
  for (const name of [
    'evil.example',
    'evil.example:9464',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
  ])
    expect(await statusFor('127.0.0.1', name)).toEqual([421])
  expect(await statusFor('localhost', 'evil.example')).toEqual([421])
  for (const name of ['localhost:9464', 'LOCALHOST', 'a.localhost', '127.0.0.1', '[::1]:9464', '192.0.2.7'])
    expect(await statusFor('127.0.0.1', name)).toEqual([200])
  expect(await statusFor('0.0.0.0', 'grantd.monitoring.svc:9464')).toEqual([200])
})

test('a Host that makes no URL is answered with 400', async () => {
  let answered: Response | Promise<Response> | undefined
  const request = { url: 'http://a b/metrics', method: 'GET', headers: new Headers() } as Request
  const listen: Platform['listen'] = ({ fetch }) => {
    answered = fetch(request, { address: () => undefined })
    return { port: 1, holdOff: async () => false, drain: async () => {}, close: async () => {} }
  }
  serveMetrics(
    { host: '127.0.0.1', port: 0 },
    { collect: () => ({}), renderStatus: () => new Response('') },
    { listen },
  )
  expect((await answered)?.status).toBe(400)
})

test('the app counts what it answers, and names no tenant, no client and no token', async () => {
  const metrics = new Metrics()
  const app = await startTestApp(
    `tenants: { acme: { name: A, oauth2: {}, signing: { algorithm: ES256 }, clients: { app: { secret: own-secret-1 } } } }`,
    { metrics },
  )
  const form = { client_id: 'app', client_secret: 'own-secret-1' }
  await app.token('acme', form)
  await app.post('acme', { ...form, client_secret: 'wrong', grant_type: 'client_credentials' })
  await app.send('/no/such/path')
  const counts = Object.entries(metrics.samples()).filter(([key]) => !key.startsWith(duration))
  const route = '/api/v1/tenant/:tenant/oauth/token'
  expect(Object.fromEntries(counts)).toEqual({
    [`grantd_http_requests_total{route="${route}",method="POST",status="200"}`]: 1,
    [`grantd_http_requests_total{route="${route}",method="POST",status="401"}`]: 1,
    'grantd_http_requests_total{route="none",method="GET",status="404"}': 1,
    'grantd_errors_total{code="invalid_client",reason="wrong_secret"}': 1,
    'grantd_errors_total{code="not_found",reason="none"}': 1,
    'grantd_tokens_issued_total{grant_type="client_credentials",algorithm="ES256"}': 1,
  })
  await app.close()
})
