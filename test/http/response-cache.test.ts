import { expect, test } from 'bun:test'
import type { Deps } from '../../src/deps.ts'
import { repeatWhile } from '../../src/http/answer/response-cache.ts'
import { wrapHandler } from '../../src/http/handler.ts'
import { notesOf } from '../../src/http/request/request-notes.ts'
import type { LogFields } from '../../src/log.ts'
import { connectionSettings } from '../support/server-settings.ts'

const url = 'http://grantd.test/keys'

/** A handler whose answer is public; it counts how often it was asked. */
function start(options: { status?: number; isPublic?: boolean } = {}) {
  const state = { asked: 0, isCurrent: true, lines: [] as (LogFields | undefined)[] }
  const lifecycle: Deps['lifecycle'] = { phase: 'ready' }
  const handler = wrapHandler(
    async (request) => {
      state.asked++
      const notes = notesOf(request)
      notes.route = '/keys'
      notes.tenant = 'acme'
      if (options.isPublic !== false) repeatWhile(request, () => state.isCurrent)
      const headers = { ETag: '"1"', 'Content-Type': 'application/json' }
      return new Response(`{"n":${state.asked}}`, { status: options.status ?? 200, headers })
    },
    {
      now: Date.now,
      lifecycle,
      settings: {
        server: { trusted_proxies: [], proxy_header: 'x-forwarded-for', connections: connectionSettings },
      },
      publicUrl: 'http://localhost:3000',
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      log: (_level, _message, fields) => void state.lines.push(fields),
    },
  )
  const get = (init: RequestInit = {}, asked = url) =>
    handler(new Request(asked, { ...init, headers: { Host: 'grantd.test', ...init.headers } }))
  return { state, lifecycle, get }
}

test('a second GET gets the same answer, its own id and its own log line, and nobody is asked', async () => {
  const { state, get } = start()
  const [first, second] = [await get(), await get()]
  expect([await first.text(), await second.text()]).toEqual(['{"n":1}', '{"n":1}'])
  expect(state.asked).toBe(1)
  const headersOf = (response: Response) => {
    const { 'x-request-id': id, ...others } = Object.fromEntries(response.headers)
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    return others
  }
  expect(headersOf(second)).toEqual(headersOf(first))
  expect(first.headers.get('X-Request-Id')).not.toBe(second.headers.get('X-Request-Id'))
  const [one, other] = state.lines
  const changing = {
    request_id: second.headers.get('X-Request-Id') ?? '',
    duration_ms: other?.['duration_ms'],
  }
  expect(other).toEqual({ ...one, ...changing })
})

test('the id of the sender is taken when it is sane, ready or not', async () => {
  const { get } = start()
  for (const id of ['mine-1', 'mine-2']) {
    const response = await get({ headers: { 'X-Request-Id': id } })
    expect(response.headers.get('X-Request-Id')).toBe(id)
  }
  const response = await get({ headers: { 'X-Request-Id': 'no<' } })
  expect(response.headers.get('X-Request-Id')).toMatch(/^[0-9a-f]{32}$/)
})

test('what changed is asked for again', async () => {
  const { state, get } = start()
  await get()
  state.isCurrent = false
  expect(await (await get()).text()).toBe('{"n":2}')
  state.isCurrent = true
  expect(await (await get()).text()).toBe('{"n":2}')
})

test.each<[string, RequestInit, string]>([
  ['another method', { method: 'POST' }, url],
  ['HEAD', { method: 'HEAD' }, url],
  ['a condition', { headers: { 'If-None-Match': '"1"' } }, url],
  ['another Host with the same URL', { headers: { Host: 'grantd.test/keys' } }, url],
  ['another path', {}, `${url}2`],
  ['a query', {}, `${url}?a=1`],
])('%s is asked for anew', async (_, init, asked) => {
  const { state, get } = start()
  await get()
  const before = state.lines.length
  const response = await get(init, asked)
  await response.arrayBuffer()
  expect(state.lines.length).toBe(before + 1)
  expect(state.asked === 2 || response.status === 400).toBe(true)
})

test.each<[string, Parameters<typeof start>[0], string]>([
  ['an answer that is for one request alone', { isPublic: false }, url],
  ['an error', { status: 503 }, url],
  ['the answer to a query', {}, `${url}?a=1`],
  ['the answer to a very long URL', {}, `${url}/${'a'.repeat(300)}`],
])('%s is not kept', async (_, options, asked) => {
  const { state, get } = start(options)
  await get({}, asked)
  await get({}, asked)
  expect(state.asked).toBe(2)
})

test('a server that stops or leaves closes connections with each answer', async () => {
  const { lifecycle, get } = start()
  await get()
  lifecycle.isLeaving = true
  expect((await get()).headers.get('Connection')).toBe('close')
  lifecycle.isLeaving = false
  lifecycle.phase = 'stopping'
  expect((await get()).headers.get('Connection')).toBe('close')
})

test('however many hosts ask, a bounded number of answers is kept', async () => {
  const { state, get } = start()
  const hosts = Array.from({ length: 1001 }, (_, at) => `h${at}.test`)
  const ask = (host: string) => get({ headers: { Host: host } }, `http://${host}/keys`)
  for (const host of hosts) await ask(host)
  expect(state.asked).toBe(1001)
  await ask('h1000.test')
  expect(state.asked).toBe(1001)
  await ask('h0.test')
  expect(state.asked).toBe(1002)
})
