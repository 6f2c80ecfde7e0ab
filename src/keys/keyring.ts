import { UnavailableError } from '../protocol/errors.ts'
import type { JwkSet } from '../protocol/messages.ts'
import { Gate, GateFull } from './gate.ts'
import { type KeyHost, type KeyPlan, type OpenedKey, openKey } from './key-file.ts'
import { KeyOwners } from './key-owners.ts'
import type { SigningKey } from './signing-key.ts'

/** Tenants that may wait for their key; one more is told to come back. */
const longestQueue = 1000

/** The keys of one tenant. */
export interface TenantKeys {
  readonly active: SigningKey
  /** The key that `kid` names; undefined for any other. */
  find(kid: string): SigningKey | undefined
  readonly jwks: JwkSet
}

export interface KeyringOptions {
  /** Keys that are opened at once; default 1. */
  readonly atOnce?: number
  onOpened(plan: KeyPlan, opened: OpenedKey): void
}

/**
 * The keys of every tenant, opened at the first need and kept. A key that could not be had is tried again at
 * the next request, so that a repaired file needs no restart.
 */
export class Keyring {
  readonly #plans: ReadonlyMap<string, KeyPlan>
  readonly #host: KeyHost
  readonly #gate: Gate
  readonly #options: KeyringOptions
  readonly #owners = new KeyOwners()
  readonly #opened = new Map<string, Promise<TenantKeys>>()

  constructor(plans: ReadonlyMap<string, KeyPlan>, host: KeyHost, options: KeyringOptions) {
    this.#plans = plans
    this.#gate = new Gate(options.atOnce ?? 1, longestQueue)
    this.#host = host
    this.#options = options
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

  /** Making a key keeps a core busy: requests for many tenants at once must not take them all. */
  async #openInTurn(plan: KeyPlan): Promise<OpenedKey> {
    try {
      return await this.#gate.run(() => openKey(plan, this.#host))
    } catch (cause) {
      if (!(cause instanceof GateFull)) throw cause
      throw new UnavailableError('Too many keys are being opened', { cause })
    }
  }

  async #open(tenantId: string): Promise<TenantKeys> {
    const plan = this.#plans.get(tenantId)
    if (!plan) throw new TypeError(`The tenant ${tenantId} has no key plan`)
    const opened = await this.#openInTurn(plan)
    const { key } = opened
    this.#owners.claim(tenantId, key)
    this.#options.onOpened(plan, opened)
    return {
      active: key,
      find: (kid) => (kid === key.kid ? key : undefined),
      jwks: { keys: [key.jwk] },
    }
  }
}
