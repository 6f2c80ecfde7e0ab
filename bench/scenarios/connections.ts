import type { Contender } from '../contenders/contender.ts'
import { toContender } from '../contenders/grantd.ts'
import { listPeers } from '../contenders/peers.ts'
import type { TokenLoad } from '../contenders/token-entry.ts'
import { compare } from './compare.ts'
import type { Bench, Scenario } from './scenario.ts'
import { listGrantd, toStarter } from './tokens.ts'

/** Signing is quick here, so that what a connection costs can be seen. */
const algorithm = 'ES256'

export const keepAliveScenario: Scenario = {
  name: 'keep-alive',
  title: `Tokens, ${algorithm}, 32 connections kept alive, and a new connection for each request`,
  run: (bench) =>
    compareLoads(bench, [...listGrantd(bench), ...listPeers()].filter(isSingleEngine), [
      { algorithm, connections: 32, group: 'kept alive' },
      { algorithm, connections: 32, group: 'new each time', closing: true },
    ]),
}

export const connectionsScenario: Scenario = {
  name: 'connections',
  title: 'Tokens, RS256, 1, 32 and 512 connections',
  run: (bench) =>
    compareLoads(
      bench,
      [...listGrantd(bench), ...listPeers()].filter(isSingleEngine),
      [1, 32, 512].map((connections) => ({
        algorithm: 'RS256',
        connections,
        group: `${connections} connections`,
      })),
    ),
}

export const secretHashScenario: Scenario = {
  name: 'secret-hash',
  title: `Tokens, ${algorithm}, the secret kept as sha256 and as argon2id`,
  async run(bench) {
    const slow = await Bun.password.hash('svc-secret-of-the-benchmark', { algorithm: 'argon2id' })
    const contenders = [
      { name: 'grantd, sha256' },
      { name: 'grantd, argon2id', extra: { secret: `secret_hash: '${slow}'` } },
    ].map(({ name, extra }) => ({ ...toContender(bench.executable, { name: 'grantd' }, extra), name }))
    return await compareLoads(bench, contenders, [{ algorithm, connections: 32 }])
  },
}

/** Leaves out those that differ only in what these scenarios do not ask. */
function isSingleEngine({ name }: Contender): boolean {
  return !/builtin|openssl|cluster/.test(name)
}

/** Each contender under each load, all of them in the same rounds. */
function compareLoads(bench: Bench, contenders: readonly Contender[], loads: readonly TokenLoad[]) {
  return compare(
    bench,
    loads.flatMap((load) => contenders.map((contender) => toStarter(contender, load))),
  )
}
