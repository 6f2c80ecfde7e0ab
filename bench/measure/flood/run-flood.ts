import { join } from 'node:path'

/** What the attackers are told. */
export interface FloodOrder {
  /** Connections are spread over them. */
  readonly ports: readonly number[]
  /** As they go over the wire; sent in turn by all connections together. */
  readonly requests: readonly string[]
  readonly connections: number
  readonly seconds: number
  /** Loopback addresses from which connections are made in turn. Default: the usual one. */
  readonly localAddresses?: readonly string[]
}

/** Answers of one second by status. */
export type SecondOfFlood = Record<string, number>

export interface FloodReport {
  readonly seconds: readonly SecondOfFlood[]
  /** Connections that failed, or that the server closed with something that is no answer. */
  readonly broken: number
}

export interface Flood {
  readonly report: Promise<FloodReport>
}

/** Starts attackers, who are lower in the order of the machine than everybody else where that is allowed. */
export function startFlood(order: FloodOrder): Flood {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts')], {
    stdin: new TextEncoder().encode(JSON.stringify(order)),
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return { report: new Response(child.stdout).json() }
}

/** Seconds until nearly every answer was a refusal of the limits; undefined: they never were. */
export function limitedAfter({ seconds }: FloodReport): number | undefined {
  const isLimited = (second: SecondOfFlood) => {
    const all = Object.values(second).reduce((sum, count) => sum + count, 0)
    return all > 0 && (second['429'] ?? 0) >= 0.95 * all
  }
  const found = seconds.findIndex(isLimited)
  return found < 0 ? undefined : found
}

/** Answers a second, over all. */
export function answersOf({ seconds }: FloodReport): number {
  const all = seconds.flatMap((second) => Object.values(second)).reduce((sum, count) => sum + count, 0)
  return all / Math.max(1, seconds.length)
}
