import { costOfPassword } from '../protocol/password/password-hash.ts'
import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import type { Storage } from '../storage/storage.ts'
import { passwordCosts } from './user-row.ts'

const id = 'costs'

/** The most costs that are told apart. */
const mostCosts = 16

/** Notes that a stored person of the tenant has a hash of this cost. Call it with the storage of the transaction. Throws StorageError. */
export function noteCost(storage: Storage, tenantId: string, hash: string): Promise<void> {
  const cost = costOfPassword(hash)
  const rows = storage.of(tenantId).of(passwordCosts)
  return untilWritten(async () => {
    const found = await rows.find(id)
    const costs = found?.value.costs ?? []
    if (costs.includes(cost) || costs.length >= mostCosts) return undefined
    return (await writeOver(rows, found, { id, value: { costs: [...costs, cost] } })) ? undefined : lost
  })
}

/** The costs of imported hashes that stored people of the tenant have or had. Throws StorageError. */
export async function findCosts(storage: Storage, tenantId: string): Promise<readonly string[]> {
  return (await storage.of(tenantId).of(passwordCosts).find(id))?.value.costs ?? []
}
