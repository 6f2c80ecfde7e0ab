import type { KeyMaterial } from '../key-material.ts'
import { KeyError, type KeyPlace } from '../key-plan.ts'
import type { KeyringOptions } from '../keyring-options.ts'
import type { RingStore, StoredRing } from './ring-store.ts'
import type { RingWriter } from './ring-writer.ts'

export interface OrphanFoldersOptions extends Pick<KeyringOptions, 'findPlan' | 'folderOf' | 'now'> {
  readonly store: Pick<RingStore, 'find' | 'remove'>
  readonly material: KeyMaterial
  readonly writer: Pick<RingWriter, 'clear'>
}

/** Milliseconds after which no process can still be making a first key, which takes seconds at most. */
const atWork = 3_600_000

/**
 * Clears the folders of keys of deleted tenants and of tenants without a ring, because opening and rotating a ring does not visit them. It
 * removes only files with unfinished names, and files that a ring lists for destruction. A finished key that no ring names stays: it may
 * belong to the operator, or be newer than a database from a backup.
 */
export class OrphanFolders {
  readonly #options: OrphanFoldersOptions

  constructor(options: OrphanFoldersOptions) {
    this.#options = options
  }

  /** Lists the ids that have a folder, of tenants that exist or existed. Empty when the folders cannot be listed. */
  async list(): Promise<readonly string[]> {
    const { material, folderOf } = this.#options
    const anyTenant = 'any'
    return (
      (await orNothing(() => material.listPlaces({ tenantId: anyTenant, folder: folderOf(anyTenant) }))) ?? []
    )
  }

  /** Clears the folder of an id. A folder that cannot be cleared waits for the next time. Throws StorageError. */
  async clear(tenantId: string): Promise<void> {
    const { findPlan, folderOf, store } = this.#options
    const place = { tenantId, folder: folderOf(tenantId) }
    await orNothing(async () => {
      const isThere = (await findPlan(tenantId)) !== undefined
      const stored = await store.find(tenantId)
      if (!isThere) await this.#clearGone(place, stored)
      else if (!stored) await this.#clearOld(place)
    })
  }

  /** Removes only old files, because another process may be making the first key of the tenant and there is no ring to show this. */
  async #clearOld(place: KeyPlace): Promise<void> {
    const { material, now } = this.#options
    await material.removeOrphans(place, await material.listUnfinished(place, now() - atWork))
  }

  async #clearGone(place: KeyPlace, stored: StoredRing | undefined): Promise<void> {
    const { findPlan, store, material, writer } = this.#options
    // The tenant was removed from config.yaml. Its keys stay, so that it can be added again.
    if (stored && stored.ring.keys.length > 0) return void (await writer.clear(place, stored))
    const left = await material.listOrphans(place, undefined)
    // List before asking whether the tenant exists, so that the key of a tenant made meanwhile is not in the list.
    if (await findPlan(place.tenantId)) return
    await material.removeOrphans(place, [...(stored?.ring.discarded ?? []), ...left])
    if (stored) await store.remove(place.tenantId, { ifVersion: stored.version })
    await material.removeIfEmpty(place)
  }
}

async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause
    return undefined
  }
}
