import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import type { Storage } from '../storage/storage.ts'
import { personCutoffs } from './user-row.ts'

/** The person, or what one client got from the person. */
export interface CutoffOf {
  readonly sub: string
  readonly clientId?: string
}

/**
 * Ends everything of the person, or of the person at one client, that was made at `before` (ms) or earlier. Call it with the storage of
 * the transaction that changes the person. Throws StorageError.
 *
 * A cutoff never goes back. What a person gets is made at least 1 ms after the cutoff that was known then, see {@link timeAfter}. So a
 * cutoff of a clock that is behind goes on by 1 ms, and ends what was made since the last one too.
 */
export function cutOff(
  storage: Storage,
  tenantId: string,
  { before, ...of }: CutoffOf & { readonly before: number },
): Promise<void> {
  const records = storage.of(tenantId).of(personCutoffs)
  const id = idOf(of)
  return untilWritten(async () => {
    const known = await records.find(id)
    const value = { before: timeAfter(await findCutoff(storage, tenantId, of), before) }
    return (await writeOver(records, known, { id, value })) ? undefined : lost
  })
}

/** The time (ms) of what is made at `now` after a cutoff was read. A clock that was ahead set a cutoff that is later than now. */
export function timeAfter(cutoff: number, now: number): number {
  return Math.max(now, cutoff + 1)
}

/**
 * Returns the time (ms) up to which everything of the person at this client is over: the later one of the person's and the client's; 0:
 * none. Reads one statement. Throws StorageError.
 */
export async function findCutoff(
  storage: Storage,
  tenantId: string,
  { sub, clientId }: CutoffOf,
): Promise<number> {
  const ids = clientId === undefined ? [sub] : [sub, idOf({ sub, clientId })]
  const found = await storage.of(tenantId).of(personCutoffs).findMany(ids)
  return Math.max(0, ...found.map(({ value }) => value.before))
}

/** No sub has a space in it. */
function idOf({ sub, clientId }: CutoffOf): string {
  return clientId === undefined ? sub : `${sub} ${clientId}`
}
