import { afterAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { Deadlines } from '../../src/async/deadlines.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { openRaw } from '../support/raw-socket.ts'
import { startTestApp } from '../support/test-app.ts'
import { waitFor } from '../support/wait-for.ts'

const app = await startTestApp(`
server: { connections: { url_bytes: 1024, body_bytes: 4096, form_parameters: 20, request_time: 10s } }
tenants: { acme: { name: Acme, oauth2: { audience: [x] }, oidc: {}, clients: { svc: { secret: own-secret-1 } } } }
`)
afterAll(() => app.close())

const tokenPath = '/api/v1/tenant/acme/oauth/token'
const grant = 'grant_type=client_credentials&client_id=svc&client_secret=own-secret-1'
const refusal = async (response: Response) => [response.status, (await response.json()).error_description]

describe('what is configured counts', () => {
  test('a URL may be so long, with its host', async () => {
    const start = 'http://localhost:3000/health?'
    const urlOf = (length: number) => `/health?${'a'.repeat(length - start.length)}`
    expect((await app.send(urlOf(1024))).status).toBe(200)
    expect(await refusal(await app.send(urlOf(1025)))).toEqual([414, 'The URL is too long'])
    expect((await app.send(urlOf(1025), { method: 'HEAD' })).status).toBe(414)
  })

  test('a body may be so large', async () => {
    const bodyOf = (length: number) => `${grant}&pad=${'a'.repeat(length - grant.length - 5)}`
    expect((await app.post('acme', bodyOf(4096))).status).toBe(200)
    expect(await refusal(await app.post('acme', bodyOf(4097)))).toEqual([
      413,
      'The request body is too large',
    ])
  })

  test('a form may have so many parameters, and a query too', async () => {
    const formOf = (count: number) =>
      [grant, ...Array.from({ length: count - 3 }, (_, index) => `p${index}=`)].join('&')
    expect((await app.post('acme', formOf(20))).status).toBe(200)
    expect(await refusal(await app.post('acme', formOf(21)))).toEqual([400, 'There are too many parameters'])
    const query = await app.send(`/api/v1/tenant/acme/oauth/authorize?${'a&'.repeat(20)}b`)
    expect(query.status).toBe(400)
    expect(await query.text()).toContain('There are too many parameters')
  })
})

describe('a body that arrives slowly', () => {
  let time = 0
  const timers: (() => void)[] = []
  const clock = {
    monotonic: () => time,
    after: (_: number, callback: () => void) => {
      timers.push(callback)
      return () => {}
    },
  }
  const listener = bunPlatform().listen({
    hostname: '127.0.0.1',
    port: 0,
    fetch: createApp({
      ...app.deps,
      bodyDeadlines: new Deadlines({ ...clock, milliseconds: () => 10_000 }),
    }),
  })
  afterAll(() => listener.close())

  test.each([
    ['of declared length', 'Content-Length: 1000', 'grant_type'],
    ['in chunks', 'Transfer-Encoding: chunked', 'a\r\ngrant_type\r\n'],
  ])('%s, is refused after the time, and its connection ends', async (_, header, part) => {
    const slow = await openRaw(listener.port)
    slow.send(
      `POST ${tokenPath} HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\n${header}\r\n\r\n${part}`,
    )
    await waitFor('the wait for the body began', () => timers.length === 1)
    time += 10_000
    for (const callback of timers.splice(0)) callback()
    const answer = await slow.answer('too long')
    expect(answer).toStartWith('HTTP/1.1 408 ')
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    await slow.ended
    expect(app.log.at(-1)).toMatchObject({ message: 'request', status: 408, error: 'invalid_request' })
  })
})
