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
  /** How the next round is driven; called before each one, out of the time that counts. */
  prepare(next: NextRound): Promise<Drive>
  /** Throws when an answer is not what it has to be; called before and after each round. */
  verify(): Promise<void>
  measure(): Promise<Usage>
  /** Of the processes of a storage that is a server too. */
  measureStorage?(): Promise<Usage>
}

export interface NextRound {
  readonly seconds: number
  /** Requests a second of the round before, the warming up at first; 0: there was none. */
  readonly rate: number
}

/** What wrk is to send, or a load of another kind that lasts so many seconds. */
export type Drive = Omit<Load, 'seconds'> | ((seconds: number) => Promise<LoadOutcome>)

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
  /** The same of the storage's processes. */
  readonly cpuStorage?: number
}

/** Drives all entries in turn, round by round; who goes first changes, so that a drift of the machine favours nobody. */
export async function runRounds(
  entries: readonly Entry[],
  { count, seconds, folder, limit }: Rounds,
): Promise<{ rows: Row[]; limit?: Limit }> {
  const idle = await Promise.all(entries.map((entry) => entry.measure()))
  const measured: Round[][] = entries.map(() => [])
  const signatures: number[] = []
  // Compilers on the fly want to have seen a request before they are measured.
  const warm = await warmUp(entries, folder)
  for (let round = 0; round < count; round++) {
    const turn = [...entries.keys()]
    for (const index of round % 2 === 0 ? turn : turn.reverse()) {
      const entry = entries[index]
      const rate = rateOf(measured[index]?.at(-1) ?? warm[index])
      if (!entry) continue
      const done = await runRound(entry, { seconds, folder, rate })
      // While it warms up, a server that has much to do may need longer than that.
      if (done.requests === 0) throw new Error(`Not one answer of ${labelOf(entry)} came in ${seconds} s`)
      measured[index]?.push(done)
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

async function warmUp(entries: readonly Entry[], folder: string): Promise<Round[]> {
  const rounds: Round[] = []
  for (const entry of entries) rounds.push(await runRound(entry, { seconds: 1, folder, rate: 0 }))
  return rounds
}

function labelOf({ name, group }: Entry): string {
  return `'${[name, group].filter(Boolean).join(', ')}'`
}

function rateOf(round: Round | undefined): number {
  return round ? round.requests / round.seconds : 0
}

async function runRound(
  entry: Entry,
  { folder, ...next }: NextRound & { readonly folder: string },
): Promise<Round> {
  try {
    await entry.verify()
    const drive = await entry.prepare(next)
    const before = await measureBoth(entry)
    const { seconds } = next
    const outcome = await (typeof drive === 'function'
      ? drive(seconds)
      : runWrk({ ...drive, seconds }, folder))
    const after = await measureBoth(entry)
    await entry.verify()
    const perRequest = (from = Number.NaN, to = Number.NaN) => ((to - from) / outcome.requests) * 1e6
    return {
      ...outcome,
      cpu: perRequest(before.own.cpu, after.own.cpu),
      ...(after.storage && { cpuStorage: perRequest(before.storage?.cpu, after.storage.cpu) }),
    }
  } catch (cause) {
    throw new Error(
      `A round of ${labelOf(entry)} does not count: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    )
  }
}

async function measureBoth(entry: Entry) {
  const [own, storage] = await Promise.all([entry.measure(), entry.measureStorage?.()])
  return { own, storage }
}

interface Measured {
  readonly rounds: readonly Round[]
  readonly idle: Usage | undefined
  readonly loaded: Usage | undefined
}

function toRow({ name, group, kind, measureStorage }: Entry, { rounds, idle, loaded }: Measured): Row {
  const rates = rounds.map(rateOf)
  const of = (pick: (round: Round) => number) => orNull(median(rounds.map(pick)))
  return {
    name,
    ...(group && { group }),
    kind,
    perSecond: median(rates),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    p999: of(({ p999 }) => p999),
    cpu: of(({ cpu }) => cpu),
    ...(measureStorage && { cpuStorage: of(({ cpuStorage = Number.NaN }) => cpuStorage) }),
    rssIdle: orNull(idle?.rss),
    rssLoaded: orNull(loaded?.rss),
    rssLargest: orNull(loaded?.largest),
    processes: loaded?.processes ?? 0,
    rounds: rates,
  }
}

/** JSON has no NaN. */
function orNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
