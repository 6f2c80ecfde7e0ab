import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { TlsListener } from '../../../src/server/tls/tls-listener.ts'
import { type Certified, createAuthority } from '../../support/certificates.ts'

const isLinux = process.platform === 'linux'
const authority = createAuthority('Test CA')
const pairs = ['a', 'b', 'c'].map((name) => authority.certify(`${name}.example.com`, 'localhost')) as [
  Certified,
  Certified,
  Certified,
]
const platform = bunPlatform()

function listen(fetch: (request: Request) => Promise<Response> = async () => new Response('here')) {
  return new TlsListener(
    { hostname: '127.0.0.1', port: 0, fetch, sharePort: true, idleTimeout: 75, tls: pairs[0] },
    platform,
  )
}

async function open(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.certificate })
  await once(socket, 'secureConnect')
  return socket
}

const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN

async function ask(socket: TLSSocket, path = '/'): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  const [chunk] = await once(socket, 'data')
  return String(chunk)
}

test.if(isLinux)(
  'a new certificate is shown to new connections, an open one keeps its own, and is closed with its next answer',
  async () => {
    const listener = listen()
    const kept = await open(listener.port)
    expect(nameOf(kept)).toBe('a.example.com')
    expect(await ask(kept)).not.toContain('Connection: close')
    await listener.replace(pairs[1])
    await listener.retire()
    for (let tries = 0; tries < 20; tries++) {
      const fresh = await open(listener.port)
      expect(nameOf(fresh)).toBe('b.example.com')
      if (tries === 0) expect(await ask(fresh)).toContain('200 OK')
      fresh.destroy()
    }
    const closed = once(kept, 'close')
    expect((await ask(kept)).toLowerCase()).toContain('connection: close')
    await closed
    await listener.drain()
  },
)

test.if(isLinux)('a request in work and a handshake in work get through several replacements', async () => {
  const gate = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const listener = listen(async ({ url }) => {
    if (url.endsWith('/slow')) {
      arrived.resolve()
      await gate.promise
    }
    return new Response('here')
  })
  const slow = await open(listener.port)
  const answer = ask(slow, '/slow')
  await arrived.promise
  const opening = open(listener.port)
  await listener.replace(pairs[1])
  await listener.replace(pairs[2])
  await listener.retire()
  gate.resolve()
  expect(await answer).toContain('200 OK')
  const late = await opening
  expect(await ask(late)).toContain('200 OK')
  const fresh = await open(listener.port)
  expect(nameOf(fresh)).toBe('c.example.com')
  for (const socket of [slow, late, fresh]) socket.destroy()
  await listener.close()
})

test.if(isLinux)('a pair that the runtime refuses changes nothing', async () => {
  const listener = listen()
  const [{ certificate }, { key }] = pairs
  await expect(listener.replace({ certificate, key })).rejects.toThrow('Cannot listen')
  const fresh = await open(listener.port)
  expect(nameOf(fresh)).toBe('a.example.com')
  expect(await ask(fresh)).not.toContain('Connection: close')
  fresh.destroy()
  await listener.close()
})
