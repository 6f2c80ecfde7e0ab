import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { send } from '../contenders/asking.ts'
import type { TokenServer } from '../contenders/contender.ts'
import { toTokenServer } from '../contenders/grantd.ts'
import { ReplicaSet } from '../contenders/replica-set.ts'
import type { Credentials } from '../contenders/store-tenants.ts'
import { fetchToken, toTokenRequest, verifyToken } from '../contenders/token-entry.ts'
import type { Usage } from '../measure/processes.ts'
import { type Load, type LoadOutcome, runWrk } from '../measure/wrk.ts'
import type { Figure } from '../results.ts'
import { type Entry, runRounds } from '../rounds.ts'
import { asking, mintTokens, verifyRevocation } from './revocation.ts'
import type { Scenario } from './scenario.ts'
import { masterKey, withPostgres } from './storages.ts'

const connections = 32
const counts = [1, 2, 3]

/** Between the rounds of so many replicas, the others are stopped: what they would ask of Postgres is not counted. */
export const replicasScenario: Scenario = {
  name: 'replicas',
  title: `One to three replicas of one process on one Postgres, ES256, ${connections} connections in all`,
  run: (bench) =>
    withPostgres(async (url, measureStorage) => {
      const folder = await bench.newFolder()
      const env = { GRANTD_STORAGE: url, GRANTD_MASTER_KEY: masterKey }
      const replicas = new ReplicaSet({ executable: bench.executable, folder, env })
      try {
        await replicas.scaleTo(1)
        const questions = listQuestions(await replicas.storeTenant())
        // So many replicas after each other, so that they are seldom started.
        const entries = counts.flatMap((count) =>
          questions.map((question) => toEntry(question, { count, replicas, folder, measureStorage })),
        )
        const { rows } = await runRounds(entries, { count: bench.rounds, seconds: bench.seconds, folder })
        await replicas.scaleTo(Math.max(...counts))
        return {
          rows: questions.flatMap(({ name }) => rows.filter(({ group }) => group === name)),
          figures: await measureIdle(replicas, { measureStorage, seconds: bench.seconds }),
        }
      } finally {
        await replicas.scaleTo(0)
      }
    }),
}

/** What all replicas are asked at once. */
interface Question {
  readonly name: string
  /** What one replica is sent that answered so many a second in the round before. */
  prepare(
    replica: TokenServer,
    next: { seconds: number; rate: number },
  ): Promise<Pick<Load, 'requests' | 'order'>>
  /** Throws unless a replica answers as it has to; the first one is there too, for what they share. */
  verify(replica: TokenServer, first: TokenServer): Promise<void>
}

function listQuestions(stored: Credentials): Question[] {
  const tenantOf = ({ server }: TokenServer) => toTokenServer(server, stored.tenant)
  return [
    {
      name: 'tokens, config.yaml',
      prepare: async (replica) => ({ requests: [toTokenRequest(replica)], order: 'one' }),
      verify: (replica) => verifyToken(replica, 'ES256'),
    },
    {
      name: 'tokens, stored tenant',
      prepare: async (replica) => ({ requests: [toTokenRequest(tenantOf(replica), stored)], order: 'one' }),
      verify: (replica) =>
        verifyToken(tenantOf(replica), 'ES256', { ...stored, audience: `urn:bench:${stored.tenant}` }),
    },
    {
      name: 'introspection',
      prepare: async (replica) => ({
        requests: [asking('introspect', await fetchToken(replica))],
        order: 'one',
      }),
      async verify(replica, first) {
        const request = asking('introspect', await fetchToken(first))
        const body = await (await send(replica.server.origin, request)).text()
        if (!body.includes('"active":true')) throw new Error(`A replica does not know the token: ${body}`)
      },
    },
    {
      name: 'revocation',
      async prepare(replica, { seconds, rate }) {
        // As in the scenario of that name; the first round knows no rate.
        const tokens = await mintTokens(replica, Math.ceil(seconds * (rate || 2000) * 1.5))
        return { requests: tokens.map((token) => asking('revoke', token)), order: 'once' }
      },
      verify: verifyRevocation,
    },
  ]
}

interface Place {
  readonly count: number
  readonly replicas: ReplicaSet
  readonly folder: string
  measureStorage(): Promise<Usage>
}

function toEntry(question: Question, { count, replicas, folder, measureStorage }: Place): Entry {
  return {
    name: count === 1 ? '1 replica' : `${count} replicas`,
    group: question.name,
    kind: 'grantd',
    async prepare({ seconds, rate }) {
      const next = { seconds, rate: rate / count }
      const loads = await Promise.all(
        replicas.running.map(async (replica, index): Promise<Load> => {
          const share = Math.floor(connections / count) + (index < connections % count ? 1 : 0)
          const load = await question.prepare(replica, next)
          return { ...load, origin: replica.server.origin, connections: share, seconds }
        }),
      )
      return () => runAtOnce(loads, folder)
    },
    async verify() {
      await replicas.scaleTo(count)
      const [first] = replicas.running
      for (const replica of replicas.running) if (first) await question.verify(replica, first)
    },
    measure: async () => ({
      cpu: await cpuOf(replicas),
      // Before and after all rounds run as many as happen to, so that memory is left out.
      ...{ rss: Number.NaN, largest: Number.NaN, processes: count },
    }),
    measureStorage,
  }
}

/** One wrk for each replica; the rates are added up, and the latencies are those of the slowest. */
async function runAtOnce(loads: readonly Load[], folder: string): Promise<LoadOutcome> {
  const outcomes = await Promise.all(
    loads.map(async (load, index) => {
      const own = join(folder, `load-${index}`)
      await mkdir(own, { recursive: true })
      return await runWrk(load, own)
    }),
  )
  const sum = (pick: (outcome: LoadOutcome) => number) =>
    outcomes.reduce((all, outcome) => all + pick(outcome), 0)
  const slowest = (pick: (outcome: LoadOutcome) => number) => Math.max(...outcomes.map(pick))
  const requests = sum((outcome) => outcome.requests)
  return {
    requests,
    seconds: requests / sum((outcome) => outcome.requests / outcome.seconds),
    p50: slowest(({ p50 }) => p50),
    p99: slowest(({ p99 }) => p99),
    p999: slowest(({ p999 }) => p999),
    longest: slowest(({ longest }) => longest),
  }
}

/** Seconds of all that run. */
async function cpuOf({ running }: ReplicaSet): Promise<number> {
  const each = await Promise.all(running.map(({ server }) => server.measure()))
  return each.reduce((sum, { cpu }) => sum + cpu, 0)
}

/** What replicas and Postgres use when nobody asks them anything. */
async function measureIdle(
  replicas: ReplicaSet,
  { measureStorage, seconds }: { measureStorage: Place['measureStorage']; seconds: number },
): Promise<Figure[]> {
  const measure = async () => ({
    'of the replicas': await cpuOf(replicas),
    'of Postgres': (await measureStorage()).cpu,
  })
  const before = await measure()
  await Bun.sleep(seconds * 1000)
  const after = await measure()
  return (['of the replicas', 'of Postgres'] as const).map((whose) => ({
    name: `Processor time ${whose}, ${replicas.running.length} replicas idle`,
    value: (1000 * (after[whose] - before[whose])) / seconds,
    unit: 'ms/s',
  }))
}
