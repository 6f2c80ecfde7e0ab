import { expect, test } from 'bun:test'
import { findFreePorts } from '../support/free-port.ts'
import type { LoadResult } from '../support/raw-load.ts'
import { withFolder } from '../support/spawn-server.ts'
import { rest } from '../support/wait-for.ts'
import { sendBurst, startMixedLoad } from './proxies/load.ts'
import { proxyNames, type RunningProxy, readConfiguration, startProxy } from './proxies/proxy.ts'
import { startReplicas, withPorts } from './proxies/replicas.ts'
import { countClosedFirst } from './proxies/sockets.ts'

/** The configurations of docs/proxies.md for one use, running side by side in front of the same servers. */
async function startProxies(use: string, ports: readonly number[], folder: string): Promise<RunningProxy[]> {
  const own = await findFreePorts(proxyNames.length)
  return Promise.all(
    proxyNames.map(async (name, index) => {
      const text = withPorts(await readConfiguration(name, use), ports)
      return startProxy({ name, text, folder, port: own[index] ?? 0 })
    }),
  )
}

interface Count {
  readonly name: string
  readonly answered: number
  readonly lost: Readonly<Record<string, number>>
}

function countOf(name: string, results: readonly LoadResult[]): Count {
  const statuses = results.flatMap((each) => [...each.statuses])
  const lost = [
    ...statuses.filter(([status]) => status !== 200),
    ...results.flatMap((each) => [...each.failures]),
  ]
  const answered = statuses.filter(([status]) => status === 200).reduce((sum, [, count]) => sum + count, 0)
  return { name, answered, lost: Object.fromEntries(lost) }
}

/** Fails with what each proxy said, when one lost a request. */
function expectNoneLost(counts: readonly Count[], proxies: readonly RunningProxy[]): void {
  console.info(
    counts
      .map(({ name, answered, lost }) => `${name}: ${answered} answered, lost ${JSON.stringify(lost)}`)
      .join('\n'),
  )
  const isLost = counts.some(({ lost }) => Object.keys(lost).length > 0)
  if (isLost) console.info(proxies.map((proxy) => proxy.output().slice(-3000)).join('\n'))
  expect(counts.map(({ name, lost }) => [name, lost])).toEqual(proxyNames.map((name) => [name, {}]))
  for (const { answered } of counts) expect(answered).toBeGreaterThan(50)
}

const longest = 180_000

test.each([
  ['one process each', []],
  ['two workers each', ['--workers', '2']],
])(
  'nginx, HAProxy and Caddy lose no request while three replicas of %s are replaced one after the other under load',
  (_, args) =>
    withFolder(async (folder) => {
      const server = process.env['GRANTD_TEST_SERVER'] ?? 'shutdown_delay: 8s'
      const replicas = await startReplicas({ folder, count: 3, server, args })
      const proxies = await startProxies('replicas', replicas.ports, folder)
      const loads = proxies.map(({ port }) => startMixedLoad(port))
      const codes = await replicas.roll()
      const counts = await Promise.all(
        loads.map(async (load, index) => countOf(proxyNames[index] ?? '', await load.stop())),
      )
      await Promise.all(proxies.map((proxy) => proxy.stop()))
      await replicas.stop()
      expectNoneLost(counts, proxies)
      expect(codes).toEqual([0, 0, 0])
    }),
  longest,
)

test(
  'nginx, HAProxy and Caddy, which keep idle connections for up to a minute, close them first and lose no request after a pause',
  () =>
    withFolder(async (folder) => {
      const server = process.env['GRANTD_TEST_SERVER'] ?? ''
      const replicas = await startReplicas({ folder, count: 1, server })
      const proxies = await startProxies('single', replicas.ports, folder)
      const results = proxies.map((): LoadResult[] => [])
      const closedFirst: number[] = []
      // Longer than the runtime's own limit, twice that, and longer than the proxies keep a connection.
      for (const seconds of [0, 13, 26, 62]) {
        // Time is the subject: connections that nobody uses are closed by a clock.
        await rest(seconds * 1000)
        closedFirst.push(await countClosedFirst(replicas.ports[0] ?? 0))
        const bursts = await Promise.all(proxies.map(({ port }) => sendBurst(port, 20)))
        for (const [index, burst] of bursts.entries()) results[index]?.push(burst)
      }
      const counts = results.map((each, index) => countOf(proxyNames[index] ?? '', each))
      await Promise.all(proxies.map((proxy) => proxy.stop()))
      await replicas.stop()
      expectNoneLost(counts, proxies)
      expect(closedFirst).toEqual([0, 0, 0, 0])
    }),
  longest,
)
