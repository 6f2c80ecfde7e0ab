import { join } from 'node:path'
import type { Contender } from '../contenders/contender.ts'
import { fetchToken, toTokenEntry } from '../contenders/token-entry.ts'
import { median } from '../measure/statistics.ts'
import type { Figure } from '../results.ts'
import { runRounds } from '../rounds.ts'
import type { Bench, Scenario } from './scenario.ts'
import { listGrantd } from './tokens.ts'

const algorithm = 'RS256'

/** From exec with the key there; the default configuration otherwise. */
export const coldStartScenario: Scenario = {
  name: 'cold-start',
  title: `From exec to the first 200 and to the first ${algorithm} token, and memory idle and loaded`,
  async run(bench) {
    const figures: Figure[] = []
    for (const contender of listGrantd(bench)) figures.push(...(await measure(contender, bench)))
    return { rows: [], figures }
  },
}

async function measure(contender: Contender, bench: Bench): Promise<Figure[]> {
  const folder = await bench.newFolder()
  // The first start makes the key.
  await startOnce(contender, folder)
  const starts: Start[] = []
  for (let count = 0; count < (bench.short ? 5 : 20); count++) starts.push(await startOnce(contender, folder))
  const memory = await measureMemory(contender, { folder, bench })
  const { name } = contender
  return [
    { name: `${name}: first 200 after exec`, value: median(starts.map(({ ready }) => ready)), unit: 'ms' },
    { name: `${name}: first token after exec`, value: median(starts.map(({ token }) => token)), unit: 'ms' },
    { name: `${name}: RSS of a process, idle`, value: memory.idle, unit: 'MB' },
    { name: `${name}: RSS of a process, after load`, value: memory.loaded, unit: 'MB' },
  ]
}

interface Start {
  /** Milliseconds from exec, both. */
  readonly ready: number
  readonly token: number
}

async function startOnce(contender: Contender, folder: string): Promise<Start> {
  const started = await contender.start(join(folder, 'server'), algorithm)
  const ready = started.server.readyAfter
  await fetchToken(started)
  const token = performance.now() - started.server.startedAt
  await started.server.stop()
  return { ready, token }
}

/** Of the process that has the most, a second after the start and after a load of 32 connections. */
async function measureMemory(
  contender: Contender,
  { folder, bench }: { folder: string; bench: Bench },
): Promise<{ idle: number; loaded: number }> {
  const started = await contender.start(join(folder, 'server'), algorithm)
  try {
    await Bun.sleep(1000)
    const { largest: idle } = await started.server.measure()
    const entry = toTokenEntry(contender, started, { algorithm, connections: 32 })
    await runRounds([entry], { count: 1, seconds: bench.seconds, folder })
    const { largest: loaded } = await started.server.measure()
    return { idle, loaded }
  } finally {
    await started.server.stop()
  }
}
