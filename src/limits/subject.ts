import type { Hashing } from '../platform/hashing.ts'
import { groupOf } from './address-group.ts'

/** The identity that a sender claims: a kind, such as `client`, and an id. This room does not know whether it exists. */
export interface Subject {
  readonly tenantId: string
  readonly kind: string
  readonly key: string
  /** Returns the address of the attempt; undefined if it is not known. Called only when it is needed, because the call takes time. */
  readonly address: () => string | undefined
}

/** Names of the four counts that an attempt belongs to, in the book of its tenant. */
export interface Places {
  /** The subject from this address. */
  readonly pair: string
  readonly subject: string
  readonly address: string
  readonly tenant: string
}

/**
 * The numbers of counts of a tenant. The numbers are fixed and a keyed hash chooses a count, so more subjects or addresses do not make more
 * counts. If an attacker fills all counts, no address of the attacker is new any more. Two subjects with the same hash share a count.
 */
const buckets = { pair: 1024, subject: 512, address: 512 } as const

/** The text of a subject; no kind has a NUL in it. */
export function textOf({ kind, key }: Pick<Subject, 'kind' | 'key'>): string {
  return `${kind}\0${key}`
}

export interface PlacesDeps {
  readonly hashing: Pick<Hashing, 'hmacSha256'>
  readonly key: Uint8Array
}

/** Hashes with the key. Otherwise an attacker could find a subject that shares the count of another one, and make that one wait. */
export function placesOf(subject: Subject, { hashing, key }: PlacesDeps): Places {
  const bucketOf = (text: string, count: number) => {
    const [high = 0, low = 0] = hashing.hmacSha256(key, `count\0${text}`)
    return (high * 256 + low) % count
  }
  const group = groupOf(subject.address())
  const text = textOf(subject)
  return {
    pair: `p${bucketOf(`${text}\0${group}`, buckets.pair)}`,
    subject: `s${bucketOf(text, buckets.subject)}`,
    address: `a${bucketOf(group, buckets.address)}`,
    tenant: 't',
  }
}
