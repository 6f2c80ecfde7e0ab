import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const yaml = `server: { metrics: { enabled: true, port: 0 } }
tenants:
  acme: { name: Acme, oauth2: {}, signing: { algorithm: ES256 }, clients: { app: { secret: own-secret-1 } } }
`
const tenant = '/api/v1/tenant/acme'
const form = 'grant_type=client_credentials&client_id=app&client_secret=own-secret-1'
const formHead = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n`

/** Sends bytes as they are; answers what came back until the server closed. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    socket.write(bytes)
  })
}

/** The ports of a running server: that of requests and that of metrics. */
type Ports = Readonly<Record<'requests' | 'metrics', number>>

async function withServer(program: keyof typeof programs, work: (ports: Ports) => Promise<void>) {
  await withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(programs[program], { folder })
    const metrics = /127\.0\.0\.1:(\d+)\/metrics/.exec(server.output())?.[1]
    await work({ requests: server.port, metrics: Number(metrics) })
    expect(await server.stop()).toBe(0)
  })
}

const heads = ['HTTP/1.0\r\n', 'HTTP/1.0\r\nHost:\r\n', 'HTTP/1.1\r\nHost:\r\nConnection: close\r\n']

for (const program of ['executable', 'deno'] as const) {
  test(`${program}: whatever is asked without a host is answered as with one`, () =>
    withServer(program, async ({ requests, metrics }) => {
      for (const head of heads) {
        const ask = (line: string, rest = '') => exchange(requests, `${line} ${head}${rest}\r\n`)
        for (const path of ['/health', '/health/live', '/health/ready?full=1']) {
          const answer = await ask(`GET ${path}`)
          expect(answer).toMatch(/^HTTP\/1\.[01] 200/)
          expect(answer).toContain('"status":"healthy"')
        }
        expect(await ask('HEAD /health/ready')).toMatch(/^HTTP\/1\.[01] 200/)
        expect(await ask('OPTIONS /')).toMatch(/^HTTP\/1\.[01] 200/)
        const links = await ask('GET /')
        expect(links).toContain(`"health":"http://localhost:${requests}/health"`)
        const metadata = await ask(`GET ${tenant}/.well-known/oauth-authorization-server`)
        expect(metadata).toContain(`"issuer":"http://localhost:${requests}${tenant}"`)
        expect(await ask(`GET ${tenant}/.well-known/jwks.json`)).toContain('"keys":[')
        expect(await ask(`POST ${tenant}/oauth/token`, `${formHead}\r\n${form}`)).toContain('"access_token"')
        const measured = await exchange(metrics, `GET /metrics ${head}\r\n`)
        expect(measured).toContain('\ngrantd_http_requests_total{')
        for (const target of ['//evil/health', '/evil.example/health', '/\\health']) {
          expect(await ask(`GET ${target}`)).toMatch(/^HTTP\/1\.[01] 404/)
        }
      }
    }))
}

test('HTTP/1.1 without Host, two Hosts and a fragment are a bad request, as RFC 9112 section 3.2 wants', () =>
  withServer('executable', async ({ requests, metrics }) => {
    for (const port of [requests, metrics]) {
      expect(await exchange(port, 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')).toStartWith(
        'HTTP/1.1 400',
      )
    }
    const two = 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'
    expect(await exchange(requests, two)).toStartWith('HTTP/1.1 400')
    expect(await exchange(requests, 'GET /health#x HTTP/1.0\r\n\r\n')).toStartWith('HTTP/1.1 400')
    expect(await exchange(requests, 'GET /x/../health HTTP/1.0\r\n\r\n')).toStartWith('HTTP/1.1 200')
  }))
