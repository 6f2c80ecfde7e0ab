import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { formType, grant, type Refusal, refusal, startAcme, svc, tokenPath } from '../endpoints/acme.ts'
import type { TestApp } from '../support/test-app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

const limit = 64 * 1024
const good = new URLSearchParams({ ...grant, ...svc }).toString()

/** A good form of exactly `size` bytes. */
const formOf = (size: number) => `${good}&pad=`.padEnd(size, 'x')

const send = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
  app.send(tokenPath, {
    method: 'POST',
    headers: { 'Content-Type': formType, ...headers },
    body: body ?? null,
  })

function streamOf(...chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
      controller.close()
    },
  })
}

describe('the media type', () => {
  test.each([
    formType,
    'Application/X-WWW-Form-URLEncoded',
    `${formType};charset=UTF-8`,
    `${formType} ; charset="utf-8"; x=y`,
    `${formType};`,
  ])('%s is taken', async (type) => {
    expect((await send(good, { 'Content-Type': type })).status).toBe(200)
  })

  const wanted: Refusal = [400, 'invalid_request', 'The body must be application/x-www-form-urlencoded']
  test.each([
    'application/json',
    'application/xml',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/plain; application/x-www-form-urlencoded',
    `application/json, ${formType}`,
    `${formType}, application/json`,
    `${formType}2`,
    `x${formType}`,
    'application/*',
    ';',
  ])('%s is refused', async (type) => {
    expect(await refusal(await send(good, { 'Content-Type': type }))).toEqual(wanted)
  })

  test('none at all is refused', async () => {
    const response = await app.send(tokenPath, { method: 'POST', body: streamOf(good) })
    expect(await refusal(response)).toEqual(wanted)
  })

  test('a good JSON body is refused', async () => {
    const body = JSON.stringify({ ...grant, ...svc })
    const response = await send(body, { 'Content-Type': 'application/json' })
    expect(await refusal(response)).toEqual(wanted)
  })
})

describe('the size', () => {
  const tooLarge: Refusal = [413, 'invalid_request', 'The request body is too large']
  const declared = (size: number) => ({ 'Content-Length': String(size) })

  test('64 KB exactly are taken, declared and as a stream', async () => {
    expect((await send(formOf(limit), declared(limit))).status).toBe(200)
    expect((await send(streamOf(formOf(limit)))).status).toBe(200)
  })

  test('one byte more is refused, declared and as a stream', async () => {
    expect(await refusal(await send(formOf(limit + 1), declared(limit + 1)))).toEqual(tooLarge)
    expect(await refusal(await send(streamOf(formOf(limit + 1))))).toEqual(tooLarge)
  })

  test('a declared size over the limit is refused before the body is read', async () => {
    const unread = new ReadableStream(
      {
        pull: () => {
          throw new Error('read')
        },
      },
      { highWaterMark: 0 },
    )
    expect(await refusal(await send(unread, declared(limit + 1)))).toEqual(tooLarge)
  })

  test.each(['10', '0', '-1', 'abc', '1e3'])(
    'Content-Length: %s does not let a larger body in',
    async (size) => {
      const response = await send(streamOf(formOf(limit), 'x'), { 'Content-Length': size })
      expect(await refusal(response)).toEqual(tooLarge)
    },
  )

  test('bytes count, not characters', async () => {
    const body = `${good}&pad=`
    const half = Math.floor((limit - body.length) / 2)
    expect((await send(streamOf(body + 'é'.repeat(half)))).status).toBe(200)
    expect(await refusal(await send(streamOf(body + 'é'.repeat(half + 1))))).toEqual(tooLarge)
  })

  test('an endless stream is cut at the limit and told so', async () => {
    let pulled = 0
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++
        controller.enqueue(new Uint8Array(1024).fill(0x61))
      },
      cancel: () => {
        cancelled = true
      },
    })
    expect(await refusal(await send(endless))).toEqual(tooLarge)
    expect(pulled).toBeLessThan(80)
    expect(cancelled).toBe(true)
  })
})

describe('the bytes', () => {
  test('chunks that cut a parameter and a character are put together', async () => {
    const bytes = new TextEncoder().encode(`${good}&pad=é`)
    const chunks = [bytes.slice(0, 7), bytes.slice(7, -1), bytes.slice(-1)]
    expect((await send(streamOf(...chunks))).status).toBe(200)
  })

  test.each([
    ['Latin-1', [0xe9]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an overlong sequence', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('%s is refused', async (_, bytes) => {
    const body = streamOf(`${good}&pad=`, new Uint8Array(bytes))
    expect(await refusal(await send(body))).toEqual([400, 'invalid_request', 'The request body is malformed'])
  })

  const missing: Refusal = [400, 'invalid_request', 'Missing grant_type parameter']

  test('a byte order mark belongs to the first name', async () => {
    expect(await refusal(await send(`\ufeff${good}`))).toEqual(missing)
  })

  test('no body and an empty body hold no grant_type', async () => {
    expect(await refusal(await send(null))).toEqual(missing)
    expect(await refusal(await send(''))).toEqual(missing)
  })

  test('nothing is read from the query string', async () => {
    const headers = { 'Content-Type': formType }
    const all = await app.send(`${tokenPath}?${good}`, { method: 'POST', headers, body: '' })
    expect(await refusal(all)).toEqual(missing)
    const secret = new URLSearchParams(svc).toString()
    const body = new URLSearchParams(grant).toString()
    const credentials = await app.send(`${tokenPath}?${secret}`, { method: 'POST', headers, body })
    expect(await refusal(credentials)).toEqual([401, 'invalid_client', 'Client credentials are missing'])
    const twice = await app.send(`${tokenPath}?${good}&a=%`, { method: 'POST', headers, body: good })
    expect(twice.status).toBe(200)
  })
})

test('a body that breaks off is a bad request, not a fault of ours', async () => {
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('grant_type=')),
    pull: (controller) => controller.error(new Error('the line is dead')),
  })
  const response = await send(broken)
  expect(response.status).toBe(400)
  expect(await refusal(response)).toEqual([400, 'invalid_request', 'The request body broke off'])
})
