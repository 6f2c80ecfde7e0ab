import { DamagedRowError, type Storage, StorageError, systemTenant } from '../../storage/storage.ts'
import { tenants } from '../../tenants/tenant-row.ts'
import { type KeyPlan, noSuchTenant } from '../key-plan.ts'
import { changes, keyrings } from './ring-row.ts'
import type { Ring } from './rotation.ts'

/** A ring as it was read, with the version that a replacement names. */
export interface StoredRing {
  readonly ring: Ring
  readonly version: number
}

/** The changes since the last look. */
export interface News {
  /** The number that the next look starts from. */
  readonly head: number
  /** The tenants whose rings changed; `all` when that is no longer known. */
  readonly tenants: readonly string[] | 'all'
}

const ringId = 'ring'
const headId = 'keyring'
/** Milliseconds for which the row of a change is kept at least. */
const newsKept = 86_400_000
/** Changes that one look reports one by one. */
const mostNews = 500
const mostAttempts = 50

/** The owner of a ring. A tenant that is made again under the same id is another owner. */
export type RingOwner = Pick<KeyPlan, 'tenantId' | 'generation'>

/** Another process changed the row first, or the tenant is gone. */
class RaceLost extends Error {}
/** Another ring changed at the same moment, so the change got no number. */
class HeadMoved extends Error {}

/** The rings in the storage, and the list of their changes. Every method throws StorageError. */
export class RingStore {
  readonly #storage: Storage
  readonly #now: () => number

  constructor(storage: Storage, now: () => number) {
    this.#storage = storage
    this.#now = now
  }

  /** Whether other machines may change the rings. If so, a ring that was not read for a long time may be outdated. */
  get isShared(): boolean {
    return this.#storage.name === 'postgres'
  }

  async find(tenantId: string): Promise<StoredRing | undefined> {
    const found = await this.#storage.of(tenantId).of(keyrings).find(ringId)
    return found && { ring: found.value, version: found.version }
  }

  /** The error for a ring that has the right shape but a content that grantd never writes. */
  damageOf(tenantId: string, reason: string): DamagedRowError {
    return new DamagedRowError({ tenant: tenantId, kind: keyrings.name, id: ringId }, reason)
  }

  /** Returns false, and changes nothing, when the tenant has a ring or is gone. */
  create(owner: RingOwner, ring: Ring): Promise<boolean> {
    return this.#change(owner.tenantId, async (storage) => {
      if (!(await isThere(owner, storage))) return false
      return storage.of(owner.tenantId).of(keyrings).create({ id: ringId, value: ring })
    })
  }

  /**
   * Returns false, and changes nothing, when the ring has another version or the tenant is gone. Both are checked, because the ring of a
   * tenant that was made again under the id may have the same version.
   */
  replace(owner: RingOwner, ring: Ring, ifVersion: number): Promise<boolean> {
    return this.#change(owner.tenantId, async (storage) => {
      if (!(await isThere(owner, storage))) return false
      return storage.of(owner.tenantId).of(keyrings).replace(ringId, ring, { ifVersion })
    })
  }

  /** Throws KeyError when the tenant is gone. */
  async checkThere(owner: RingOwner): Promise<void> {
    if (!(await isThere(owner, this.#storage))) throw noSuchTenant(owner)
  }

  /** Returns whether there was a ring; with `ifVersion`, one in this version. */
  remove(tenantId: string, options: { readonly ifVersion?: number } = {}): Promise<boolean> {
    return this.#change(tenantId, (storage) => storage.of(tenantId).of(keyrings).delete(ringId, options))
  }

  /** The number of the last change; 0 before the first. */
  async head(): Promise<number> {
    return (await this.#changes(this.#storage).find(headId))?.version ?? 0
  }

  /** Finds the changes after the change with this number. */
  async findNews(since: number): Promise<News> {
    const head = await this.head()
    if (head === since) return { head, tenants: [] }
    const rows = await this.#changes(this.#storage).list({ after: newsId(since), limit: mostNews })
    const told = rows.filter(({ id }) => id.startsWith(`${headId}:`))
    // Rows may have been added since the head was read, but no row up to the head may be missing.
    const isWhole = head > since && told.length >= head - since && told[0]?.id === newsId(since + 1)
    if (!isWhole) return { head, tenants: 'all' }
    return { head: since + told.length, tenants: [...new Set(told.flatMap(({ parent }) => parent ?? []))] }
  }

  async #change(tenantId: string, change: (storage: Storage) => Promise<boolean>): Promise<boolean> {
    try {
      await this.tellWith(tenantId, async (storage) => {
        if (!(await change(storage))) throw new RaceLost()
      })
      return true
    } catch (cause) {
      if (cause instanceof RaceLost) return false
      throw cause
    }
  }

  /**
   * Runs `change` in one transaction with the news that makes every process read the tenant again. An error undoes both. `change` may run
   * more than once.
   */
  async tellWith<T>(tenantId: string, change: (inside: Storage) => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      try {
        return await this.#storage.transaction(async (inside) => {
          const result = await change(inside)
          await this.#tell(tenantId, inside)
          return result
        })
      } catch (cause) {
        if (!(cause instanceof HeadMoved)) throw cause
      }
    }
    throw new StorageError(
      `Cannot change the keyring of tenant '${tenantId}': too many others change theirs; try again`,
    )
  }

  /** Runs in the transaction of the change, so that a process which sees the number finds the changed ring. */
  async #tell(tenantId: string, storage: Storage): Promise<void> {
    const records = this.#changes(storage)
    const head = await records.find(headId)
    const isNumbered = head
      ? await records.replace(headId, {}, { ifVersion: head.version })
      : await records.create({ id: headId, value: {} })
    if (!isNumbered) throw new HeadMoved()
    const id = newsId((head?.version ?? 0) + 1)
    const expiresAt = this.#now() + newsKept
    if (!(await records.create({ id, value: {}, parent: tenantId, expiresAt }))) throw new HeadMoved()
  }

  #changes(storage: Storage) {
    return storage.of(systemTenant).of(changes)
  }
}

/** Whether the tenant is still the same generation. A tenant of config.yaml always is. */
async function isThere({ tenantId, generation }: RingOwner, storage: Storage): Promise<boolean> {
  if (generation === undefined) return true
  const found = await storage.of(systemTenant).of(tenants).find(tenantId)
  return found?.value.created_at === generation
}

function newsId(number: number): string {
  return `${headId}:${String(number).padStart(16, '0')}`
}
