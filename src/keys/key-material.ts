import {
  complaintOf,
  KeyFileError,
  type KeyMaker,
  type KeyPlace,
  type KeyPlan,
  type MadeKey,
  makeKey,
  type OpenedKey,
} from './key-file.ts'
import type { Ring, RingKey } from './rotation.ts'
import { parseSigningKey, type SigningKey } from './signing-key.ts'

/** What the row of a ring says about where the private half of a key is. */
export type Whereabouts = Pick<RingKey, 'file' | 'sealed'>

/** The key of a tenant that has no ring yet. */
export interface FirstKey {
  readonly opened: OpenedKey
  readonly whereabouts: Whereabouts
}

/**
 * Where private halves are. A key is kept before the ring names it and destroyed before the ring forgets it, so a process that
 * ends in between leaves too much and never too little. What is read throws KeyFileError.
 */
export interface KeyMaterial {
  /** The key of a tenant without a ring; undefined when one has to be made. */
  findFirst(plan: KeyPlan): Promise<FirstKey | undefined>
  /** Like {@link findFirst}, and makes it. Of several processes, each may have made one: only one gets into the ring. */
  openFirst(plan: KeyPlan): Promise<FirstKey>
  /** Keeps a new key, durably. It is not the tenant's until a ring names it. */
  keep(plan: KeyPlan, made: MadeKey): Promise<Whereabouts>
  /** The ring names the key now. */
  settle(plan: KeyPlan, key: RingKey): Promise<void>
  load(plan: KeyPlan, key: RingKey): Promise<SigningKey>
  /** Nothing happens when it is gone already. */
  destroy(place: KeyPlace, key: RingKey): Promise<void>
  /** What was kept and is in no ring, for a process ended in between; to be listed before the ring is changed. */
  listStrays(plan: KeyPlan, ring: Ring): Promise<readonly string[]>
  /** Like {@link listStrays}, what is in a ring too: everything from which a tenant without a ring could get a key. */
  listAll(place: KeyPlace): Promise<readonly string[]>
  removeStrays(place: KeyPlace, strays: readonly string[]): Promise<void>
  /** The ring with its keys as they would be kept today; the same one when they are. */
  renew(plan: KeyPlan, ring: Ring): Promise<Ring>
}

/** Keys that end with the process. */
export class MemoryMaterial implements KeyMaterial {
  readonly #host: KeyMaker
  readonly #keys = new Map<string, string>()

  constructor(host: KeyMaker) {
    this.#host = host
  }

  async findFirst(): Promise<undefined> {
    return undefined
  }

  async openFirst(plan: KeyPlan): Promise<FirstKey> {
    const made = await makeKey(plan, plan.kid, this.#host)
    return {
      opened: { key: made.key, path: undefined, generated: true },
      whereabouts: await this.keep(plan, made),
    }
  }

  async keep(plan: KeyPlan, { key, pem }: MadeKey): Promise<Whereabouts> {
    this.#keys.set(nameOf(plan, key), pem)
    return {}
  }

  async settle(): Promise<void> {}

  async load(plan: KeyPlan, key: RingKey): Promise<SigningKey> {
    const found = this.#keys.get(nameOf(plan, key))
    if (found !== undefined) return parseSigningKey(found, key, this.#host.engine)
    throw new KeyFileError(
      `${complaintOf(plan)}: ${key.kid} was in the memory of another process; make a new key: grantd keys rotate --now --tenant ${plan.tenantId}`,
    )
  }

  async destroy(place: KeyPlace, key: RingKey): Promise<void> {
    this.#keys.delete(nameOf(place, key))
  }

  async listStrays(): Promise<readonly string[]> {
    return []
  }

  async listAll(): Promise<readonly string[]> {
    return []
  }

  async removeStrays(): Promise<void> {}

  async renew(_plan: KeyPlan, ring: Ring): Promise<Ring> {
    return ring
  }
}

function nameOf({ tenantId }: KeyPlace, { kid }: { readonly kid: string }): string {
  return JSON.stringify([tenantId, kid])
}
