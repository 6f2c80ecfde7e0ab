import type { Files } from '../platform/platform.ts'
import type { JwkSet } from '../protocol/messages.ts'
import { KeyFileError, type KeyPlan, type OpenedKey, openKey } from './key-file.ts'
import type { SigningKey } from './signing-key.ts'

/** The keys of one tenant. */
export interface TenantKeys {
  readonly active: SigningKey
  /** The key that `kid` names; undefined for any other. */
  find(kid: string): SigningKey | undefined
  readonly jwks: JwkSet
}

export interface KeyringEvents {
  onOpened(plan: KeyPlan, opened: OpenedKey): void
}

/**
 * The keys of every tenant, opened at the first need and kept. A key that could not be had is tried again at
 * the next request, so that a repaired file needs no restart.
 */
export class Keyring {
  readonly #plans: ReadonlyMap<string, KeyPlan>
  readonly #files: Files
  readonly #events: KeyringEvents
  /** By the public part of a key. */
  readonly #ownerByMaterial = new Map<string, string>()
  readonly #opened = new Map<string, Promise<TenantKeys>>()

  constructor(plans: ReadonlyMap<string, KeyPlan>, files: Files, events: KeyringEvents) {
    this.#plans = plans
    this.#files = files
    this.#events = events
  }

  /** Throws KeyFileError when the tenant's key cannot be had. */
  of(tenantId: string): Promise<TenantKeys> {
    const known = this.#opened.get(tenantId)
    if (known) return known
    const opening = this.#open(tenantId)
    this.#opened.set(tenantId, opening)
    opening.catch(() => this.#opened.delete(tenantId))
    return opening
  }

  /** With one key for two tenants, what one signs would verify at the other. */
  #checkOwn(tenantId: string, { jwk }: SigningKey): void {
    const material = jwk.n ?? jwk.x ?? ''
    const owner = this.#ownerByMaterial.get(material) ?? tenantId
    if (owner !== tenantId) {
      throw new KeyFileError(
        `Cannot load the signing key of tenant '${tenantId}': it is the key of tenant '${owner}' too; give each its own`,
      )
    }
    this.#ownerByMaterial.set(material, tenantId)
  }

  async #open(tenantId: string): Promise<TenantKeys> {
    const plan = this.#plans.get(tenantId)
    if (!plan) throw new TypeError(`The tenant ${tenantId} has no key plan`)
    const opened = await openKey(plan, this.#files)
    const { key } = opened
    this.#checkOwn(tenantId, key)
    this.#events.onOpened(plan, opened)
    return {
      active: key,
      find: (kid) => (kid === key.kid ? key : undefined),
      jwks: { keys: [key.jwk] },
    }
  }
}
