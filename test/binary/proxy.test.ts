import { expect, test } from 'bun:test'
import { connect, createServer, type Socket } from 'node:net'
import { createAuthority } from '../support/certificates.ts'
import {
  type Finished,
  type Program,
  programs,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'

const secret = 'own-secret-of-app-1'
const yaml = `tenants:
  acme: { name: Acme, oauth2: {}, signing: { algorithm: ES256 }, clients: { app: { secret: ${secret} } } }
`
/** A name that nobody but the proxy knows. */
const far = 'grantd.test'

/** A proxy of HTTP that hands everything on to one port of this machine, and all bytes that it was sent. */
async function startProxy(target: number) {
  let seen = ''
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(target, '127.0.0.1')
    for (const socket of [client, onward]) sockets.add(socket.on('error', () => {}))
    client.once('data', (first) => {
      seen += first.toString('latin1')
      if (first.toString('latin1').startsWith('CONNECT ')) client.write('HTTP/1.1 200 OK\r\n\r\n')
      else onward.write(first)
      client.on('data', (chunk) => {
        seen += chunk.toString('latin1')
      })
      client.pipe(onward).pipe(client)
    })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://user:hunter2@127.0.0.1:${address.port}`,
    seen: () => seen,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

interface World {
  readonly port: number
  readonly proxy: Awaited<ReturnType<typeof startProxy>>
  /** A port with TLS before the server. */
  readonly tlsPort: number
  readonly ca: string
  grantd(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished>
}

/** A server, TLS before it, and a proxy that hands on to it; with `tls`, to its port with TLS. */
async function inWorld(program: Program, { tls = false }, work: (world: World) => Promise<void>) {
  await withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(programs.executable, { folder })
    server.canary.watch(secret)
    const authority = createAuthority('proxy test')
    const { certificate, key } = authority.certify(far)
    await Bun.write(`${folder}/ca.pem`, authority.certificate)
    const front = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      tls: { cert: certificate, key },
      fetch: (request) => {
        const { pathname } = new URL(request.url)
        return fetch(
          `http://127.0.0.1:${server.port}${pathname}`,
          new Request(request, { redirect: 'error' }),
        )
      },
    })
    const tlsPort = front.port ?? 0
    const proxy = await startProxy(tls ? tlsPort : server.port)
    try {
      const grantd = (args: readonly string[], env: Readonly<Record<string, string>>) =>
        // Deno asks its maker for news, by the same proxy.
        run(program, { folder, args, env: { DENO_NO_UPDATE_CHECK: '1', ...env }, stdin: secret })
      await work({ port: server.port, proxy, tlsPort, ca: `${folder}/ca.pem`, grantd })
      expect(await server.stop()).toBe(0)
    } finally {
      proxy.close()
      await front.stop(true)
    }
  })
}

const tokenOf = (url: string, ...more: string[]) => [
  'token',
  ...['--url', url, '--tenant', 'acme', '--client-id', 'app', ...more],
]

for (const [name, program] of Object.entries(programs)) {
  test(`${name}: what is asked of this machine never meets a proxy`, () =>
    inWorld(program, {}, async ({ port, proxy, grantd }) => {
      const env = {
        HTTP_PROXY: proxy.url,
        http_proxy: proxy.url,
        HTTPS_PROXY: proxy.url,
        ALL_PROXY: proxy.url,
      }
      for (const host of ['localhost', '127.0.0.1']) {
        expect(await grantd(['healthcheck', '--url', `http://${host}:${port}`], env)).toMatchObject({
          code: 0,
        })
        const { code, err } = await grantd(tokenOf(`http://${host}:${port}`, '--decode'), env)
        expect([code, err]).toEqual([0, ''])
      }
      expect(proxy.seen()).toBe('')
    }))

  test(`${name}: a secret goes through no proxy in clear, what is no secret does`, () =>
    inWorld(program, {}, async ({ port, proxy, grantd }) => {
      const env = { http_proxy: proxy.url }
      const { code, out, err } = await grantd(tokenOf(`http://${far}:${port}`), env)
      expect([code, out]).toEqual([1, ''])
      expect(err).toBe(
        `grantd: The proxy of http_proxy would see the secret, because http://${far}:${port} is not https; name an https URL, or put ${far} into NO_PROXY\n`,
      )
      expect(proxy.seen()).toBe('')
      expect(await grantd(['healthcheck', '--url', `http://${far}:${port}`], env)).toMatchObject({ code: 0 })
      expect(proxy.seen()).toStartWith(`GET http://${far}:${port}/health/ready HTTP/1.1\r\n`)
    }))

  test(`${name}: a host of NO_PROXY is asked directly`, () =>
    inWorld(program, {}, async ({ port, proxy, grantd }) => {
      const env = { HTTP_PROXY: proxy.url, NO_PROXY: `other, .test:${port}` }
      const { code, err } = await grantd(tokenOf(`http://${far}:${port}`), env)
      expect(code).toBe(1)
      expect(err).toContain(`Cannot reach http://${far}:${port}`)
      expect(proxy.seen()).toBe('')
    }))
}

test('over https a proxy makes the tunnel and sees neither secret nor token', () =>
  inWorld(programs.executable, { tls: true }, async ({ proxy, ca, grantd }) => {
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: ca, BUN_CONFIG_VERBOSE_FETCH: 'curl' }
    const { code, out, err } = await grantd(tokenOf(`https://${far}`), env)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^eyJ[\w.-]+\n$/)
    expect(proxy.seen()).toStartWith(`CONNECT ${far}:443 HTTP/1.1\r\n`)
    for (const hidden of [secret, 'acme', out.trim()]) expect(proxy.seen()).not.toContain(hidden)
  }))

test('a certificate that nobody vouches for is refused, whatever NODE_TLS_REJECT_UNAUTHORIZED says', () =>
  inWorld(programs.executable, { tls: true }, async ({ proxy, grantd }) => {
    const env = { HTTPS_PROXY: proxy.url, NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    const { code, out, err } = await grantd(tokenOf(`https://${far}`), env)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(`Cannot reach https://${far}`)
    expect(err).not.toContain('hunter2')
  }))
