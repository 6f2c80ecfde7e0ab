import type { KnownHead } from './audit-chain.ts'

/** Tenants whose heads are remembered, at some 300 bytes each. */
const mostHeads = 20_000

/** Heads of trails as this process left them, the oldest first, so that a trail is gone on with without reading it. */
export class KnownHeads {
  readonly #heads = new Map<string, KnownHead>()

  get(tenant: string): KnownHead | undefined {
    return this.#heads.get(tenant)
  }

  remember(heads: readonly (readonly [tenant: string, head: KnownHead])[]): void {
    for (const [tenant, head] of heads) {
      this.#heads.delete(tenant)
      this.#heads.set(tenant, head)
      const [oldest] = this.#heads.size > mostHeads ? this.#heads.keys() : []
      if (oldest !== undefined) this.#heads.delete(oldest)
    }
  }

  /** After a write of which nobody knows whether it was committed. */
  forget(tenants: Iterable<string>): void {
    for (const tenant of tenants) this.#heads.delete(tenant)
  }
}
