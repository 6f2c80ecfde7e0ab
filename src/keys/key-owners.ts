import { KeyError } from './key-plan.ts'
import type { VerifyingKey } from './signing-key.ts'

/** The tenant of each key. If two tenants had one key, tokens of one would verify at the other. */
export class KeyOwners {
  /** By the public part of a key. */
  readonly #owners = new Map<string, string>()

  /** Throws KeyError when the key belongs to another tenant already. */
  claim(tenantId: string, { jwk }: Pick<VerifyingKey, 'jwk'>): void {
    const material = `${jwk.n ?? ''}${jwk.x ?? ''}${jwk.y ?? ''}`
    const owner = this.#owners.get(material) ?? tenantId
    if (owner !== tenantId) {
      throw new KeyError(
        `Cannot load the signing key of tenant '${tenantId}': it is the key of tenant '${owner}' too; give each its own`,
      )
    }
    this.#owners.set(material, tenantId)
  }

  /** Frees the keys of a tenant for another one, which a new configuration may give them to. */
  release(tenantId: string): void {
    for (const [material, owner] of this.#owners) if (owner === tenantId) this.#owners.delete(material)
  }
}
