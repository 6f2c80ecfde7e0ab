import type { FreshRun } from '../async/fresh-run.ts'
import { UnavailableError } from '../protocol/errors.ts'
import type { OpenedRing } from './ring/ring-opener.ts'
import { longestUnseen } from './ring/rotation.ts'
import type { SigningKey } from './signing-key.ts'
import type { TenantKeys } from './tenant-keys.ts'

/** A time by both clocks. The wall clock may jump. The monotonic clock stops while the machine sleeps. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** See Platform.monotonic. */
  readonly monotonic: number
}

/** A tenant whose keys are opened. */
export interface Entry {
  ring: OpenedRing
  /** The number of the last change that the ring certainly includes. */
  head: number
  /** When the number was read. */
  seenAt: Moment
  /** The time from which the ring could not be read; undefined if it can be read. */
  failingSince: Moment | undefined
  /** Undefined until the ring is first read again. */
  refresh: FreshRun<void> | undefined
  /** The keys that callers get; undefined only while the entry is being made. */
  keys: TenantKeys | undefined
}

/**
 * Notes that the ring could not be read, so that it is read again. The keys in memory stay in use until {@link longestUnseen} has passed.
 */
export function noteFailure(
  entry: Entry | undefined,
  { failure, seenAt }: { failure: unknown; seenAt: Moment },
): void {
  if (!entry) return
  entry.ring = { ...entry.ring, failure }
  entry.failingSince ??= seenAt
}

/** Replaces the ring of an entry. Frees the key that signed when another one takes its place. */
export function replaceRing(
  entry: Entry,
  { ring, head, seenAt }: Pick<Entry, 'ring' | 'head' | 'seenAt'>,
): void {
  const { signing } = entry.ring
  if (signing !== ring.signing) signing?.signer.close()
  entry.ring = ring
  entry.head = head
  entry.seenAt = seenAt
  entry.failingSince = ring.failure === undefined ? undefined : (entry.failingSince ?? seenAt)
}

/** The knowledge of a keyring about the storage. */
export interface Sight {
  /** Whether other machines may change the rings. */
  readonly isShared: boolean
  /** Every change up to this time is known. */
  readonly seenAt: () => Moment
  readonly now: () => Moment
}

/**
 * Returns the key that signs. Throws the reason why the active key cannot sign, or UnavailableError when the ring was not seen for a
 * day: another process may have removed the key, and a removed key must not sign.
 */
export function getSigningKey({ ring, seenAt, failingSince }: Entry, sight: Sight): SigningKey {
  const { signing, failure, plan } = ring
  if (!signing || (failingSince && timeBetween(failingSince, sight.now()) > longestUnseen)) throw failure
  if (!sight.isShared || plan.file !== null) return signing
  const now = sight.now()
  if (Math.min(timeBetween(seenAt, now), timeBetween(sight.seenAt(), now)) <= longestUnseen) return signing
  throw new UnavailableError('The keyrings in the database were not seen for a day, so no key signs')
}

/** Milliseconds between two moments, by the clock with the larger difference. */
function timeBetween(from: Moment, to: Moment): number {
  return Math.max(to.now - from.now, to.monotonic - from.monotonic)
}
