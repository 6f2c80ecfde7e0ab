import { join } from 'node:path'
import type { Contender } from '../contenders/contender.ts'
import { listVariants, toContender } from '../contenders/grantd.ts'
import { listPeers } from '../contenders/peers.ts'
import { type TokenLoad, toTokenEntry } from '../contenders/token-entry.ts'
import type { Algorithm } from '../measure/openssl.ts'
import { runRounds } from '../rounds.ts'
import type { Bench, Scenario } from './scenario.ts'

/** Tokens of one algorithm, grantd in all its ways against every peer and the machine's limit. */
export const tokenScenarios: readonly Scenario[] = (['RS256', 'ES256', 'EdDSA'] as const).map(
  (algorithm) => ({
    name: algorithm.toLowerCase(),
    title: `Tokens, ${algorithm}, 32 connections`,
    run: (bench) =>
      compareTokens(bench, {
        contenders: [...listGrantd(bench), ...listPeers()],
        load: { algorithm, connections: 32 },
        limit: algorithm,
      }),
  }),
)

/** Every way to start this grantd. */
export function listGrantd({ abilities, executable }: Bench): Contender[] {
  return listVariants(abilities).map((variant) => toContender(executable, variant))
}

export interface TokenComparison {
  readonly contenders: readonly Contender[]
  readonly load: TokenLoad
  readonly limit?: Algorithm
}

/** Starts all contenders, drives each in turn, and stops them. */
export async function compareTokens(bench: Bench, { contenders, load, limit }: TokenComparison) {
  const folder = await bench.newFolder()
  const started = await Promise.all(
    contenders.map(async (contender, index) => ({
      contender,
      running: await contender.start(join(folder, String(index)), load.algorithm),
    })),
  )
  try {
    const entries = started.map(({ contender, running }) => toTokenEntry(contender, running, load))
    return await runRounds(entries, {
      count: bench.rounds,
      seconds: bench.seconds,
      folder,
      ...(limit && { limit }),
    })
  } finally {
    await Promise.all(started.map(({ running }) => running.server.stop()))
  }
}
