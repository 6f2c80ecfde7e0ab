import { join } from 'node:path'
import type { Server } from '../contenders/server.ts'
import { type Entry, type Rounds, runRounds } from '../rounds.ts'
import type { Bench } from './scenario.ts'

/** Starts a server in a folder that may not be there yet. */
export type Starter = (folder: string) => Promise<Started>

export interface Started {
  readonly server: Pick<Server, 'stop'>
  readonly entry: Entry
}

/** Starts all, one after the other, drives each in turn, round by round, and stops them. */
export async function compare(
  bench: Bench,
  starters: readonly Starter[],
  options: Partial<Pick<Rounds, 'limit' | 'count' | 'seconds'>> = {},
) {
  const folder = await bench.newFolder()
  const started: Started[] = []
  try {
    for (const start of starters) started.push(await start(join(folder, String(started.length))))
    const entries = started.map(({ entry }) => entry)
    return await runRounds(entries, { count: bench.rounds, seconds: bench.seconds, folder, ...options })
  } finally {
    await Promise.all(started.map(({ server }) => server.stop()))
  }
}
