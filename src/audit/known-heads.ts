import { BoundedMap } from '../bounded-map.ts'
import type { KnownHead } from './audit-chain.ts'

/** Remembered heads, about 300 bytes each. The map keeps at most twice as many. */
const mostHeads = 20_000

/** Heads of trails as this process left them, so that it need not read a trail before it appends to it. */
export class KnownHeads {
  readonly #heads = new BoundedMap<KnownHead>({ most: mostHeads })

  get(tenant: string): KnownHead | undefined {
    return this.#heads.get(tenant)
  }

  remember(heads: readonly (readonly [tenant: string, head: KnownHead])[]): void {
    for (const [tenant, head] of heads) this.#heads.set(tenant, head)
  }

  /** Called after a write whose outcome is not known. */
  forget(tenants: Iterable<string>): void {
    for (const tenant of tenants) this.#heads.delete(tenant)
  }
}
