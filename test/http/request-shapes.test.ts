import { afterAll, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { openRaw } from '../support/raw-socket.ts'
import { startTestApp } from '../support/test-app.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * Shapes in which a proxy and a server may disagree where a request ends (RFC 9112 section 11.2). Each is refused and its connection
 * closed, or is one request with one answer, after which the connection serves the next.
 */

const app = await startTestApp(
  'tenants: { acme: { name: Acme, oauth2: { audience: [x] }, oidc: {}, clients: { svc: { secret: own-secret-1 } } } }',
)
const listener = bunPlatform().listen({ hostname: '127.0.0.1', port: 0, fetch: createApp(app.deps) })
afterAll(async () => {
  await listener.close()
  await app.close()
})

const form = 'grant_type=client_credentials&client_id=svc&client_secret=own-secret-1'
const size = form.length
const chunk = `${size.toString(16)}\r\n${form}\r\n`
const post = (headers: string, body: string) =>
  `POST /api/v1/tenant/acme/oauth/token HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\n${headers}\r\n\r\n${body}`
const get = 'GET /health HTTP/1.1\r\nHost: here\r\n\r\n'
const statusesOf = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

const refused: readonly (readonly [what: string, status: number, request: string])[] = [
  [
    'Content-Length with Transfer-Encoding',
    400,
    post(`Content-Length: ${size}\r\nTransfer-Encoding: chunked`, `${chunk}0\r\n\r\n`),
  ],
  [
    'Transfer-Encoding with Content-Length',
    400,
    post('Transfer-Encoding: chunked\r\nContent-Length: 4', `${chunk}0\r\n\r\n`),
  ],
  ['two lengths', 400, post(`Content-Length: ${size}\r\nContent-Length: ${size + 1}`, `${form}x`)],
  [
    'two lengths, the longer first',
    400,
    post(`Content-Length: ${size + 1}\r\nContent-Length: ${size}`, `${form}x`),
  ],
  ['a list of lengths', 400, post(`Content-Length: ${size}, ${size}`, form)],
  ['a length with a sign', 400, post(`Content-Length: +${size}`, form)],
  ['a negative length', 400, post('Content-Length: -1', form)],
  ['a length in another base', 400, post('Content-Length: 0x5', form)],
  ['an empty length', 400, post('Content-Length: ', form)],
  ['a length of 23 digits', 400, post(`Content-Length: ${'9'.repeat(23)}`, form)],
  ['a space before the colon of a length', 400, post(`Content-Length : ${size}`, form)],
  ['a space before the colon of an encoding', 400, post('Transfer-Encoding : chunked', `${chunk}0\r\n\r\n`)],
  ['an encoding that is nearly chunked', 400, post('Transfer-Encoding: xchunked', `${chunk}0\r\n\r\n`)],
  ['an encoding with a control character', 400, post('Transfer-Encoding: chunked\x0b', `${chunk}0\r\n\r\n`)],
  ['identity after chunked', 400, post('Transfer-Encoding: chunked, identity', `${chunk}0\r\n\r\n`)],
  ['chunked after identity', 400, post('Transfer-Encoding: identity, chunked', `${chunk}0\r\n\r\n`)],
  ['chunked twice', 400, post('Transfer-Encoding: chunked, chunked', `${chunk}0\r\n\r\n`)],
  [
    'two encodings',
    400,
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `${chunk}0\r\n\r\n`),
  ],
  [
    'chunked in HTTP/1.0',
    400,
    post('Transfer-Encoding: chunked', `${chunk}0\r\n\r\n`).replace('HTTP/1.1', 'HTTP/1.0'),
  ],
  ['a folded header', 400, post(`X-Folded: a\r\n b\r\nContent-Length: ${size}`, form)],
  ['a folded encoding', 400, post('Transfer-Encoding:\r\n chunked', `${chunk}0\r\n\r\n`)],
  ['line ends without CR', 505, get.replaceAll('\r\n', '\n')],
  ['one header line that ends without CR', 400, post(`X-A: a\nContent-Length: ${size}`, form)],
  ['a CR in a header', 400, post(`X-A: a\rX-B: b\r\nContent-Length: ${size}`, form)],
  ['NUL in a header', 400, post(`X-A: a\0b\r\nContent-Length: ${size}`, form)],
  ['NUL in the name of a header', 400, post(`X\0A: a\r\nContent-Length: ${size}`, form)],
  ['NUL in the path', 505, get.replace('/health', '/health\0')],
  ['two hosts', 400, get.replace('\r\n\r\n', '\r\nHost: there\r\n\r\n')],
  ['no host', 400, 'GET /health HTTP/1.1\r\n\r\n'],
  ['two spaces in the request line', 400, get.replace(' ', '  ')],
  ['tabs in the request line', 505, get.replaceAll(' ', '\t')],
  ['a version of its own', 505, get.replace('HTTP/1.1', 'HTTP/1.2')],
  ['HTTP/0.9', 505, 'GET /health\r\n\r\n'],
  ['the preface of HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['TLS', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a head of 17 KB', 431, get.replace('\r\n\r\n', `\r\nX-A: ${'a'.repeat(17_000)}\r\n\r\n`)],
  ['201 headers', 431, get.replace('\r\n\r\n', `\r\n${'X-A: a\r\n'.repeat(200)}\r\n`)],
  ['a chunk size with a prefix', 400, post('Transfer-Encoding: chunked', `0x${chunk}0\r\n\r\n`)],
  ['a chunk size with a sign', 400, post('Transfer-Encoding: chunked', `-${chunk}0\r\n\r\n`)],
  ['a chunk size with a space before it', 400, post('Transfer-Encoding: chunked', ` ${chunk}0\r\n\r\n`)],
  [
    'a chunk size with a space after it',
    400,
    post('Transfer-Encoding: chunked', `${chunk.replace('\r\n', ' \r\n')}0\r\n\r\n`),
  ],
  ['a chunk size of 64 bits', 400, post('Transfer-Encoding: chunked', `FFFFFFFFFFFFFFFF\r\n${form}\r\n`)],
  [
    'a chunk size that overflows',
    400,
    post('Transfer-Encoding: chunked', `FFFFFFFFFFFFFFFFF5\r\n${form}\r\n0\r\n\r\n`),
  ],
  ['a chunk longer than its size', 400, post('Transfer-Encoding: chunked', `5\r\n${form}\r\n0\r\n\r\n`)],
  [
    'chunks whose lines end without CR',
    400,
    post('Transfer-Encoding: chunked', `${chunk}0\r\n\r\n`.replaceAll('\r\n', '\n')),
  ],
  ['a chunk extension of 20 KB', 413, post('Transfer-Encoding: chunked', `5;${'x'.repeat(20_000)}\r\n`)],
  ['a trailer', 400, post('Transfer-Encoding: chunked', `${chunk}0\r\nX-A: b\r\n\r\n`)],
  [
    'a trailer with a length',
    400,
    post('Transfer-Encoding: chunked', `${chunk}0\r\nContent-Length: 3\r\n\r\n`),
  ],
]

