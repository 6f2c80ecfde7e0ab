import { KeyError, type KeyPlan } from './key-plan.ts'
import type { RingStore } from './ring/ring-store.ts'
import type { RingWriter } from './ring/ring-writer.ts'
import { findDueTime, findKey } from './ring/rotation.ts'

export interface UnopenedTenantsOptions {
  readonly findPlan: (tenantId: string) => KeyPlan | undefined | Promise<KeyPlan | undefined>
  readonly store: RingStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly isOpened: (tenantId: string) => boolean
  readonly writer: Pick<RingWriter, 'clear'>
}

/** Times in milliseconds since the epoch. */
export interface Surveyed {
  readonly dueAt: number
  /** When the active key began to sign; null: unknown. */
  readonly activatedAt: number | null
}

/** Remembers when unused tenants have a step of their rotation due, so that the step is taken although their keys are not opened. */
export class UnopenedTenants {
  readonly #options: UnopenedTenantsOptions
  /** By tenant. A tenant that never has a step due is not in it. */
  readonly #surveyed = new Map<string, Surveyed>()

  readonly #failing = new Set<string>()

  constructor(options: UnopenedTenantsOptions) {
    this.#options = options
  }

  /**
   * Reads the ring of a tenant that is not opened, and clears orphans beside its keys. Opens no key and makes none. Throws StorageError.
   */
  async survey(tenantId: string): Promise<void> {
    const { findPlan, store, now, isOpened, writer } = this.#options
    if (isOpened(tenantId)) return
    const plan = await findPlan(tenantId)
    const found = plan?.file === null ? await store.find(tenantId) : undefined
    const stored = plan && found && (await writer.clear(plan, found))
    const dueAt = plan && stored ? findDueTime(stored.ring, plan, now()) : Number.POSITIVE_INFINITY
    if (dueAt === Number.POSITIVE_INFINITY || isOpened(tenantId)) this.#surveyed.delete(tenantId)
    else {
      const activatedAt = (stored && findKey(stored.ring, 'active')?.activated_at) ?? null
      this.#surveyed.set(tenantId, { dueAt, activatedAt })
    }
  }

  /** Number of tenants whose keys could not be opened at their last use. */
  get failing(): number {
    return this.#failing.size
  }

  /** Notes whether the keys of a tenant could be opened. */
  async watch<T>(tenantId: string, opening: Promise<T>): Promise<T> {
    try {
      return await opening
    } catch (cause) {
      if (cause instanceof KeyError) this.#failing.add(tenantId)
      throw cause
    }
  }

  forget(tenantId: string): void {
    this.#failing.delete(tenantId)
    this.#surveyed.delete(tenantId)
  }

  list(): Iterable<Surveyed> {
    return this.#surveyed.values()
  }

  findDue(): string[] {
    const now = this.#options.now()
    return [...this.#surveyed].flatMap(([id, { dueAt }]) => (dueAt <= now ? [id] : []))
  }

  /** Makes the next search for due steps look at all tenants again. */
  reconsider(): void {
    for (const [id, surveyed] of this.#surveyed) this.#surveyed.set(id, { ...surveyed, dueAt: 0 })
  }
}
