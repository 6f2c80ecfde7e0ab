import type { Contender } from '../contenders/contender.ts'
import { listVariants, toContender } from '../contenders/grantd.ts'
import { listPeers } from '../contenders/peers.ts'
import { type TokenLoad, toTokenEntry } from '../contenders/token-entry.ts'
import type { Algorithm } from '../measure/openssl.ts'
import { compare, type Starter } from './compare.ts'
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

/** Every way to start this grantd, and the other one as it is. */
export function listGrantd({ abilities, executable, against }: Bench): Contender[] {
  const contenders = listVariants(abilities).map((variant) => toContender(executable, variant))
  if (against) contenders.push({ ...toContender(against, { name: 'grantd, before' }), kind: 'before' })
  return contenders
}

export interface TokenComparison {
  readonly contenders: readonly Contender[]
  readonly load: TokenLoad
  readonly limit?: Algorithm
}

/** Starts all contenders, drives each in turn, and stops them. */
function compareTokens(bench: Bench, { contenders, load, limit }: TokenComparison) {
  const starters = contenders.map((contender) => toStarter(contender, load))
  return compare(bench, starters, limit ? { limit } : {})
}

/** A contender under a load of token requests. */
export function toStarter(contender: Contender, load: TokenLoad): Starter {
  return async (folder) => {
    const started = await contender.start(folder, load.algorithm)
    return { server: started.server, entry: toTokenEntry(contender, started, load) }
  }
}
