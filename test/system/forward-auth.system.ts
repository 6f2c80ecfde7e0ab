import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { findFreePort } from '../support/free-port.ts'
import { programs, run, startServer, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

/** The configurations of deploy/forward-auth in front of an API, as a person would run them. */

const secret = 'a-secret-of-forward-auth-1'
/** More than fits into 4 KB, which is the buffer of nginx for the headers of an answer. */
const manyScopes = ['api:read', ...Array.from({ length: 220 }, (_, at) => `api:resource-${at}:rw`)]
const config = `
tenants:
  main:
    name: Main
    oauth2: { audience: [my-api], scopes: ${JSON.stringify(Object.fromEntries([...manyScopes, 'api:write'].map((each) => [each, each])))} }
    signing: { algorithm: ES256 }
    clients:
      app: { secret: ${secret}, scopes: ["api:read"] }
      writer: { secret: ${secret}, scopes: ["api:write"] }
      many: { secret: ${secret}, scopes: ${JSON.stringify(manyScopes)} }
      'odd name %': { secret: ${secret}, scopes: ["api:read"] }
`
const names = ['nginx', 'caddy', 'haproxy', 'apache'] as const
type Name = (typeof names)[number]

const deployed = (file: string) =>
  Bun.file(resolve(import.meta.dir, '../../deploy/forward-auth', file)).text()

/** What the API was told by the request that reached it. */
interface Reached {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly headers: Record<string, string>
}

let folder: string
let grantd: Awaited<ReturnType<typeof startServer>>
let api: ReturnType<typeof Bun.serve>
const tokens: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-forward-auth-'))
  await writeConfig(folder, config)
  grantd = await startServer(programs.executable, { folder })
  api = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      const reached: Reached = {
        method: request.method,
        path: pathname + search,
        body: await request.text(),
        headers: Object.fromEntries(request.headers),
      }
      return Response.json(reached)
    },
  })
  for (const client of ['app', 'writer', 'odd name %', 'many']) tokens[client] = await tokenOf(client)
  tokens['revoked'] = await tokenOf('app')
  const revoked = await fetch(`${grantd.url}/api/v1/tenant/main/oauth/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'app', client_secret: secret, token: tokens['revoked'] }),
  })
  expect(revoked.status).toBe(200)
})

afterAll(async () => {
  await api.stop(true)
  await grantd.stop()
  await rm(folder, { recursive: true })
})

async function tokenOf(client: string): Promise<string> {
  const args = ['token', '--url', grantd.url, '--tenant', 'main', '--client', client]
  return (await run(programs.executable, { folder, args, stdin: secret })).out.trim()
}

/** The configuration with other ports, in the frame that the proxy needs around it. */
async function frame(name: Name, { port, place }: { port: number; place: string }): Promise<string[]> {
  const moved = (text: string) =>
    text
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${grantd.port}`)
      .replaceAll('127.0.0.1:9000', `127.0.0.1:${api.port}`)
      .replace('/etc/haproxy/grantd.lua', `${place}/grantd.lua`)
      .replace('/etc/apache2/grantd-apache.lua', `${place}/grantd-apache.lua`)
  const file = join(place, 'configuration')
  if (name === 'nginx') {
    const text = moved(await deployed('nginx.conf')).replace('listen 8080', `listen 127.0.0.1:${port}`)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${place}/${kind};`)
      .join(' ')
    await Bun.write(
      file,
      `daemon off; user root; worker_processes 1; pid ${place}/pid; error_log stderr warn; events {}\nhttp { access_log off; underscores_in_headers on; ignore_invalid_headers off; ${temporary}\n${text}}`,
    )
    return ['nginx', '-c', file]
  }
  if (name === 'caddy') {
    const text = moved(await deployed('Caddyfile')).replace(/^:8080/m, `http://127.0.0.1:${port}`)
    await Bun.write(file, `{\n\tadmin off\n\tauto_https off\n}\n${text}`)
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', file]
  }
  if (name === 'haproxy') {
    await Bun.write(`${place}/grantd.lua`, await deployed('grantd.lua'))
    await Bun.write(
      file,
      moved(await deployed('haproxy.cfg')).replace('bind :8080', `bind 127.0.0.1:${port}`),
    )
    return ['haproxy', '-db', '-f', file]
  }
  await Bun.write(`${place}/grantd-apache.lua`, moved(await deployed('grantd-apache.lua')))
  const modules = ['mpm_event', 'authz_core', 'headers', 'lua', 'proxy', 'proxy_http']
    .map((each) => `LoadModule ${each}_module /usr/lib/apache2/modules/mod_${each}.so`)
    .join('\n')
  const text = moved(await deployed('apache.conf')).replaceAll(/(?:\*:)?8080/g, `127.0.0.1:${port}`)
  await Bun.write(
    file,
    `${modules}\nServerName localhost\nServerRoot ${place}\nPidFile ${place}/pid\nDefaultRuntimeDir ${place}\nErrorLog ${place}/error\nUser www-data\nGroup www-data\n${text}`,
  )
  // Apache answers as another user; what grantd keeps beside stays closed.
  await chmod(folder, 0o711)
  await chmod(place, 0o755)
  return ['apache2', '-D', 'FOREGROUND', '-f', file]
}

async function withProxy(name: Name, work: (url: string) => Promise<void>): Promise<void> {
  const port = await findFreePort()
  const place = join(folder, `${name}-${port}`)
  await mkdir(place)
  const child = Bun.spawn(await frame(name, { port, place }), {
    cwd: place,
    env: { PATH: `${process.env['PATH']}:/usr/sbin`, HOME: place },
    stdout: 'ignore',
    stderr: 'ignore',
  })
  try {
    const url = `http://127.0.0.1:${port}`
    await waitFor(`${name} answers`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
      return fetch(url).catch(() => undefined)
    })
    await work(url)
  } finally {
    child.kill()
    await child.exited
  }
}

