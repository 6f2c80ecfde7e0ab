import type { Storage } from '../storage/storage.ts'
import { type AppendOptions, appendEvents, type KnownHead } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'

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

/** Events by the tenant whose they are. */
export type Groups = readonly (readonly [tenant: string, events: readonly WaitingEvent[]])[]

/** In one order everywhere, so that two processes never wait for each other's lock. */
export function groupByTenant(events: readonly WaitingEvent[]): Groups {
  return [...Map.groupBy(events, ({ event }) => event.tenant)].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Appends each group to the trail of its tenant, inside a transaction; answers their heads, which count once it is committed. */
export async function appendGroups(
  inside: Pick<Storage, 'of'>,
  groups: Groups,
  { heads, ...options }: AppendOptions & { readonly heads: KnownHeads },
): Promise<[string, KnownHead][]> {
  const written: [string, KnownHead][] = []
  for (const [tenant, events] of groups) {
    const known = heads.get(tenant)
    written.push([tenant, await appendEvents(inside.of(tenant), events, { ...options, known })])
  }
  return written
}
