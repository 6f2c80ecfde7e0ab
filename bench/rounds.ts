import { availableParallelism } from 'node:os'
import { type Algorithm, measureSigning, speedNames } from './measure/openssl.ts'
import type { Usage } from './measure/processes.ts'
import { median } from './measure/statistics.ts'
import { type Load, type LoadOutcome, runWrk } from './measure/wrk.ts'
import type { Limit, Row } from './results.ts'

/** A server under load, as the rounds see it. */
export interface Entry {
  readonly name: string
  readonly group?: string
  readonly kind: Row['kind']
  /** What the next round sends; called before each one, out of the time that counts. */
  prepare(): Promise<Omit<Load, 'seconds'>>
  /** Throws when an answer is not what it has to be; called before and after each round. */
  verify(): Promise<void>
  measure(): Promise<Usage>
}

export interface Rounds {
  readonly count: number
  readonly seconds: number
  /** For the files that the rounds write. */
  readonly folder: string
  /** Measures in each round as well what the machine can sign at most. */
  readonly limit?: Algorithm
}

interface Round extends LoadOutcome {
  /** Microseconds of processor time for one request. */
  readonly cpu: number
}

/** Drives all entries in turn, round by round; who goes first changes, so that a drift of the machine favours nobody. */
export async function runRounds(
  entries: readonly Entry[],
  { count, seconds, folder, limit }: Rounds,
): Promise<{ rows: Row[]; limit?: Limit }> {
  const idle = await Promise.all(entries.map((entry) => entry.measure()))
  const measured: Round[][] = entries.map(() => [])
  const signatures: number[] = []
  await warmUp(entries, folder)
  for (let round = 0; round < count; round++) {
    const turn = [...entries.keys()]
    for (const index of round % 2 === 0 ? turn : turn.reverse()) {
      const entry = entries[index]
      if (entry) measured[index]?.push(await runRound(entry, { seconds, folder }))
    }
    if (limit) signatures.push(await measureSigning(limit, seconds))
  }
  const loaded = await Promise.all(entries.map((entry) => entry.measure()))
  return {
    rows: entries.map((entry, index) =>
      toRow(entry, { rounds: measured[index] ?? [], idle: idle[index], loaded: loaded[index] }),
    ),
    ...(limit && {
      limit: {
        name: `openssl speed -multi ${availableParallelism()} ${speedNames[limit]}`,
        perSecond: median(signatures),
      },
    }),
  }
}

/** Compilers of the fly want to have seen a request before they are measured. */
async function warmUp(entries: readonly Entry[], folder: string): Promise<void> {
  for (const entry of entries) await runRound(entry, { seconds: 1, folder })
}

async function runRound(
  entry: Entry,
  { seconds, folder }: { seconds: number; folder: string },
): Promise<Round> {
  try {
    await entry.verify()
    const load = await entry.prepare()
    const before = await entry.measure()
    const outcome = await runWrk({ ...load, seconds }, folder)
    const after = await entry.measure()
    await entry.verify()
    return { ...outcome, cpu: ((after.cpu - before.cpu) / outcome.requests) * 1e6 }
  } catch (cause) {
    throw new Error(
      `A round of '${[entry.name, entry.group].filter(Boolean).join(', ')}' does not count: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    )
  }
}

interface Measured {
  readonly rounds: readonly Round[]
  readonly idle: Usage | undefined
  readonly loaded: Usage | undefined
}

function toRow({ name, group, kind }: Entry, { rounds, idle, loaded }: Measured): Row {
  const rates = rounds.map(({ requests, seconds }) => requests / seconds)
  const of = (pick: (round: Round) => number) => median(rounds.map(pick))
  return {
    name,
    ...(group && { group }),
    kind,
    perSecond: median(rates),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    p999: of(({ p999 }) => p999),
    cpu: of(({ cpu }) => cpu),
    rssIdle: idle?.rss ?? Number.NaN,
    rssLoaded: loaded?.rss ?? Number.NaN,
    rssLargest: loaded?.largest ?? Number.NaN,
    processes: loaded?.processes ?? 0,
    rounds: rates,
  }
}