/** The answer to a request with these header lines, as they are. */
function askRaw(url: string, lines: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('close', () => resolve(text))
  const head = ['GET / HTTP/1.1', `Host: ${new URL(url).host}`, ...lines]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  return promise
}

/** What the API was told; undefined: the proxy refused the request as malformed. */
function reachedOf(answer: string): Reached | undefined {
  if (/^HTTP\/1\.1 400 /.test(answer)) return undefined
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  return JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? '')
}

const bearer = (client: string) => ({ Authorization: `Bearer ${tokens[client]}` })

/** Header lines of a request with a good token, which ends its connection. */
const asApp = (connection = 'close') => [
  `Authorization: Bearer ${tokens['app']}`,
  `Connection: ${connection}`,
]

const given = {
  'x-auth-subject': 'app',
  'x-auth-client': 'app',
  'x-auth-tenant': 'main',
  'x-auth-scopes': 'api:read',
  'x-auth-token-id': expect.stringMatching(/^\S+$/),
}

describe.each(names)('%s', (name) => {
  test('lets a good token through with headers that say who calls, and nobody else', () =>
    withProxy(name, async (url) => {
      const passed = await fetch(`${url}/orders?scope=evil`, {
        method: 'POST',
        body: 'an order',
        headers: {
          ...bearer('app'),
          'X-Auth-Subject': 'admin',
          'x-auth-scopes': 'admin',
          'X-AUTH-TENANT': 'other',
          X_Auth_Subject: 'admin',
        },
      })
      expect(passed.status).toBe(200)
      const { method, path, body, headers } = (await passed.json()) as Reached
      expect([method, path, body]).toEqual(['POST', '/orders?scope=evil', 'an order'])
      expect(headers).toMatchObject({
        'x-auth-subject': 'app',
        'x-auth-client': 'app',
        'x-auth-tenant': 'main',
        'x-auth-scopes': 'api:read',
      })
      expect(headers['x-auth-token-id']).toMatch(/^\S+$/)
      expect(headers['x_auth_subject']).toBeUndefined()

      const odd = (await (await fetch(url, { headers: bearer('odd name %') })).json()) as Reached
      expect(odd.headers['x-auth-client']).toBe('odd%20name%20%25')

      const many = await fetch(url, { headers: bearer('many') })
      expect(many.status).toBe(200)
      expect(((await many.json()) as Reached).headers['x-auth-scopes']).toBe(manyScopes.join(' '))

      const bare = await fetch(url)
      expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="grantd"'])
      const wrong = await fetch(url, { headers: { Authorization: 'Bearer nonsense' } })
      expect(wrong.status).toBe(401)
      expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"')
      expect((await fetch(url, { headers: bearer('writer') })).status).toBe(403)
      expect((await fetch(url, { headers: bearer('revoked') })).status).toBe(401)
      const long = await fetch(url, { headers: { Authorization: `Bearer ${'x'.repeat(7000)}` } })
      expect(long.status).toBeGreaterThanOrEqual(400)
      const twice = await askRaw(url, [...asApp(), 'Authorization: Bearer nonsense'])
      expect(twice).toMatch(/^HTTP\/1\.1 4\d\d /)
    }))

  test('no spelling that an API could read as one of the headers reaches it', () =>
    withProxy(name, async (url) => {
      // CGI, WSGI and PHP make X_AUTH_SUBJECT of all of them.
      const spellings = ['-', '_', '.'].flatMap((first) =>
        ['-', '_', '.'].map((second) => `X${first}Auth${second}Subject: admin`),
      )
      const reached = reachedOf(
        await askRaw(url, [...asApp(), ...spellings, 'x-AUTH_scopes: admin', 'X-Author: me']),
      )
      expect(reached?.headers['x-author']).toBe('me')
      const told = Object.entries(reached?.headers ?? {}).filter(([key]) => /^x[^a-z]auth[^a-z]/.test(key))
      expect(Object.fromEntries(told)).toEqual(given)
    }))

  test.each(['close, X-Auth-Subject', 'x-auth-tenant,x-auth-scopes, close', 'close, X_Auth_Subject'])(
    'a sender cannot take the headers away: Connection: %s',
    (connection) =>
      withProxy(name, async (url) => {
        const answers = [
          await askRaw(url, asApp(connection)),
          await askRaw(url, [...asApp(), `Connection: ${connection}`]),
        ]
        for (const { headers } of answers.flatMap((answer) => reachedOf(answer) ?? [])) {
          expect(headers).toMatchObject(given)
          // A proxy between this one and the API would take away what the header names.
          expect(headers['connection'] ?? '').not.toMatch(/auth/i)
        }
      }),
  )

  test('a Connection header that names other headers passes', () =>
    withProxy(name, async (url) => {
      const reached = reachedOf(await askRaw(url, [...asApp('close, TE'), 'TE: trailers']))
      expect(reached?.headers).toMatchObject(given)
    }))
})

test('without grantd nobody is let through', async () => {
  const port = await findFreePort()
  const alive = grantd
  grantd = { ...alive, port }
  try {
    const statuses = names.map((name) => {
      const { promise, resolve } = Promise.withResolvers<number>()
      return withProxy(name, async (url) =>
        resolve((await fetch(url, { headers: bearer('app') })).status),
      ).then(() => promise)
    })
    for (const status of await Promise.all(statuses)) expect(status).toBeGreaterThanOrEqual(500)
  } finally {
    grantd = alive
  }
})
