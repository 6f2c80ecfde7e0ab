import type { KeyMaker } from '../key-host.ts'
import type { KeyMaterial, MadeKey, Whereabouts } from '../key-material.ts'
import { complaintOf, KeyError, type KeyPlace, type KeyPlan } from '../key-plan.ts'
import type { Ring, RingKey } from '../ring/rotation.ts'
import { parseSigningKey, type SigningKey } from '../signing-key.ts'
import { UnfiledMaterial } from './unfiled-material.ts'

/** Keys that end with the process. */
export class MemoryMaterial extends UnfiledMaterial implements KeyMaterial {
  readonly #host: KeyMaker
  readonly #keys = new Map<string, string>()

  constructor(host: KeyMaker) {
    super()
    this.#host = host
  }

  async findFirst(): Promise<undefined> {
    return undefined
  }

  async keep(plan: KeyPlan, { key, pem }: MadeKey): Promise<Whereabouts> {
    this.#keys.set(nameOf(plan, key), pem)
    return {}
  }

  async load(plan: KeyPlan, key: RingKey): Promise<SigningKey> {
    const found = this.#keys.get(nameOf(plan, key))
    if (found !== undefined) return parseSigningKey(found, key, this.#host.engine)
    throw new KeyError(
      `${complaintOf(plan)}: ${key.kid} was in the memory of another process; make a new key: grantd keys rotate --now --tenant ${plan.tenantId}`,
    )
  }

  async discard(place: KeyPlace, key: Pick<RingKey, 'kid' | 'jwk'>): Promise<void> {
    this.#keys.delete(nameOf(place, key))
  }

  async destroy(place: KeyPlace, key: RingKey): Promise<void> {
    this.#keys.delete(nameOf(place, key))
  }

  async renew(_plan: KeyPlan, ring: Ring): Promise<Ring> {
    return ring
  }
}

/** Contains the public half, because two keys with one kid may be made at once, and one of them is discarded. */
function nameOf({ tenantId }: KeyPlace, { kid, jwk }: Pick<RingKey, 'kid' | 'jwk'>): string {
  return JSON.stringify([tenantId, kid, jwk.n, jwk.x, jwk.y])
}
