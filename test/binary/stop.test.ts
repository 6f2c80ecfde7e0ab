import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { findFreePort } from '../support/free-port.ts'
import {
  programs,
  type RunningServer,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const yaml = `
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients: { app: { secret: correct-horse } }
`
const form = 'grant_type=client_credentials&client_id=app&client_secret=correct-horse'

/** A server that has answered a later request has read what was sent before it. */
async function waitUntilRead(url: string): Promise<void> {
  await fetch(`${url}/health`, { keepalive: false })
}

const waitUntilStopping = (server: RunningServer) =>
  waitFor('it is stopping', () => server.output().includes('"message":"stopping"'))

/** A token request whose body is still on its way. */
async function startSlowRequest({ port, url }: RunningServer) {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString()
  })
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const request = `POST /api/v1/tenant/acme/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form.slice(0, 10)}`
  await new Promise<unknown>((resolve) => socket.write(request, resolve))
  await waitUntilRead(url)
  return {
    finish: () => void socket.write(form.slice(10)),
    answer: () => answer,
    ended,
    drop: () => socket.destroy(),
  }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets a request in flight finish, refuses new ones and ends with 0',
  (signal) =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml)
      const server = await startServer(programs.executable, { folder })
      const slow = await startSlowRequest(server)
      server.kill(signal)
      await waitFor('it refuses requests', () =>
        fetch(`${server.url}/health`, { keepalive: false }).then(
          () => false,
          () => true,
        ),
      )
      slow.finish()
      await slow.ended
      expect(slow.answer()).toStartWith('HTTP/1.1 200 OK')
      expect(slow.answer()).toContain('"access_token"')
      expect(await server.exited).toBe(0)
    }),
)

test('a second signal ends it at once', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(programs.executable, { folder })
    const slow = await startSlowRequest(server)
    server.kill('SIGTERM')
    await waitUntilStopping(server)
    server.kill('SIGTERM')
    expect(await server.exited).toBe(143)
    slow.drop()
  }))

test('an answer that a slow reader has not taken yet is sent to its end', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(programs.executable, { folder })
    const page = await (await fetch(`${server.url}/swagger`)).text()
    const path = /src="(swagger\/assets\/swagger-ui-[^"]+)"/.exec(page)?.[1]
    const socket = connect(server.port, '127.0.0.1')
    let received = 0
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.write(`GET /${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    socket.pause()
    await waitFor('its answer has begun', () => server.output().includes('"route":"/swagger/assets/'))
    server.kill('SIGTERM')
    await waitUntilStopping(server)
    socket.on('data', (chunk) => {
      received += chunk.length
    })
    socket.resume()
    await ended
    expect(received).toBeGreaterThan(1_500_000)
    expect(await server.exited).toBe(0)
  }))

/** Asks until there is an answer. */
function waitForAnswer(url: string): Promise<Response> {
  return waitFor('it answers', () => fetch(url).catch(() => undefined))
}

test('while keys are being made it is not ready, and a signal ends it with 0 without a word of listening', () =>
  withFolder(async (folder) => {
    const tenants = Array.from(
      { length: 12 },
      (_, n) => `  t${n}: { name: T, signing: { modulus_length: 4096 } }`,
    )
    await writeConfig(folder, `tenants:\n${tenants.join('\n')}\n`)
    const port = await findFreePort()
    const child = Bun.spawn([...programs.executable, '--port', String(port)], {
      cwd: folder,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const ready = await waitForAnswer(`http://127.0.0.1:${port}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ status: 'starting', service: 'grantd' })
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
    expect(await new Response(child.stdout).text()).not.toContain('listens on')
  }))

test('an order to reload that comes while workers stop is no failed reload', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(programs.executable, { folder, args: ['--workers', '2'] })
    const slow = await startSlowRequest(server)
    server.kill('SIGTERM')
    await waitFor('its workers are stopping', () => server.output().includes('"signal":"the supervisor"'))
    server.kill('SIGHUP')
    server.kill('SIGUSR2')
    slow.finish()
    await slow.ended
    expect(slow.answer()).toStartWith('HTTP/1.1 200 OK')
    expect(await server.exited).toBe(0)
    expect(server.output()).not.toMatch(/"level":"(?:error|warn)"|replacing/)
  }))
