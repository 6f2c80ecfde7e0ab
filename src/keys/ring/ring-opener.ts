import type { KeyMaterial, OpenedKey } from '../key-material.ts'
import { complaintOf, KeyError, type KeyPlan } from '../key-plan.ts'
import type { SigningKey, VerifyingKey } from '../signing-key.ts'
import { importPublished, isSameKey } from '../tenant-keys.ts'
import type { RingStore, StoredRing } from './ring-store.ts'
import type { RingWriter } from './ring-writer.ts'
import { findDueTime, findKey, type Ring } from './rotation.ts'

export interface RingOpenerOptions {
  readonly store: RingStore
  readonly writer: RingWriter
  readonly material: KeyMaterial
  /** Reads the key file of an operator. Throws KeyError. */
  readonly loadOwn: (plan: KeyPlan) => Promise<OpenedKey>
  readonly now: () => number
  /** Throws KeyError for a key of another tenant. */
  readonly claim: (tenantId: string, key: Pick<VerifyingKey, 'jwk'>) => void
}

/** The keys of a tenant, ready for use. */
export interface OpenedRing {
  readonly plan: KeyPlan
  /** 0 for a key of the operator, which has no ring. */
  readonly version: number
  /** When the next step is due (ms since the epoch); Infinity: never. */
  readonly dueAt: number
  /** When the active key of the ring began to sign (ms since the epoch); null: unknown. */
  readonly activatedAt: number | null
  /** Undefined if the active key cannot be opened and the previous one may no longer sign. */
  readonly signing: SigningKey | undefined
  readonly published: readonly VerifyingKey[]
  /** Why the active key of the ring does not sign; undefined when it does. */
  readonly failure: unknown
}

/** Opens rings: imports their keys for signing and verifying. */
export class RingOpener {
  readonly #options: RingOpenerOptions

  constructor(options: RingOpenerOptions) {
    this.#options = options
  }

  /** Opens the keys of a tenant. A tenant without a key gets its first one. Throws KeyError and StorageError. */
  async open(plan: KeyPlan): Promise<{ readonly ring: OpenedRing; readonly opened: OpenedKey }> {
    const { writer, loadOwn, claim } = this.#options
    if (plan.file !== null) {
      const opened = await loadOwn(plan)
      claim(plan.tenantId, opened.key)
      return { opened, ring: { ...unchanging, plan, signing: opened.key, published: [opened.key] } }
    }
    const { stored, first } = await writer.open(plan)
    const signing = first?.opened.key ?? (await this.#loadActive(plan, stored.ring))
    const prepared = await writer.prepare(plan, stored)
    return {
      ring: await this.#build(plan, prepared, { signing, failure: undefined }),
      opened: {
        key: signing,
        path: this.#pathOf(plan, stored.ring),
        generated: first?.opened.generated ?? false,
      },
    }
  }

  /**
   * Opens the current ring of a tenant again; undefined when the tenant no longer has a ring. When a new active key cannot be opened, the
   * previous one goes on signing while it is still published.
   */
  async reopen(plan: KeyPlan, last: OpenedRing): Promise<OpenedRing | undefined> {
    const stored = await this.#options.store.find(plan.tenantId)
    if (!stored || stored.ring.keys.length === 0) return undefined
    if (last.failure === undefined && isAsBefore(stored, last))
      return { ...last, plan, dueAt: this.#dueAt(plan, stored.ring) }
    const active = findKey(stored.ring, 'active')
    if (active && last.signing && isSameKey(active, last.signing))
      return this.#build(plan, stored, { signing: last.signing, failure: undefined })
    try {
      const signing = await this.#loadActive(plan, stored.ring)
      const prepared = await this.#options.writer.prepare(plan, stored)
      return await this.#build(plan, prepared, { signing, failure: undefined })
    } catch (failure) {
      if (!(failure instanceof KeyError)) throw failure
      const { signing } = last
      const isPublished = signing && stored.ring.keys.some((key) => isSameKey(key, signing))
      return this.#build(plan, stored, { signing: isPublished ? signing : undefined, failure })
    }
  }

  #loadActive(plan: KeyPlan, ring: Ring): Promise<SigningKey> {
    const active = findKey(ring, 'active')
    if (!active)
      throw new KeyError(`${complaintOf(plan)}: its keyring in the database has none that is active`)
    return this.#options.material.load(plan, active)
  }

  async #build(
    plan: KeyPlan,
    { ring, version }: StoredRing,
    { signing, failure }: Pick<OpenedRing, 'signing' | 'failure'>,
  ): Promise<OpenedRing> {
    for (const key of ring.keys) this.#options.claim(plan.tenantId, key)
    const published = await this.#import(plan, ring, signing)
    const activatedAt = findKey(ring, 'active')?.activated_at ?? null
    return { plan, version, dueAt: this.#dueAt(plan, ring), activatedAt, signing, published, failure }
  }

  /** Throws DamagedRowError for a public key that cannot be imported, because the error of jose does not name the row. */
  async #import(plan: KeyPlan, ring: Ring, signing: SigningKey | undefined): Promise<VerifyingKey[]> {
    try {
      return await importPublished(ring, signing)
    } catch {
      throw this.#options.store.damageOf(plan.tenantId, 'a public key of it is none')
    }
  }

  #dueAt(plan: KeyPlan, ring: Ring): number {
    return findDueTime(ring, plan, this.#options.now())
  }

  #pathOf(plan: KeyPlan, ring: Ring): string | undefined {
    const active = findKey(ring, 'active')
    return active && this.#options.material.findPath(plan, active)
  }
}

/** Compares the keys too, because versions start again when a tenant is deleted and made again. */
function isAsBefore({ ring, version }: StoredRing, last: OpenedRing): boolean {
  if (version !== last.version || ring.keys.length !== last.published.length) return false
  return ring.keys.every((key) => last.published.some((known) => isSameKey(known, key)))
}

const unchanging = { version: 0, dueAt: Number.POSITIVE_INFINITY, activatedAt: null, failure: undefined }
