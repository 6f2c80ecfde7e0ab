import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'

let server: RunningServer
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-wire-'))
  const tenant =
    '{ name: Acme, oauth2: {}, signing: { algorithm: ES256 }, clients: { app: { secret: correct-horse } } }'
  await writeConfig(folder, `tenants:\n  acme: ${tenant}\n`)
  // Elysia and Bun look at NODE_ENV; nothing of that may show.
  server = await startServer(programs.executable, { folder, env: { NODE_ENV: 'development' } })
})
afterAll(async () => {
  expect(await server.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

/** Sends bytes as they are and answers what came back until the server closed. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    socket.write(bytes)
  })
}

const tokenPath = '/api/v1/tenant/acme/oauth/token'
const head = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`

test('Content-Length together with Transfer-Encoding is refused', async () => {
  const answer = await exchange(
    `${head(`POST ${tokenPath}`, 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  )
  expect(answer).toStartWith('HTTP/1.1 400')
})

test('a chunked form over 64 KB is answered 413 without being taken whole', async () => {
  const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const answer = await exchange(
    `${head(`POST ${tokenPath}`, type, 'Transfer-Encoding: chunked')}${chunk}${chunk}0\r\n\r\n`,
  )
  expect(answer).toStartWith('HTTP/1.1 413')
  expect(answer).toContain('{"error":"invalid_request","error_description":"The request body is too large"}')
  expect(answer.toLowerCase()).toContain('cache-control: no-store')
})

test('links and issuer come from the configuration, whatever Host and X-Forwarded-* say', async () => {
  const lies = ['X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https', 'Forwarded: host=evil.example']
  const path = '/api/v1/tenant/acme/.well-known/oauth-authorization-server'
  const answer = await exchange(
    `${[`GET ${path} HTTP/1.1`, 'Host: evil.example', 'Connection: close', ...lies].join('\r\n')}\r\n\r\n`,
  )
  expect(answer).toContain(`"issuer":"http://localhost:${server.port}/api/v1/tenant/acme"`)
  expect(answer).not.toContain('evil.example')
})

test('an absolute request target and dot segments reach the same route as the plain path', async () => {
  const strategies = '/api/v1/tenant/acme/strategies'
  for (const target of [
    strategies,
    `http://evil.example${strategies}`,
    '/api/v1/tenant/x/../acme/strategies',
  ]) {
    expect(await exchange(head(`GET ${target}`))).toContain('"tenant_id":"acme"')
  }
})

test.each([
  '/api/v1/tenant/acme%2F/strategies',
  '/api/v1/tenant/%61cme/strategies',
  '/api/v1/tenant/acme%00/strategies',
  '/api/v1/tenant/acme%/strategies',
])('%s selects no tenant', async (path) => {
  const answer = await exchange(head(`GET ${path}`))
  expect(answer).toStartWith('HTTP/1.1 404')
  expect(answer).toContain('{"error":"tenant_not_found","error_description":"Tenant not found"}')
})

test('HEAD answers the length of the body that it leaves out', async () => {
  const answer = await exchange(head('HEAD /health'))
  expect(answer).toMatch(/content-length: [1-9]\d*\r\n/i)
  expect(answer).toEndWith('\r\n\r\n')
})

test('no header names the software, and an error names nothing of ours even where NODE_ENV is development', async () => {
  const answer = await exchange(head('GET /nowhere'))
  expect(answer).not.toMatch(/^(server|x-powered-by):/im)
  expect(answer).toEndWith('{"error":"not_found","error_description":"Path not found"}')
})

test.each(['a', 'ab', 'api', 'sso:8080', 'auth.example.com', '[::1]:3000', '127.0.0.1'])(
  'a Host of %s changes no route',
  async (host) => {
    const withHost = (target: string) =>
      exchange(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(await withHost('/health')).toStartWith('HTTP/1.1 200')
    for (const longer of ['/a/health', '/aa/health', '/aaa/health']) {
      expect(await withHost(longer)).toStartWith('HTTP/1.1 404')
    }
  },
)

test.each(['evil/health?', 'evil#', '[', 'a b', 'user@host', 'é', 'host:port'])(
  'a Host of %p, which is none, is a bad request on every path',
  async (host) => {
    for (const path of ['/health', '/nowhere', '/api/v1/tenant/acme/strategies']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await exchange(
          `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        )
        expect(answer).toStartWith('HTTP/1.1 400')
        expect(answer).toContain('X-Request-Id: ')
      }
    }
  },
)

test('a fragment in the request target is a bad request', async () => {
  expect(await exchange(head('GET /health#x'))).toStartWith('HTTP/1.1 400')
})
