import { expect, test } from 'bun:test'
import { appendFile, chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Load, startLoad } from '../support/raw-load.ts'
import {
  programs,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

/** Several processes on one port, as the executable runs them. */

const client = { client_id: 'svc', client_secret: 'svc-secret-of-the-workers' }
const tenant = '/api/v1/tenant/acme'
const yaml = `
server: { metrics: { enabled: true, port: 0 } }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    signing: { algorithm: ES256 }
    api_keys: { allowed_scopes: [read] }
    clients:
      svc: { secret: ${client.client_secret}, scopes: [read, 'api-keys:manage'], introspect: true }
`
const form = new URLSearchParams({ ...client, grant_type: 'client_credentials', scope: 'read' }).toString()
const tokenRequest = `POST ${tenant}/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`

async function withWorkers(count: number, work: (server: RunningServer, folder: string) => Promise<void>) {
  await withFolder(async (folder) => {
    await writePrivateConfig(folder)
    const server = await startServer(programs.executable, { folder, args: ['--workers', String(count)] })
    await waitFor('all are ready', () => server.output().includes('workers are ready'))
    await work(server, folder)
    expect(await server.stop()).toBe(0)
    checkLines(server)
  })
}

/** What was logged, line by line; what is no JSON is the text for the person at the start. */
function linesOf(server: RunningServer): Record<string, unknown>[] {
  return server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}

/** A file with secrets that others can read would be warned of. */
async function writePrivateConfig(folder: string): Promise<void> {
  await writeConfig(folder, yaml)
  await chmod(join(folder, 'config.yaml'), 0o600)
}

/** Every line of the log is whole, whoever wrote in the same moment. */
function checkLines(server: RunningServer): void {
  const strange = server
    .output()
    .split('\n')
    .filter((line) => !line.startsWith('{') || !line.endsWith('}'))
  expect(strange.filter((line) => !/^(?:grantd |config\.yaml:| {2}|$)/.test(line))).toEqual([])
  expect(linesOf(server).every(({ time, message }) => time !== undefined && message !== undefined)).toBe(true)
}

/** Over a connection of its own, so that any of the workers gets it. */
function send({ url }: RunningServer, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}${path}`, {
    ...init,
    keepalive: false,
    headers: { ...init.headers, Connection: 'close' },
  })
}

function post(server: RunningServer, path: string, body: Record<string, string>): Promise<Response> {
  return send(server, path, { method: 'POST', body: new URLSearchParams(body) })
}

async function getToken(server: RunningServer, scope = 'read'): Promise<string> {
  const response = await post(server, `${tenant}/oauth/token`, {
    ...client,
    grant_type: 'client_credentials',
    scope,
  })
  expect(response.status).toBe(200)
  const { access_token } = await response.json()
  server.canary.watch(access_token)
  return access_token
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

/** The statuses of so many connections that every worker has had some. */
async function statusesOf(server: RunningServer, token: string): Promise<number[]> {
  const all = Array.from({ length: 40 }, () => send(server, '/api/v1/protected-resource', bearer(token)))
  return [...new Set((await Promise.all(all)).map(({ status }) => status))]
}

function workersOf(server: RunningServer): number[] {
  const ids = linesOf(server).flatMap(({ message, worker }) =>
    message === 'request' ? [Number(worker)] : [],
  )
  return [...new Set(ids)].toSorted((a, b) => a - b)
}

async function childrenOf({ pid }: RunningServer): Promise<number[]> {
  const text = await Bun.file(`/proc/${pid}/task/${pid}/children`).text()
  return text.trim().split(' ').filter(Boolean).map(Number)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function metricsUrlOf(server: RunningServer): string {
  return String(linesOf(server).find(({ message }) => message === 'metrics are served')?.['url'])
}

function statusUrlOf(server: RunningServer): string {
  return metricsUrlOf(server).replace(/metrics$/, 'status')
}

async function metricsOf(server: RunningServer): Promise<Map<string, number>> {
  const url = metricsUrlOf(server)
  const text = await (await fetch(String(url))).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]))
}

/** The metrics once the end of one of two workers was seen, and another one is there. */
function waitForRestart(server: RunningServer): Promise<Map<string, number>> {
  return waitFor('another one is there', async () => {
    const metrics = await metricsOf(server)
    return metrics.get('grantd_worker_restarts_total') === 1 && metrics.get('grantd_workers') === 2 && metrics
  })
}

const answered = `grantd_http_requests_total{route="/api/v1/tenant/:tenant/oauth/token",method="POST",status="200"}`

test('three workers that start on an empty folder say so once, have one key, and each takes what another did', () =>
  withWorkers(3, async (server, folder) => {
    expect(server.output().match(/listens on/g)).toHaveLength(1)
    await waitFor('the key is told', () => server.output().includes('generated a signing key'))
    const documents = await Promise.all(
      Array.from({ length: 30 }, () => send(server, `${tenant}/.well-known/jwks.json`)),
    )
    const keys = await Promise.all(documents.map((document) => document.text()))
    expect(new Set(keys).size).toBe(1)
    expect(JSON.parse(keys[0] ?? '').keys).toHaveLength(1)
    expect(server.output().match(/generated a signing key/g)).toHaveLength(1)

    const token = await getToken(server)
    expect(await statusesOf(server, token)).toEqual([200])
    expect((await post(server, `${tenant}/oauth/revoke`, { ...client, token })).status).toBe(200)
    expect(await statusesOf(server, token)).toEqual([401])

    const manager = await getToken(server, 'read api-keys:manage')
    const made = await send(server, `${tenant}/api-keys/create`, {
      method: 'POST',
      headers: { ...bearer(manager).headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'of one worker', scopes: ['read'] }),
    })
    const { api_key: key } = await made.json()
    server.canary.watch(key)
    expect(await statusesOf(server, key)).toEqual([200])

    await waitFor('every worker has answered', async () => {
      await statusesOf(server, key)
      return workersOf(server).length === 3
    })
    const rotated = await run(programs.executable, { folder, args: ['keys', 'rotate', '--now', '--force'] })
    expect([rotated.code, rotated.err]).toEqual([0, ''])
    await waitFor('all publish both keys', async () => {
      const all = await Promise.all(
        Array.from({ length: 30 }, async () =>
          (await send(server, `${tenant}/.well-known/jwks.json`)).text(),
        ),
      )
      return new Set(all).size === 1 && JSON.parse(all[0] ?? '').keys.length === 2
    })
    expect(await statusesOf(server, await getToken(server))).toEqual([200])
  }))

test('the audit trail of workers that write at once on SQLite is whole, and metrics count all of them', () =>
  withFolder(async (folder) => {
    await writePrivateConfig(folder)
    const server = await startServer(programs.executable, { folder, args: ['--workers', '3'] })
    const load = startLoad({ port: server.port, request: tokenRequest, connections: 24, keepAlive: false })
    await waitFor('there is some load', () => load.answered() >= 1000)
    const { statuses, failures } = await load.stop()
    expect([...failures]).toEqual([])
    expect([...statuses.keys()]).toEqual([200])
    const metrics = await metricsOf(server)
    expect(metrics.get(answered)).toBe(statuses.get(200) ?? 0)
    expect(metrics.get('grantd_workers')).toBe(3)
    const issued = 'grantd_tokens_issued_total{grant_type="client_credentials",algorithm="ES256"}'
    expect(metrics.get(issued)).toBe(statuses.get(200) ?? 0)
    expect([...metrics.keys()].join('\n')).not.toMatch(/acme|svc/)
    const page = await (await fetch(statusUrlOf(server))).text()
    for (const pid of await childrenOf(server)) expect(page).toContain(`<td>${pid}</td>`)
    expect(page.match(/class="state serving"/g)).toHaveLength(3)
    expect(page).toContain('Everything works')
    expect(page).not.toMatch(/acme|svc/)
    expect(await server.stop()).toBe(0)
    checkLines(server)
    const verified = await run(programs.executable, { folder, args: ['audit', 'verify'] })
    expect([verified.code, verified.err]).toEqual([0, ''])
    const exported = await run(programs.executable, { folder, args: ['audit', 'export', '--tenant', 'acme'] })
    expect([exported.code, exported.err]).toEqual([0, ''])
    expect(exported.out.match(/"type":"token.issued"/g)).toHaveLength(statuses.get(200) ?? 0)
  }))

test('a worker that is killed under load comes back, the others go on, and no counter goes back', () =>
  withWorkers(2, async (server) => {
    const load = startLoad({ port: server.port, request: tokenRequest, connections: 8, keepAlive: true })
    await waitFor('there is some load', () => load.answered() >= 200)
    const before = await metricsOf(server)
    const [victim = 0] = await childrenOf(server)
    process.kill(victim, 'SIGKILL')
    const after = await waitForRestart(server)
    const { statuses, failures } = await load.stop()
    // What the killed one was answering is lost, one request for each connection.
    const lost = [...failures.values()].reduce((sum, count) => sum + count, 0)
    expect(lost).toBeLessThanOrEqual(8)
    expect([...statuses.keys()]).toEqual([200])
    expect(after.get('grantd_worker_restarts_total')).toBe(1)
    for (const [name, value] of before) {
      if (/_(?:total|bucket|sum|count)\b/.test(name))
        expect([name, (after.get(name) ?? -1) >= value]).toEqual([name, true])
    }
    expect(linesOf(server)).toContainEqual(
      expect.objectContaining({
        message: 'a worker ended, another one is started',
        pid: victim,
        signal: 'SIGKILL',
      }),
    )
  }))

test('a worker that is started again serves what its siblings serve, though the file is gone', () =>
  withWorkers(2, async (server, folder) => {
    const token = await getToken(server)
    expect((await post(server, `${tenant}/oauth/revoke`, { ...client, token })).status).toBe(200)
    await rm(join(folder, 'config.yaml'))
    const [victim = 0] = await childrenOf(server)
    process.kill(victim, 'SIGKILL')
    await waitForRestart(server)
    expect(await statusesOf(server, token)).toEqual([401])
    expect(await statusesOf(server, await getToken(server))).toEqual([200])
  }))

/** The statuses of so many connections that every worker has had some. */
async function betaStatuses(server: RunningServer): Promise<number[]> {
  const path = '/api/v1/tenant/beta/.well-known/jwks.json'
  const all = await Promise.all(Array.from({ length: 40 }, () => send(server, path)))
  return [...new Set(all.map(({ status }) => status))]
}

test(
  'a reload, a replacement of the workers, and a reload that needs one, under load take the new configuration and lose no request; a faulty one changes nothing',
  () =>
    withWorkers(2, async (server, folder) => {
      const loads = [true, false].map(
        (keepAlive): Load =>
          startLoad({ port: server.port, request: tokenRequest, connections: 8, keepAlive }),
      )
      const old = await childrenOf(server)
      const path = join(folder, 'config.yaml')
      const good = await Bun.file(path).text()
      await appendFile(path, '  beta: { name: Beta, nonsense: 1 }\n')
      server.kill('SIGHUP')
      await waitFor('it is refused', () => server.output().includes('the old configuration stays'))
      expect(server.output().includes('config.yaml:11:23: ')).toBe(true)
      expect(await childrenOf(server)).toEqual(old)

      await Bun.write(path, `${good}  beta: { name: Beta, oauth2: {} }\n`)
      expect((await run(programs.executable, { folder, args: ['reload'] })).out).toContain('is in force')
      expect(await childrenOf(server)).toEqual(old)
      expect(await betaStatuses(server)).toEqual([200])

      server.kill('SIGUSR2')
      // One more in the middle of it is done after it: its first new worker is there, and the old ones still are.
      await waitFor('it has begun', async () => (await childrenOf(server)).length > old.length)
      const changed = good.replace('server: { ', 'server: { idle_timeout: 20s, host: 127.0.0.2, ')
      await Bun.write(path, `${changed}  beta: { name: Beta, oauth2: {} }\n`)
      const reloaded = await run(programs.executable, { folder, args: ['reload'] })
      expect([reloaded.out, reloaded.err]).toEqual([
        'ok: the configuration is in force; new processes took over for server.idle_timeout\n',
        'warning: server.host is as before until a restart: a reload cannot change it\n',
      ])
      const replaced = () => server.output().match(/"replaced the workers"/g) ?? []
      await waitFor('both are told', () => replaced().length >= 2)
      expect(replaced()).toHaveLength(2)
      const planned = await run(programs.executable, { folder, args: ['plan'] })
      expect(planned.out).toStartWith('! server.host changes only at a restart\n\n1 change.')
      const results = await Promise.all(loads.map((load) => load.stop()))
      expect(results.map(({ failures }) => [...failures])).toEqual([[], []])
      expect(results.map(({ statuses }) => [...statuses.keys()])).toEqual([[200], [200]])
      expect(await betaStatuses(server)).toEqual([200])
      await waitFor('the old ones are gone', () => old.every((pid) => !isRunning(pid)))
      // Those of the reload in between too.
      await waitFor('two are left', async () => (await childrenOf(server)).length === 2)
      const metrics = await metricsOf(server)
      expect(metrics.get(answered)).toBe(
        results.reduce((sum, { statuses }) => sum + (statuses.get(200) ?? 0), 0),
      )
      expect(metrics.get('grantd_reloads_total{result="ok"}')).toBe(3)
      expect(metrics.get('grantd_reloads_total{result="failed"}')).toBe(1)
    }),
  60_000,
)

test('workers end with their supervisor, whatever killed it', () =>
  withFolder(async (folder) => {
    await writePrivateConfig(folder)
    const server = await startServer(programs.executable, { folder, args: ['--workers', '2'] })
    const workers = await childrenOf(server)
    expect(workers).toHaveLength(2)
    server.kill('SIGKILL')
    await waitFor('they are gone', () => workers.every((pid) => !isRunning(pid)))
    await expect(fetch(`${server.url}/health`)).rejects.toThrow()
  }))

test('a signal to all of the group stops it once, with 0; a second one ends it at once', () =>
  withFolder(async (folder) => {
    await writePrivateConfig(folder)
    const server = await startServer(programs.executable, { folder, args: ['--workers', '2'] })
    const workers = await childrenOf(server)
    for (const pid of [...workers, server.pid]) process.kill(pid, 'SIGINT')
    expect(await server.exited).toBe(0)
    expect(linesOf(server).filter(({ message }) => message === 'stopping')).toHaveLength(3)

    const other = await startServer(programs.executable, { folder, args: ['--workers', '2'] })
    const its = await childrenOf(other)
    const slow = await fetch(`${other.url}/health`).then((answer) => answer.text())
    expect(slow).toContain('healthy')
    // A worker that does not go on cannot hold it up.
    for (const pid of its) process.kill(pid, 'SIGSTOP')
    other.kill('SIGTERM')
    await waitFor('it is stopping', () => linesOf(other).some(({ message }) => message === 'stopping'))
    other.kill('SIGTERM')
    expect(await other.exited).toBe(143)
    await waitFor('they are gone', () => its.every((pid) => !isRunning(pid)))
  }))

test('a port that is taken is refused, by other workers too, and so is a storage that is not shared', () =>
  withWorkers(2, async (server, folder) => {
    const args = ['--workers', '2', '--port', String(server.port)]
    const second = await run(programs.executable, {
      folder,
      args,
      env: { GRANTD_DATA_DIR: join(folder, 'other') },
    })
    expect([second.code, second.err]).toEqual([
      1,
      `grantd: Cannot listen on 127.0.0.1:${server.port}: the port is in use; stop what uses it, or choose another with --port\n`,
    ])
    const memory = await run(programs.executable, {
      folder,
      args: ['--workers', '2', '--port', '0'],
      env: { GRANTD_STORAGE: 'memory' },
    })
    expect([memory.code, memory.out]).toEqual([78, ''])
    expect(memory.err).toContain('set storage to sqlite or to postgres://')
    const wrong = await run(programs.executable, { folder, args: ['--workers', 'many'] })
    expect(wrong.code).toBe(2)
    expect(wrong.err).toStartWith(
      "grantd: The number of workers is 'many', wanted auto or a whole number from 1 to 256",
    )
  }))
