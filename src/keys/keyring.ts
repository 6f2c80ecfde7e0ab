import type { Files } from '../platform/platform.ts'
import type { JwkSet } from '../protocol/messages.ts'
import { type KeyPlan, type OpenedKey, openKey } from './key-file.ts'
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

  async #open(tenantId: string): Promise<TenantKeys> {
    const plan = this.#plans.get(tenantId)
    if (!plan) throw new TypeError(`The tenant ${tenantId} has no key plan`)
    const opened = await openKey(plan, this.#files)
    this.#events.onOpened(plan, opened)
    const { key } = opened
    return {
      active: key,
      find: (kid) => (kid === key.kid ? key : undefined),
      jwks: { keys: [key.jwk] },
    }
  }
}
