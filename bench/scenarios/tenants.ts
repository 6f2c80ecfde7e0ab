import { join } from 'node:path'
import { form, tokenForm } from '../contenders/contender.ts'
import { startGrantd, tenantPath, toTokenServer } from '../contenders/grantd.ts'
import {
  clientsPerTenant,
  type ManyTenants,
  type PreparedTenants,
  prepareTenants,
} from '../contenders/many-tenants.ts'
import type { Server } from '../contenders/server.ts'
import type { Credentials } from '../contenders/store-tenants.ts'
import { fetchToken, verifyToken } from '../contenders/token-entry.ts'
import type { Algorithm } from '../measure/openssl.ts'
import { median } from '../measure/statistics.ts'
import { type HttpRequest, runWrk } from '../measure/wrk.ts'
import type { Row, TenantPoint } from '../results.ts'
import { type Entry, runRounds } from '../rounds.ts'
import type { Bench, Scenario } from './scenario.ts'

/** Requests that differ; each round takes them at random. */
const mostRequests = 20_000

export const tenantScenarios: readonly Scenario[] = [
  {
    name: 'tenants-rs256',
    title: 'Tokens, RS256, of random tenants with 10 clients each',
    run: (bench) => measureTenants('RS256', [1, 10_000], bench),
  },
  {
    name: 'tenants',
    title: 'Tokens, ES256, of random tenants with 10 clients each, and what it costs to have them',
    run: (bench) => measureTenants('ES256', bench.short ? [1, 1000, 10_000] : [1, 100, 1000, 10_000], bench),
  },
]

async function measureTenants(algorithm: Algorithm, counts: readonly number[], bench: Bench) {
  const wanted = (['config.yaml', 'storage'] as const).flatMap((source) =>
    counts.map((tenants): ManyTenants => ({ tenants, source, algorithm })),
  )
  const running: Running[] = []
  try {
    for (const many of wanted) running.push(await start(many, bench))
    const rounds = { count: bench.rounds, seconds: bench.seconds, folder: await bench.newFolder() }
    const { rows } = await runRounds(running.map(toEntry), rounds)
    return { rows, tenants: running.map((each, index) => toPoint(each, rows[index])) }
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()))
  }
}

interface Running {
  readonly many: ManyTenants
  readonly server: Server
  readonly requests: readonly HttpRequest[]
  /** Whose tokens are verified. */
  readonly one: Credentials
  readonly boots: readonly Boot[]
  readonly rssIdle: number
  readonly firstPass: number
}

interface Boot {
  /** Milliseconds from exec, both. */
  readonly ready: number
  readonly firstToken: number
}

/** Starts it several times, for the times of the start, and leaves the last one running. */
async function start(many: ManyTenants, bench: Bench): Promise<Running> {
  const folder = join(await bench.newFolder(), 'grantd')
  bench.say(`  ${many.source}: ${many.tenants} tenants`)
  const prepared = await prepareTenants(many, { ...bench, folder })
  const boots: Boot[] = []
  const starts = bench.short ? 1 : 3
  for (;;) {
    const { server, boot, one } = await startOnce(prepared, bench.executable)
    boots.push(boot)
    if (boots.length === starts) {
      const { rss: rssIdle } = await Bun.sleep(1000).then(() => server.measure())
      const ofEach = prepared.credentials.filter((_, index) => index % clientsPerTenant === 0).map(toRequest)
      const firstPass = await askOnce(server, ofEach, folder)
      const requests = chooseRequests(prepared.credentials)
      // Else most of a short round would be clients that nobody asked for before.
      await askOnce(server, requests, folder)
      return { many, server, requests, one, boots, rssIdle, firstPass }
    }
    await server.stop()
  }
}

async function startOnce({ folder, credentials }: PreparedTenants, executable: string) {
  const config = await Bun.file(join(folder, 'config.yaml')).text()
  const server = await startGrantd({ executable, folder, config, patience: 300_000 })
  const last = credentials.at(-1)
  if (!last) throw new Error('There is no client')
  await fetchToken(toTokenServer(server, last.tenant), last)
  return {
    server,
    one: last,
    boot: { ready: server.readyAfter, firstToken: performance.now() - server.startedAt },
  }
}

/** Sends each request once, for what a server may have left till then to make ready; answers how many a second. */
async function askOnce(server: Server, requests: readonly HttpRequest[], folder: string): Promise<number> {
  const load = { origin: server.origin, requests, order: 'once', connections: 32, seconds: 120 } as const
  const outcome = await runWrk(load, folder)
  return outcome.requests / outcome.seconds
}

function chooseRequests(credentials: readonly Credentials[]): HttpRequest[] {
  const step = Math.max(1, credentials.length / mostRequests)
  const count = Math.min(credentials.length, mostRequests)
  return Array.from({ length: count }, (_, index) => credentials[Math.floor(index * step)])
    .filter((chosen) => chosen !== undefined)
    .map(toRequest)
}

function toRequest(asking: Credentials): HttpRequest {
  return {
    method: 'POST',
    path: `${tenantPath(asking.tenant)}/oauth/token`,
    contentType: form,
    body: tokenForm(asking),
  }
}

function toEntry({ many, server, requests, one }: Running): Entry {
  return {
    name: `grantd, ${many.source}`,
    kind: 'grantd',
    group: `${many.tenants} tenants`,
    prepare: async () => ({ origin: server.origin, requests, order: 'random', connections: 32 }),
    verify: () =>
      verifyToken(toTokenServer(server, one.tenant), many.algorithm, {
        ...one,
        audience: `urn:bench:${one.tenant}`,
      }),
    measure: () => server.measure(),
  }
}

function toPoint({ many, boots, rssIdle, firstPass }: Running, row: Row | undefined): TenantPoint {
  return {
    tenants: many.tenants,
    source: many.source,
    ready: median(boots.map(({ ready }) => ready)),
    firstToken: median(boots.map(({ firstToken }) => firstToken)),
    rssIdle,
    firstPass,
    rssLoaded: row?.rssLoaded ?? null,
    perSecond: row?.perSecond ?? 0,
  }
}
