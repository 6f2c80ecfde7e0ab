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

/** Milliseconds after which nobody is at work on a first key any more; it takes some of them. */
const atWork = 3_600_000

/**
 * Clears folders of keys that no opening and no rotation comes to: those of tenants that are gone, and of tenants that have no ring yet.
 * Only unfinished names go, and what a ring says is to be destroyed: a finished key that no ring names may be the operator's, or newer
 * than a database from a backup.
 */
export class OrphanFolders {
  readonly #options: OrphanFoldersOptions

  constructor(options: OrphanFoldersOptions) {
    this.#options = options
  }

  /** The ids of tenants, there or gone, that have a folder; empty where the folders cannot be listed. */
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

  /** Another process may be making the first key of the tenant, and has no ring by whose version it would learn of this. */
  async #clearOld(place: KeyPlace): Promise<void> {
    const { material, now } = this.#options
    await material.removeOrphans(place, await material.listUnfinished(place, now() - atWork))
  }

  async #clearGone(place: KeyPlace, stored: StoredRing | undefined): Promise<void> {
    const { findPlan, store, material, writer } = this.#options
    // The tenant was taken out of config.yaml, and finds its keys when it comes back.
    if (stored && stored.ring.keys.length > 0) return void (await writer.clear(place, stored))
    const left = await material.listOrphans(place, undefined)
    // Listed first, so that the key of a tenant that somebody makes meanwhile is not among them.
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
