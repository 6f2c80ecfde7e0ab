import type { Storage } from '../storage/storage.ts'
import { type AppendOptions, appendEvents, type KnownHead } from './audit-chain.ts'
import type { WaitingEvent } from './audit-entry.ts'
import type { KnownHeads } from './known-heads.ts'

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
