import { afterEach, beforeEach, expect, test } from 'bun:test'
import { buildInfo } from '../../src/build-info.ts'
import type { TestApp } from '../support/test-app.ts'
import { stableHeaders, startAcme } from './acme.ts'

let app: TestApp

beforeEach(async () => {
  app = await startAcme()
})
afterEach(() => app.close())

const { version } = buildInfo
const healthy = `{"status":"healthy","service":"grantd","version":"${version}"}`

test.each(['/health', '/health/live', '/health/ready'])(
  '%s says that the server is healthy',
  async (path) => {
    const response = await app.send(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).toBe(healthy)
  },
)

test.each(['starting', 'stopping'] as const)('while %s it lives and is not ready', async (phase) => {
  app.lifecycle.phase = phase
  const ready = await app.send('/health/ready')
  expect(ready.status).toBe(503)
  // Load balancers ask every second: it is no error in the log.
  expect(app.log.at(-1)).toMatchObject({ level: 'info', status: 503, route: '/health/ready' })
  expect(ready.headers.get('retry-after')).toBe('1')
  expect(ready.headers.get('cache-control')).toBe('no-store')
  expect(await ready.text()).toBe(`{"status":"${phase}","service":"grantd","version":"${version}"}`)
  for (const path of ['/health', '/health/live']) {
    const live = await app.send(path)
    expect([live.status, await live.text()]).toEqual([200, healthy])
  }
  app.lifecycle.phase = 'ready'
  expect((await app.send('/health/ready')).status).toBe(200)
})

test('while stopping, and then alone, connections are closed after their answer', async () => {
  expect((await app.send('/health')).headers.has('connection')).toBe(false)
  app.lifecycle.phase = 'stopping'
  expect((await app.send('/health')).headers.get('connection')).toBe('close')
})

test('the root says what this is and where to go on', async () => {
  const response = await app.send('/')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({
    name: 'grantd',
    version,
    links: {
      swagger: 'http://localhost:3000/swagger',
      openapi: 'http://localhost:3000/swagger/json',
      health: 'http://localhost:3000/health',
    },
  })
  expect(stableHeaders(response).map(([name]) => name)).toEqual([
    'content-security-policy',
    'content-type',
    'referrer-policy',
    'x-content-type-options',
  ])
})

test('every link of the root leads somewhere', async () => {
  const { links } = await (await app.send('/')).json()
  for (const link of Object.values<string>(links)) expect((await app.send(link)).status).toBe(200)
})
