import { describe, expect, test } from 'bun:test'
import {
  programs,
  type RunningServer,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const yaml = (delay: string) => `
server: { shutdown_delay: ${delay} }
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients: { app: { secret: correct-horse } }
`

const askToken = ({ url }: RunningServer) =>
  fetch(`${url}/api/v1/tenant/acme/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: 'correct-horse',
    }),
  })

/** Asks until the server says that it stops. */
function waitUntilStopping({ url }: RunningServer): Promise<Response> {
  return waitFor('it says that it stops', async () => {
    const answer = await fetch(`${url}/health/ready`)
    return answer.status === 503 && answer
  })
}

describe.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
] as const)('with a delay, %s', (_, workers) => {
  const args = ['serve', ...workers]

  test('says 503 at /health/ready after SIGTERM, gives tokens, lets each connection go, and ends at once at a second signal', () =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml('10m'))
      const server = await startServer(programs.executable, { folder, args })
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
      server.kill('SIGTERM')
      const ready = await waitUntilStopping(server)
      expect(await ready.json()).toMatchObject({ status: 'stopping' })
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
      const token = await askToken(server)
      expect([token.status, token.headers.get('connection')]).toEqual([200, 'close'])
      server.kill('SIGTERM')
      expect(await server.exited).toBe(143)
    }))

  test('ends with 0 after it', () =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml('1s'))
      const server = await startServer(programs.executable, { folder, args })
      expect(await server.stop()).toBe(0)
      expect(server.output()).toContain('"shutdown_delay_ms":1000')
    }))

  test('stops without it by SIGINT', () =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml('10m'))
      const server = await startServer(programs.executable, { folder, args })
      server.kill('SIGINT')
      expect(await server.exited).toBe(0)
    }))
})
