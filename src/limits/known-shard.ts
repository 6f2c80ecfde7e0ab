import type { knownAddresses } from './limit-row.ts'

/** The known addresses of some of the subjects of a tenant, as a row holds them. */
export type KnownShard = (typeof knownAddresses)['schema']['static']

/** Addresses of one subject; the least recently used one is dropped first. */
const mostAddresses = 8
/** Subjects of one row. */
const mostSubjects = 4096
/** Days without use after which an address is forgotten. */
export const keptDays = 90

/** A subject and an address as digests, because the database must not reveal which subject used which address. */
export interface KnownPair {
  readonly subject: string
  readonly address: number
}

/** Days since the epoch. */
export function dayOf(now: number): number {
  return Math.floor(now / 86_400_000)
}

export function isKnownIn(shard: KnownShard, { subject, address }: KnownPair, day: number): boolean {
  return pairsOf(shard, subject).some((pair) => pair.address === address && day - pair.day <= keptDays)
}

/** Returns the shard with the pair added; undefined when it already has a use of the pair in the last seven days. */
export function addKnown(
  shard: KnownShard,
  { subject, address }: KnownPair,
  day: number,
): KnownShard | undefined {
  const pairs = pairsOf(shard, subject)
  if (pairs.some((pair) => pair.address === address && day - pair.day < 7)) return undefined
  const kept = [...pairs.filter((pair) => pair.address !== address), { address, day }]
    .sort((a, b) => a.day - b.day)
    .slice(-mostAddresses)
  const { [subject]: _, ...others } = shard.subjects
  // The most recently changed subject is last.
  const subjects = [...Object.entries(others).slice(-(mostSubjects - 1)), [subject, flatten(kept)] as const]
  return { subjects: Object.fromEntries(subjects) }
}

interface Dated {
  readonly address: number
  readonly day: number
}

function pairsOf({ subjects }: KnownShard, subject: string): Dated[] {
  const flat = Object.hasOwn(subjects, subject) ? (subjects[subject] ?? []) : []
  const pairs: Dated[] = []
  for (let at = 0; at + 1 < flat.length; at += 2)
    pairs.push({ address: flat[at] ?? 0, day: flat[at + 1] ?? 0 })
  return pairs
}

function flatten(pairs: readonly Dated[]): number[] {
  return pairs.flatMap(({ address, day }) => [address, day])
}
