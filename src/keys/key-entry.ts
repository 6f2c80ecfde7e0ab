import type { FreshRun } from '../async/fresh-run.ts'
import { UnavailableError } from '../protocol/errors.ts'
import type { OpenedRing } from './ring/ring-opener.ts'
import { longestUnseen } from './ring/rotation.ts'
import type { SigningKey } from './signing-key.ts'
import type { TenantKeys } from './tenant-keys.ts'

/** A time by both clocks: one may jump, the other stands still while the machine sleeps. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** See Platform.monotonic. */
  readonly monotonic: number
}

/** A tenant whose keys are at hand. */
export interface Entry {
  ring: OpenedRing
  /** The ring is as it was after this change, or later. */
  head: number
  /** When that was read. */
  seenAt: Moment
  /** Since when the ring cannot be used as it is; undefined: it can. */
  failingSince: Moment | undefined
  /** Made when the ring is first looked at again. */
  refresh: FreshRun<void> | undefined
  /** The keys of the ring as everybody gets them. */
  keys: TenantKeys | undefined
}

/** The ring could not be looked at, and is to be looked at again; what is at hand serves on for as long as it may. */
export function noteFailure(
  entry: Entry | undefined,
  { failure, seenAt }: { failure: unknown; seenAt: Moment },
): void {
  if (!entry) return
  entry.ring = { ...entry.ring, failure }
  entry.failingSince ??= seenAt
}

/** Goes on with the ring as it was read again; frees the key that signed when another one takes its place. */
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

/** What a keyring knows of the storage. */
export interface Sight {
  /** Whether other machines may change the rings. */
  readonly isShared: boolean
  /** Up to when every change is known. */
  readonly seenAt: () => Moment
  readonly now: () => Moment
}

/**
 * The key that signs. Throws what keeps the key of the ring from signing, and UnavailableError. When unsure, no token: a key that
 * others removed meanwhile must not sign on.
 */
export function getSigningKey({ ring, seenAt, failingSince }: Entry, sight: Sight): SigningKey {
  const { signing, failure, plan } = ring
  if (!signing || (failingSince && timeBetween(failingSince, sight.now()) > longestUnseen)) throw failure
  if (!sight.isShared || plan.file !== null) return signing
  const now = sight.now()
  if (Math.min(timeBetween(seenAt, now), timeBetween(sight.seenAt(), now)) <= longestUnseen) return signing
  throw new UnavailableError('The keyrings in the database were not seen for a day, so no key signs')
}

/** The milliseconds from one to the other, by the clock that says more. */
function timeBetween(from: Moment, to: Moment): number {
  return Math.max(to.now - from.now, to.monotonic - from.monotonic)
}
