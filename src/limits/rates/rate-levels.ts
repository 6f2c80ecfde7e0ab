import { usedAt } from './rate-level.ts'

/** Of each sender, by the name under which it is stored: what is used, when that was (ms since the epoch), and the rate of a minute. */
export type PackedLevels = Readonly<Record<string, readonly [used: number, at: number, perMinute: number]>>

/** What each sender of a tenant has used, at one moment. */
export type Levels = Map<string, { readonly used: number; readonly perMinute: number }>

/** Counts of a tenant that are shared; those that used the greatest part of their rate. */
const mostShared = 500

/** The levels at `now`; empty ones are left out. */
export function readLevels(packed: PackedLevels, now: number): Levels {
  const levels: Levels = new Map()
  for (const [name, [used, at, perMinute]] of Object.entries(packed)) {
    const left = usedAt({ used, at }, perMinute, now)
    if (left > 0) levels.set(name, { used: left, perMinute })
  }
  return levels
}

/** Adds units, and returns the sum. */
export function addLevel(
  levels: Levels,
  name: string,
  { units, perMinute }: { readonly units: number; readonly perMinute: number },
): number {
  const used = Math.max(0, (levels.get(name)?.used ?? 0) + units)
  levels.set(name, { used, perMinute })
  return used
}

export function packLevels(levels: Levels, now: number): Record<string, [number, number, number]> {
  const most = [...levels]
    .sort(([, a], [, b]) => b.used / b.perMinute - a.used / a.perMinute)
    .slice(0, mostShared)
  return Object.fromEntries(
    most.map(([name, { used, perMinute }]) => [name, [Math.round(used * 1000) / 1000, now, perMinute]]),
  )
}
