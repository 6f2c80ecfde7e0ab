import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { longTimesYaml } from '../support/postgres-times.ts'
import {
  programs,
  type RunningServer,
  type RunOptions,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

/** A guesser and a client at several processes of the executable, which learn of one another by the storage alone. */

setDefaultTimeout(120_000)

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.remove())

const right = 'right-secret-of-the-guessed-client'
const home = '203.0.113.7'
const config = `
${longTimesYaml}
server: { public_url: 'http://localhost:3000', trusted_proxies: ['127.0.0.0/8', '::1'] }
limits: { failures_per_client_and_address: 5, longest_backoff: 1h }
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: ${right} }
`

/** The status of a request over a connection of its own, so that any worker may get it. */
async function ask({ url }: RunningServer, secret: string, address: string): Promise<number> {
  const form = { grant_type: 'client_credentials', client_id: 'svc', client_secret: secret }
  const response = await fetch(`${url}/api/v1/tenant/acme/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { 'X-Forwarded-For': address, Connection: 'close' },
  })
  await response.text()
  return response.status
}

/** How many of the guesses were looked at, 20 at a time and each at one of the servers. */
async function guess(servers: readonly RunningServer[], count: number, address: string): Promise<number> {
  let looked = 0
  for (let from = 0; from < count; from += 20) {
    const asked = Array.from({ length: 20 }, async (_, index) => {
      const server = servers[index % servers.length]
      return server && ask(server, `wrong-secret-${from + index}`, address)
    })
    looked += (await Promise.all(asked)).filter((status) => status === 401).length
  }
  return looked
}

async function withServers(
  count: number,
  options: Partial<RunOptions>,
  work: (servers: readonly RunningServer[], start: () => Promise<RunningServer>) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    await writeConfig(folder, config)
    const start = () => startServer(programs.executable, { folder, ...options })
    const servers: RunningServer[] = []
    for (let index = 0; index < count; index++) servers.push(await start())
    await work(servers, start)
  })
}

const masterKey = Buffer.alloc(32, 7).toString('base64')

test('two replicas look at the free failures each, then at none, and let the client in, also after kill -9', async () => {
  const env = { GRANTD_STORAGE: await postgres.createDatabase(), GRANTD_MASTER_KEY: masterKey }
  await withServers(2, { env }, async (servers, start) => {
    const [a, b] = servers
    if (!a || !b) throw new Error('There are not two servers')
    expect(await ask(a, right, home)).toBe(200)
    const looked = await guess(servers, 600, '192.0.2.66')
    // Twice the free failures, and one for each wait that was over meanwhile.
    expect(looked).toBeGreaterThanOrEqual(5)
    expect(looked).toBeLessThanOrEqual(24)
    expect([await ask(a, right, '192.0.2.66'), await ask(b, right, '192.0.2.66')]).toEqual([429, 429])
    // The other replica never saw the client.
    expect([await ask(a, right, home), await ask(b, right, home)]).toEqual([200, 200])
    for (const server of servers) {
      server.kill('SIGKILL')
      await server.exited
    }
    const again = await start()
    expect(await guess([again], 200, '192.0.2.66')).toBeLessThanOrEqual(12)
    await waitFor(
      'it has read the counts',
      async () => (await ask(again, 'wrong-secret', '192.0.2.66')) === 429,
    )
    expect(await ask(again, right, home)).toBe(200)
    expect(await again.stop()).toBe(0)
  })
})

test('two workers on one SQLite file do so too, a thousand guesses in parallel and one of them killed', () =>
  withServers(1, { args: ['--workers', '2'] }, async ([server]) => {
    if (!server) throw new Error('There is no server')
    await waitFor('both are ready', async () => server.output().includes('workers are ready'))
    for (let index = 0; index < 8; index++) expect(await ask(server, right, home)).toBe(200)
    const looked = await guess([server], 1000, '192.0.2.66')
    expect(looked).toBeLessThanOrEqual(24)
    const children = await Bun.file(`/proc/${server.pid}/task/${server.pid}/children`).text()
    process.kill(Number(children.trim().split(' ')[0]), 'SIGKILL')
    await waitFor('another one is there', async () => (server.output().match(/is started/g)?.length ?? 0) > 0)
    const statuses = new Set<number>()
    for (let index = 0; index < 20; index++) statuses.add(await ask(server, right, home).catch(() => 0))
    statuses.delete(0)
    expect([...statuses]).toEqual([200])
    expect(await guess([server], 200, '192.0.2.66')).toBeLessThanOrEqual(14)
    expect(await server.stop()).toBe(0)
  }))
