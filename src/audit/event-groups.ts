import type { Storage } from '../storage/storage.ts'
import { type AppendOptions, appendEvents, type KnownHead } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'
import type { KnownHeads } from './known-heads.ts'

/** Events by their tenant. */
export type Groups = readonly (readonly [tenant: string, events: readonly WaitingEvent[]])[]

/** The order is the same in all processes, so that no two processes wait for each other's locks. */
export function groupByTenant(events: readonly WaitingEvent[]): Groups {
  return [...Map.groupBy(events, ({ event }) => event.tenant)].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Appends each group to the trail of its tenant, inside a transaction. Returns the new heads, which count once it is committed. */
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