test.each(refused)('%s is refused with %d, and its connection is closed', async (_, status, request) => {
  const raw = await openRaw(listener.port)
  raw.send(request)
  await raw.ended
  expect(statusesOf(raw.received())).toEqual([status])
})

const taken: readonly (readonly [what: string, status: number, request: string])[] = [
  ['a length', 200, post(`Content-Length: ${size}`, form)],
  ['the same length twice', 200, post(`Content-Length: ${size}\r\nContent-Length: ${size}`, form)],
  ['chunks', 200, post('Transfer-Encoding: chunked', `${chunk}0\r\n\r\n`)],
  ['an encoding in capitals', 200, post('TRANSFER-ENCODING: CHUNKED', `${chunk}0\r\n\r\n`)],
  [
    'an encoding with white space around it',
    200,
    post('Transfer-Encoding: \t chunked \t', `${chunk}0\r\n\r\n`),
  ],
  [
    'a chunk with an extension',
    200,
    post('Transfer-Encoding: chunked', `${chunk.replace('\r\n', ';a=b\r\n')}0\r\n\r\n`),
  ],
  ['a last chunk of many zeros', 200, post('Transfer-Encoding: chunked', `${chunk}00000\r\n\r\n`)],
  ['a body of GET', 200, get.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nabcde')],
  [
    'a chunked body of GET that looks like a request',
    200,
    get.replace(
      '\r\n\r\n',
      `\r\nTransfer-Encoding: chunked\r\n\r\n${get.length.toString(16)}\r\n${get}\r\n0\r\n\r\n`,
    ),
  ],
  [
    'a target with a host, which counts for nothing',
    200,
    get.replace('/health', 'http://elsewhere.test/health'),
  ],
  ['an upgrade to HTTP/2', 200, get.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')],
]

test.each(taken)(
  '%s is one request with the answer %d, and the next one is served',
  async (_, status, request) => {
    const raw = await openRaw(listener.port)
    raw.send(request)
    await waitFor('the answer came', () => statusesOf(raw.received()).length > 0)
    raw.send(get)
    await waitFor('the next answer came', () => statusesOf(raw.received()).length > 1)
    expect(statusesOf(raw.received())).toEqual([status, 200])
    raw.close()
  },
)

test.each([
  ['after GET', get + get],
  ['after a form', post(`Content-Length: ${size}`, form) + get],
  ['after chunks', post('Transfer-Encoding: chunked', `${chunk}0\r\n\r\n`) + get],
])(
  'a request sent before the answer %s ends the connection, with no answer to the wrong one',
  async (_, both) => {
    const raw = await openRaw(listener.port)
    raw.send(both)
    await raw.ended
    expect(raw.received()).toBe('')
  },
)

test.each([
  ['CONNECT', 'CONNECT here:80 HTTP/1.1\r\nHost: here\r\n\r\n'],
  ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n'],
  ['TRACE', get.replace('GET', 'TRACE')],
])('%s is refused with one answer', async (_, request) => {
  const raw = await openRaw(listener.port)
  raw.send(request)
  await raw.answer()
  const [status = 0, ...more] = statusesOf(raw.received())
  expect([status >= 400 && status < 500, more]).toEqual([true, []])
  expect(raw.received()).not.toContain(request)
  raw.close()
})
