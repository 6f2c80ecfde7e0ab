import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Contender, TokenServer } from '../contenders/contender.ts'
import { listPeers, toOnlySigning } from '../contenders/peers.ts'
import { toTokenEntry, toTokenRequest } from '../contenders/token-entry.ts'
import { runPaced } from '../measure/pace/run-paced.ts'
import { type Entry, runRounds } from '../rounds.ts'
import type { Bench, Scenario } from './scenario.ts'
import { listGrantd } from './tokens.ts'

/** Enough that a request at its time finds a connection idle. */
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
    try {
      const most = await runRounds(
        started.map(({ contender, running }) =>
          toTokenEntry(contender, running, { algorithm, connections: 32, group: 'at the most' }),
        ),
        { ...rounds, limit: algorithm },
      )
      const late: number[] = []
      const rateOf = (name: string) => (most.rows.find((row) => row.name === name)?.perSecond ?? 0) / 2
      const half = await runRounds(
        started.map((each) =>
          toPacedEntry(each, { rate: rateOf(each.contender.name), tellLate: (by) => late.push(by) }),
        ),
        rounds,
      )
      const signature = (1000 * availableParallelism()) / (most.limit?.perSecond ?? Number.NaN)
      return {
        rows: [...most.rows, ...half.rows],
        ...(most.limit && { limit: most.limit }),
        figures: [
          { name: 'One signature of OpenSSL', value: signature, unit: 'ms' },
          { name: 'p99 wanted: three signatures and 5 ms', value: 3 * signature + 5, unit: 'ms' },
          {
            name: 'Requests sent later than due, p99, the worst round',
            value: Math.max(...late),
            unit: 'ms',
          },
        ],
      }
    } finally {
      await Promise.all(started.map(({ running }) => running.server.stop()))
    }
  },
}

interface StartedContender {
  readonly contender: Contender
  readonly running: TokenServer
}

function toPacedEntry(
  { contender, running }: StartedContender,
  { rate, tellLate }: { readonly rate: number; tellLate(milliseconds: number): void },
): Entry {
  const { origin } = running.server
  const request = toTokenRequest(running)
  return {
    ...toTokenEntry(contender, running, { algorithm, connections, group: 'at half' }),
    prepare: async () => async (seconds) => {
      const outcome = await runPaced({ origin, request, connections, rate, seconds })
      tellLate(outcome.late)
      return outcome
    },
  }
}

async function startAll(bench: Bench, folder: string): Promise<StartedContender[]> {
  const contenders = [...listGrantd(bench), ...listPeers().slice(0, 1), toOnlySigning()]
  return await Promise.all(
    contenders.map(async (contender, index) => ({
      contender,
      running: await contender.start(join(folder, String(index)), algorithm),
    })),
  )
}
