import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { createAuthority } from '../support/certificates.ts'
import { programs, run } from '../support/spawn-server.ts'

const authority = createAuthority('reach test')
const hello = () => new Response('hello')
const serve = (tls?: { cert: string; key: string }) =>
  Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: hello, ...(tls && { tls }) })
const certify = (name: string) => {
  const { certificate, key } = authority.certify(name)
  return serve({ cert: certificate, key })
}

const servers = { plain: serve(), tls: certify('localhost'), otherName: certify('other.test') }
/** Listeners that are no servers of HTTP, by what they do with a connection. */
const listeners: Record<'closer' | 'words' | 'refusing', Server> = {
  closer: createServer((socket) => socket.end()),
  words: createServer((socket) =>
    socket.once('data', () =>
      socket.end(answer('400 Bad Request', 'Client sent an HTTP request to an HTTPS server.')),
    ),
  ),
  refusing: createServer((socket) =>
    socket.once('data', () => socket.end(answer('407 Proxy Authentication Required', ''))),
  ),
}
let folder: string

function answer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
}

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/grantd-reach-`)
  await Bun.write(`${folder}/ca.pem`, authority.certificate)
  for (const listener of Object.values(listeners)) {
    listener.on('connection', (socket: Socket) => socket.on('error', () => {}))
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  }
})
afterAll(async () => {
  for (const listener of Object.values(listeners)) listener.close()
  for (const server of Object.values(servers)) await server.stop(true)
  await rm(folder, { recursive: true, force: true })
})

function portOf(name: keyof typeof listeners): number {
  const address = listeners[name].address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

const ca = () => ({ NODE_EXTRA_CA_CERTS: `${folder}/ca.pem` })
const another = 'name another server with --url URL'
type Case = readonly [
  what: string,
  url: () => string,
  env: () => Record<string, string>,
  told: (url: string) => string,
]
const none = () => ({})
const cannot = (reason: string) => (url: string) => `Cannot reach ${url}: ${reason}`

const cases: readonly Case[] = [
  [
    'nothing there',
    () => 'http://127.0.0.1:1',
    none,
    cannot(`is grantd running there? Start it, or ${another}`),
  ],
  [
    'a name without an address',
    () => 'http://nowhere.invalid:3000',
    none,
    cannot(`no address is known for nowhere.invalid; correct the name, or ${another}`),
  ],
  [
    'TLS on a plain port',
    () => `https://localhost:${servers.plain.port}`,
    none,
    cannot(
      `no TLS is spoken there; write http://localhost:${servers.plain.port}, or name the port that speaks TLS`,
    ),
  ],
  [
    'plain HTTP on a port with TLS',
    () => `http://localhost:${servers.tls.port}`,
    none,
    cannot(
      `it closes the connection without an answer; if that port speaks TLS, write https://localhost:${servers.tls.port}`,
    ),
  ],
  [
    'plain HTTP on a port with TLS that says so',
    () => `http://localhost:${portOf('words')}`,
    none,
    (url) =>
      `${url} answered 400 without JSON; that port speaks TLS, so write ${url.replace('http:', 'https:')}`,
  ],
  [
    'a certificate of an unknown authority',
    () => `https://localhost:${servers.tls.port}`,
    none,
    cannot(
      'nobody whom this machine trusts vouches for its certificate; name a file with that of its authority in NODE_EXTRA_CA_CERTS',
    ),
  ],
  [
    'a certificate of another name',
    () => `https://localhost:${servers.otherName.port}`,
    ca,
    cannot('its certificate is of another name than localhost; name the server as the certificate does'),
  ],
  [
    'TLS that ends at once',
    () => `https://localhost:${portOf('closer')}`,
    none,
    cannot('it closes the connection without an answer; look at what has the port'),
  ],
  [
    'a proxy that is away',
    () => 'https://auth.example',
    () => ({ HTTPS_PROXY: 'http://user:hunter2@127.0.0.1:1' }),
    (url) => `Cannot reach ${url} through the proxy of HTTPS_PROXY: nothing listens at the proxy`,
  ],
  [
    'a proxy that refuses',
    () => 'https://auth.example',
    () => ({ https_proxy: `http://user:hunter2@127.0.0.1:${portOf('refusing')}` }),
    (url) =>
      `Cannot reach ${url} through the proxy of https_proxy: the proxy refuses to reach it; put the server into NO_PROXY, or ask who runs the proxy`,
  ],
]
test.each(cases)('token tells %s', async (_what, url, env, told) => {
  const args = ['token', '--url', url(), '--tenant', 't', '--client', 'c']
  const done = await run(programs.executable, { folder, args, env: env(), stdin: 'own-secret-1' })
  expect(done).toEqual({ code: 1, out: '', err: `grantd: ${told(url())}\n` })
})

const alike = cases.filter(([what]) => !/^(?:nothing there|a certificate of another name|a proxy)/.test(what))
test.each(alike)('under Deno token tells %s in the same words', async (_what, url, env, told) => {
  const args = ['token', '--url', url(), '--tenant', 't', '--client', 'c']
  const done = await run(programs.deno, { folder, args, env: env(), stdin: 'own-secret-1' })
  expect(done).toEqual({ code: 1, out: '', err: `grantd: ${told(url())}\n` })
})

test('a certificate that the named authority vouches for is good', async () => {
  const args = ['healthcheck', '--url', `https://localhost:${servers.tls.port}`]
  expect(await run(programs.executable, { folder, args, env: ca() })).toEqual({
    code: 0,
    out: 'ok\n',
    err: '',
  })
})
