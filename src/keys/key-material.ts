import type { KeyPlace, KeyPlan } from './key-plan.ts'
import type { Ring, RingKey } from './ring/rotation.ts'
import type { SigningKey } from './signing-key.ts'

/** A key that was found or made. */
export interface OpenedKey {
  readonly key: SigningKey
  /** Undefined for a key that is not kept in a file. */
  readonly path: string | undefined
  readonly generated: boolean
}

/** A new key that is not stored yet. */
export interface MadeKey {
  readonly key: SigningKey
  readonly pem: string
}

/** The place of the private half of a key, as in the row of the ring. */
export type Whereabouts = Pick<RingKey, 'file' | 'sealed'>

/** The key of a tenant that has no ring yet. */
export interface FirstKey {
  readonly opened: OpenedKey
  readonly whereabouts: Whereabouts
}

/**
 * The store of private halves. A key is stored before the ring names it. A key is destroyed before the ring forgets it, or the ring lists
 * it for destruction. So a process that is killed in between may leave an unused key, but never loses a needed one, and the next process
 * knows which keys to remove. Every method throws KeyError.
 */
export interface KeyMaterial {
  /** Finds the existing key of a tenant without a ring; undefined when a key has to be made. */
  findFirst(plan: KeyPlan): Promise<FirstKey | undefined>
  /** Checks that a key can be stored and destroyed. Call it before a key is made, because making one can take seconds of a core. */
  prepare(plan: KeyPlan): Promise<void>
  /** Stores a new key durably. The tenant uses it once its ring names it. */
  keep(plan: KeyPlan, made: MadeKey): Promise<Whereabouts>
  /** Gives a key its final name, after the ring names it. */
  settle(plan: KeyPlan, key: RingKey): Promise<void>
  /** Whether the key is still stored. Another process may have taken it for an orphan and removed it. */
  isKept(plan: KeyPlan, key: RingKey): Promise<boolean>
  /** Settles the keys of the ring that a killed process left unsettled. */
  settleAll(place: KeyPlace, ring: Ring): Promise<void>
  load(plan: KeyPlan, key: RingKey): Promise<SigningKey>
  /** The file of a private half, for people to read; undefined: it is not in a file, or the row of the ring names none. */
  findPath(place: KeyPlace, key: RingKey): string | undefined
  /** Removes a stored key that no ring will name. Another key of the same kid stays. */
  discard(place: KeyPlace, key: Pick<RingKey, 'kid' | 'jwk'>): Promise<void>
  /** Destroys the private half of a key. Does nothing if it does not exist any more. */
  destroy(place: KeyPlace, key: RingKey): Promise<void>
  /**
   * Lists keys that are stored, completely or partly, and are not in the ring (undefined: there is no ring). A killed process left them, or
   * another process is making them now. Read the ring, list, change the ring, and only then remove. The other process read the ring
   * before the change, so its own change fails.
   */
  listOrphans(place: KeyPlace, ring: Ring | undefined): Promise<readonly string[]>
  /** Like {@link listOrphans} without a ring, but only for keys that were last changed at `before` (ms since the epoch) or earlier. */
  listUnfinished(place: KeyPlace, before: number): Promise<readonly string[]>
  /** Lists the ids of all tenants, existing or deleted, that have a place for keys beside this one. */
  listPlaces(place: KeyPlace): Promise<readonly string[]>
  /** Lists every key that grantd itself stored, including orphans. */
  listOurs(place: KeyPlace): Promise<readonly string[]>
  /** Like {@link listOurs}, but with the keys of the operator: every key that a tenant without a ring could use. */
  listAll(place: KeyPlace): Promise<readonly string[]>
  removeOrphans(place: KeyPlace, orphans: readonly string[]): Promise<void>
  /** Removes the place of a deleted tenant without keys, unless something else is in it. */
  removePlace(place: KeyPlace): Promise<void>
  /** Removes the place of this tenant, unless something is in it. */
  removeIfEmpty(place: KeyPlace): Promise<void>
  /** Stores the keys of a ring in the current form, such as under a new master key. Returns the new ring; the same object if unchanged. */
  renew(plan: KeyPlan, ring: Ring): Promise<Ring>
}
