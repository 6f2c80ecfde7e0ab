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

/** A new key that is kept nowhere yet. */
export interface MadeKey {
  readonly key: SigningKey
  readonly pem: string
}

/** Where the private half of a key is, as the row of the ring says it. */
export type Whereabouts = Pick<RingKey, 'file' | 'sealed'>

/** The key of a tenant that has no ring yet. */
export interface FirstKey {
  readonly opened: OpenedKey
  readonly whereabouts: Whereabouts
}

/**
 * Where private halves are. A key is kept before the ring names it. It is destroyed before the ring forgets it, or the ring lists it
 * for destruction. So a process that is killed in between leaves too much and never too little, and the next process knows what to
 * remove. Every method throws KeyError.
 */
export interface KeyMaterial {
  /** Finds the key of a tenant without a ring; undefined when one has to be made. */
  findFirst(plan: KeyPlan): Promise<FirstKey | undefined>
  /** Checks that a key can be kept and destroyed, before one is made: making one can take seconds of a core. */
  prepare(plan: KeyPlan): Promise<void>
  /** Keeps a new key durably. It becomes the tenant's when a ring names it. */
  keep(plan: KeyPlan, made: MadeKey): Promise<Whereabouts>
  /** Gives a key its final name, after the ring names it. */
  settle(plan: KeyPlan, key: RingKey): Promise<void>
  /** Whether the key is still kept: another process may have taken it for an orphan and removed it. */
  isKept(plan: KeyPlan, key: RingKey): Promise<boolean>
  /** Settles the keys of the ring that a killed process left unsettled. */
  settleAll(place: KeyPlace, ring: Ring): Promise<void>
  load(plan: KeyPlan, key: RingKey): Promise<SigningKey>
  /** The file of a private half, for people to read; undefined: it is not in a file, or the row of the ring names none. */
  findPath(place: KeyPlace, key: RingKey): string | undefined
  /** Removes a kept key that no ring will name. Another key of the same kid stays. */
  discard(place: KeyPlace, key: Pick<RingKey, 'kid' | 'jwk'>): Promise<void>
  /** Destroys the private half of a key. Does nothing when it is gone already. */
  destroy(place: KeyPlace, key: RingKey): Promise<void>
  /**
   * Lists what was kept, completely or partly, and is not in the ring (undefined: there is no ring). A process was killed, or is at work
   * now. Read the ring, list, change the ring, and only then remove: a process at work read the ring before, so its own change fails.
   */
  listOrphans(place: KeyPlace, ring: Ring | undefined): Promise<readonly string[]>
  /** Like {@link listOrphans} without a ring, only what was last changed at `before` (ms since the epoch) or earlier. */
  listUnfinished(place: KeyPlace, before: number): Promise<readonly string[]>
  /** The ids that have a place for keys beside this one, of tenants that exist or existed. */
  listPlaces(place: KeyPlace): Promise<readonly string[]>
  /** Everything that grantd itself kept, orphan or not. */
  listOurs(place: KeyPlace): Promise<readonly string[]>
  /** Like {@link listOurs}, and the keys of the operator too: everything that a tenant without a ring could take for its key. */
  listAll(place: KeyPlace): Promise<readonly string[]>
  removeOrphans(place: KeyPlace, orphans: readonly string[]): Promise<void>
  /** Removes the place of a tenant that is gone and has no keys, unless something else is in it. */
  removePlace(place: KeyPlace): Promise<void>
  /** Removes the place of this tenant, unless something is in it. */
  removeIfEmpty(place: KeyPlace): Promise<void>
  /** Returns the ring with its keys kept as they would be kept today; the same object when nothing changes. */
  renew(plan: KeyPlan, ring: Ring): Promise<Ring>
}
