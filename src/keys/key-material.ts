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

/** What the row of a ring says about where the private half of a key is. */
export type Whereabouts = Pick<RingKey, 'file' | 'sealed'>

/** The key of a tenant that has no ring yet. */
export interface FirstKey {
  readonly opened: OpenedKey
  readonly whereabouts: Whereabouts
}

/**
 * Where private halves are. A key is kept before the ring names it and destroyed before the ring forgets it, or the ring says that it
 * is to be destroyed; so a process that ends in between leaves too much, never too little, and the next one knows what. What is read
 * throws KeyError.
 */
export interface KeyMaterial {
  /** The key of a tenant without a ring; undefined when one has to be made. */
  findFirst(plan: KeyPlan): Promise<FirstKey | undefined>
  /** Sees that a key could be kept, and destroyed: to make one costs up to seconds of a core. */
  prepare(plan: KeyPlan): Promise<void>
  /** Keeps a new key, durably. It is not the tenant's until a ring names it. */
  keep(plan: KeyPlan, made: MadeKey): Promise<Whereabouts>
  /** The ring names the key now. */
  settle(plan: KeyPlan, key: RingKey): Promise<void>
  /** Whether the key that was kept is still there: it may have been taken for one that was left. */
  isKept(plan: KeyPlan, key: RingKey): Promise<boolean>
  /** Settles the keys of the ring that a process which ended left unsettled. */
  settleAll(place: KeyPlace, ring: Ring): Promise<void>
  load(plan: KeyPlan, key: RingKey): Promise<SigningKey>
  /** The file of a private half, for people to read; undefined: it is not in a file, or the row of the ring names none. */
  findPath(place: KeyPlace, key: RingKey): string | undefined
  /** No ring will name the key that was kept: that of another key of its kid stays. */
  discard(place: KeyPlace, key: Pick<RingKey, 'kid' | 'jwk'>): Promise<void>
  /** Nothing happens when it is gone already. */
  destroy(place: KeyPlace, key: RingKey): Promise<void>
  /**
   * What was kept, or half kept, and is in no ring (undefined: there is none): a process ended in between, or is at work now. To be
   * listed after the ring was read, and removed once it was changed: whoever is at work read it before, so that its change fails.
   */
  listOrphans(place: KeyPlace, ring: Ring | undefined): Promise<readonly string[]>
  /** Like {@link listOrphans} without a ring, what was changed last at `before` (ms since the epoch) or earlier. */
  listUnfinished(place: KeyPlace, before: number): Promise<readonly string[]>
  /** The tenants, there or gone, that have a place for keys beside this one. */
  listPlaces(place: KeyPlace): Promise<readonly string[]>
  /** Like {@link listOrphans}, what is or was in a ring too: everything of grantd's own. */
  listOurs(place: KeyPlace): Promise<readonly string[]>
  /** Like {@link listOurs}, what an operator put there too: everything from which a tenant without a ring could get a key. */
  listAll(place: KeyPlace): Promise<readonly string[]>
  removeOrphans(place: KeyPlace, orphans: readonly string[]): Promise<void>
  /** The tenant is gone, and so are its keys: what held them goes too, unless something else is in it. */
  removePlace(place: KeyPlace): Promise<void>
  /** Removes what held keys of this tenant, unless something is in it. */
  removeIfEmpty(place: KeyPlace): Promise<void>
  /** The ring with its keys as they would be kept today; the same one when they are. */
  renew(plan: KeyPlan, ring: Ring): Promise<Ring>
}
