import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programs, run } from '../support/spawn-server.ts'

const grantd = programs.executable
const folder = await mkdtemp(join(tmpdir(), 'grantd-hostile-'))

/** A server that is no grantd: the first part of the path says how it misbehaves. */
const hostile = Bun.serve({
  port: 0,
  fetch: (request) => {
    const [, manner] = new URL(request.url).pathname.split('/')
    if (manner === 'redirect') return Response.redirect('http://127.0.0.1:1/', 302)
    if (manner === 'escape')
      return Response.json({ access_token: '\x1b]0;title\x07\nsecond line', token_type: 'Bearer' })
    if (manner === 'words')
      return Response.json({ error: 'x', error_description: 'a\x9b\u202eb' }, { status: 400 })
    return new Response(endless())
  },
})
afterAll(async () => {
  await hostile.stop(true)
  await rm(folder, { recursive: true, force: true })
})

function endless(): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(65_536).fill(32)
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
}

const origin = `http://localhost:${hostile.port}`
const askToken = (manner: string, stdin = 'a secret') =>
  run(grantd, {
    folder,
    args: ['token', '--url', `${origin}/${manner}`, '--tenant', 't', '--client-id', 'c'],
    stdin,
  })

test.each([
  [
    'redirect',
    `${origin} answers with a redirect, which is not followed; name the server itself with --url URL`,
  ],
  ['escape', 'The server refused with 200: "no reason given"'],
  ['words', 'The server refused with 400: "a\\u009b\\u202eb"'],
  ['endless', `${origin} sent more than 1048576 bytes; is that grantd?`],
])('token takes nothing from a server that answers with %s', async (manner, complaint) => {
  expect(await askToken(manner)).toEqual({ code: 1, out: '', err: `grantd: ${complaint}\n` })
})

test('token tells a mistyped secret of ours before it sends it', async () => {
  const secret = `gds_${'0'.repeat(49)}`
  expect(await askToken('endless', secret)).toEqual({
    code: 1,
    out: '',
    err: 'grantd: The secret is mistyped or cut: its checksum does not fit\n',
  })
})

test.each([['nonsense'], ['file:///etc/passwd'], ['data:text/plain,x'], ['http://']])(
  'healthcheck and token take no URL such as %s',
  async (url) => {
    for (const args of [['healthcheck'], ['token', '--tenant', 't', '--client-id', 'c']]) {
      const { code, err } = await run(grantd, { folder, args: [...args, '--url', url], stdin: 's' })
      expect(code).toBe(2)
      expect(err).toStartWith(`grantd: The URL is '${url}', wanted one such as http://localhost:3000\n`)
    }
  },
)

test('healthcheck follows no redirect', async () => {
  const { code } = await run(grantd, { folder, args: ['healthcheck', '--url', `${origin}/redirect`] })
  expect(code).toBe(1)
})

const encode = (text: string) => Buffer.from(text).toString('base64url')
const decode = (stdin: string, ...args: string[]) => run(grantd, { folder, args: ['decode', ...args], stdin })

test('decode tells a broken key of a JWK Set in one line', async () => {
  const jwk = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', alg: 'ES256' }
  await Bun.write(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }))
  const { code, err } = await decode(`${encode('{"alg":"ES256"}')}.${encode('{}')}.AA`, '--jwks', 'jwks.json')
  expect([code, err]).toEqual([
    1,
    'grantd: The signature cannot be checked: the key in the JWK Set is broken\n',
  ])
})

test('decode ends with one line for a token that is nested without an end', async () => {
  const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  const { code, err } = await decode(`${encode('{"alg":"ES256"}')}.${encode(deep)}.AA`)
  expect(code).toBe(1)
  expect(err).toMatch(/^grantd: [^\n]+\n$/)
})

test('decode reads no JWK Set from a device', async () => {
  const { code, err } = await decode('e30.e30.AA', '--jwks', '/dev/zero')
  expect([code, err]).toEqual([1, 'grantd: Cannot read /dev/zero: it is not a file\n'])
})

test('decode does not read an input that never ends', async () => {
  const { code, err } = await decode('e30.'.repeat(1024 * 1024))
  expect([code, err]).toEqual([1, 'grantd: Cannot read standard input: it has more than 1048576 bytes\n'])
})

test('token tells a secret that cannot be one before it sends it, and leaves a byte order mark out', async () => {
  const url = `${origin}/words`
  const ask = (stdin: string) =>
    run(grantd, { folder, args: ['token', '--url', url, '--tenant', 't', '--client-id', 'c'], stdin })
  expect((await ask('a secret\n\n')).err).toBe(
    'grantd: The secret ends with a line end; cut it off (printf %s writes none)\n',
  )
  expect((await ask('{{ secret }}')).err).toContain('The secret has {{...}} in it')
  expect((await ask('\ufeffa secret\r\n')).err).toContain('The server refused with 400')
})
