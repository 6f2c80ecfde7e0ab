import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { listPeers } from '../contenders/peers.ts'
import { type TokenLoad, toTokenEntry } from '../contenders/token-entry.ts'
import { runRounds } from '../rounds.ts'
import type { Bench, Scenario } from './scenario.ts'
import { listGrantd } from './tokens.ts'

/** Enough that a request at its time finds a connection free. */
const connections = 64
const algorithm = 'RS256'

/**
 * How long an answer takes where there is room: first the rate at the most, then half of it as evenly spaced requests,
 * whether or not the answers before them have come.
 */
export const halfLoadScenario: Scenario = {
  name: 'half-load',
  title: `Tokens, ${algorithm}, at half of the rate that each makes at the most`,
  async run(bench) {
    const folder = await bench.newFolder()
    const started = await startAll(bench, folder)
    const rounds = { count: bench.rounds, seconds: bench.seconds, folder }
    const entriesOf = (load: (name: string) => TokenLoad) =>
      started.map(({ contender, running }) => toTokenEntry(contender, running, load(contender.name)))
    try {
      const most = await runRounds(
        entriesOf(() => ({ algorithm, connections: 32, group: 'at the most' })),
        { ...rounds, limit: algorithm },
      )
      const rateOf = (name: string) => (most.rows.find((row) => row.name === name)?.perSecond ?? 0) / 2
      const half = await runRounds(
        entriesOf((name) => ({ algorithm, connections, rate: rateOf(name), group: 'at half' })),
        rounds,
      )
      const signature = (1000 * availableParallelism()) / (most.limit?.perSecond ?? Number.NaN)
      return {
        rows: [...most.rows, ...half.rows],
        ...(most.limit && { limit: most.limit }),
        figures: [
          { name: 'One signature of OpenSSL', value: signature, unit: 'ms' },
          { name: 'p99 wanted: three signatures and 5 ms', value: 3 * signature + 5, unit: 'ms' },
        ],
      }
    } finally {
      await Promise.all(started.map(({ running }) => running.server.stop()))
    }
  },
}

async function startAll(bench: Bench, folder: string) {
  const contenders = [...listGrantd(bench), ...listPeers().slice(0, 1)]
  return await Promise.all(
    contenders.map(async (contender, index) => ({
      contender,
      running: await contender.start(join(folder, String(index)), algorithm),
    })),
  )
}
