import { DamagedRowError, type Storage } from '../storage/storage.ts'
import { type SettleOptions, settleForgotten, settleTrail } from './audit-journal.ts'

/**
 * Moves every waiting event into the trail of `tenant`, or of every tenant if it is undefined; for a process that reads trails and
 * writes none. Returns the damage of the first event that cannot be moved. Throws StorageError.
 */
export async function completeTrails(
  storage: Storage,
  tenant: string | undefined,
  options: SettleOptions,
): Promise<DamagedRowError | undefined> {
  try {
    await (tenant === undefined ? settleForgotten(storage, options) : settleTrail(storage, tenant, options))
    return undefined
  } catch (cause) {
    if (cause instanceof DamagedRowError) return cause
    throw cause
  }
}
