import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { acts } from './acts.ts'
import { databaseUrl, Node, startEtcd } from './database.ts'
import { Host, until } from './hosts.ts'
import { Load, person, renderConfig, type Tally } from './load.ts'
import { Replica, startProxy } from './replicas.ts'

/**
 * Three replicas behind HAProxy on a Postgres of two nodes under Patroni, each on a host of its own, and what happens to them while they
 * are used. Run by scripts/faults.sh, inside the network namespace of the hub. Prints a row for each fault. Ends with 1 when something that
 * was acknowledged is not true at each replica afterwards.
 */

const { values } = parseArgs({
  options: {
    executable: { type: 'string', default: 'dist/grantd' },
    newer: { type: 'string' },
    only: { type: 'string' },
  },
})
const executable = resolve(values.executable)
const base = await mkdtemp(join(tmpdir(), 'grantd-faults-'))
await Bun.$`chmod 755 ${base}`
const hub = await Host.atHub(base)
const made = async (name: string, number: number) => Host.make(name, { number, base })
const nodes = [new Node(await made('db1', 21)), new Node(await made('db2', 22))] as const
const config = renderConfig(
  await Bun.password.hash(person.password, { algorithm: 'argon2id', memoryCost: 4096, timeCost: 2 }),
)
const options = { executable, config, databaseUrl: databaseUrl(nodes) }
const replicas = [
  new Replica(await made('r1', 11), options),
  new Replica(await made('r2', 12), options),
  new Replica(await made('r3', 13), options),
] as const

let isGood = true
try {
  await startEtcd(hub)
  await nodes[0].start()
  await until('the first node is the primary', () => nodes[0].isPrimary())
  await nodes[1].start()
  await until('the second node follows it', () => nodes[1].isSynchronous())
  for (const replica of replicas) {
    await replica.mountDisk()
    await replica.start()
  }
  await startProxy(hub, replicas)
  const load = new Load()
  for (const act of acts.filter(({ name }) => values.only === undefined || name.includes(values.only))) {
    load.reset()
    const before = { acknowledged: load.acknowledged, broken: load.broken.length }
    await act.run({ replicas, nodes, newer: resolve(values.newer ?? executable) })
    const tallies = structuredClone(load.tallies)
    await load.verify(replicas)
    report(act.name, tallies)
    console.log(
      `  acknowledged ${load.acknowledged - before.acknowledged}; ${load.broken.length - before.broken} of all that was acknowledged is not true`,
    )
  }
  await load.stop()
  await load.verify(replicas)
  for (const line of new Set(load.broken)) console.log(`BROKEN: ${line}`)
  isGood = load.broken.length === 0
  console.log(`\nin all: acknowledged ${load.acknowledged}, not true afterwards ${load.broken.length}`)
  for (const replica of replicas) {
    const complaints = await replica.complaints()
    const kinds = Map.groupBy(complaints, (line) => /"message":"([^"]*)"/.exec(line)?.[1] ?? line)
    console.log(
      `${replica.host.name} complained: ${[...kinds].map(([what, { length }]) => `${what} (${length})`).join('; ') || 'of nothing'}`,
    )
  }
} catch (cause) {
  isGood = false
  console.error(cause)
  for (const replica of replicas) console.error(await replica.lastWords())
} finally {
  for (const host of [...replicas.map((each) => each.host), ...nodes.map((each) => each.host), hub])
    await host.powerOff()
  for (const replica of replicas) await replica.unmountDisk()
  await rm(base, { recursive: true, force: true })
}
console.log(isGood ? 'good' : 'BAD')
process.exit(isGood ? 0 : 1)

function report(name: string, tallies: ReadonlyMap<string, Tally>): void {
  console.log(`\n${name}`)
  for (const [kind, { good, bad, pause }] of tallies) {
    const wrong = [...bad].map(([why, count]) => `${count} x ${why}`).join(', ')
    console.log(
      `  ${kind}: ${good} good, longest pause ${(pause / 1000).toFixed(1)} s${wrong === '' ? '' : `; ${wrong}`}`,
    )
  }
}
