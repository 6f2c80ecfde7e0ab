import { DamagedRowError, type Storage } from '../storage/storage.ts'
import { type SettleOptions, settleForgotten, settleTrail } from './audit-journal.ts'

/**
 * Brings every event that was written by now into the trail of `tenant`, or of every tenant where it is undefined, for a process that reads
 * trails and writes none. Returns what is wrong with the first event that cannot be brought. Throws StorageError.
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
