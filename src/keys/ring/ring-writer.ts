import { StorageError } from '../../storage/storage.ts'
import type { KeyMaker } from '../key-host.ts'
import type { FirstKey, KeyMaterial, MadeKey, OpenedKey, Whereabouts } from '../key-material.ts'
import { KeyError, type KeyPlace, type KeyPlan } from '../key-plan.ts'
import { makeKey } from '../make-key.ts'
import type { VerifyingKey } from '../signing-key.ts'
import { findEvents, type KeyEvent } from './key-event.ts'
import type { RingStore, StoredRing } from './ring-store.ts'
import { type Ring, type RingKey, withDiscarded, withTokenLife } from './rotation.ts'

export interface RingWriterOptions {
  readonly store: RingStore
  readonly material: KeyMaterial
  readonly host: KeyMaker
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The longest life of a token of the tenant under the current configuration, in milliseconds; null: for ever. */
  readonly longestTokenLife: (tenantId: string) => Promise<number | null>
  /** Runs before a tenant gets a key. Throws KeyError for a key of another tenant. */
  readonly claim: (tenantId: string, key: Pick<VerifyingKey, 'jwk'>) => void
  readonly onEvent: (event: KeyEvent) => void
}

/** The ring to change, as it was read, and the actor that requested the change. */
export interface Change {
  readonly plan: KeyPlan
  readonly stored: StoredRing
  readonly actor?: string | undefined
  /** The tenant of the actor, if it is another tenant. */
  readonly actorTenant?: string | undefined
}

/** A ring as it is in the storage, and its first key if this call made the ring. */
export interface OpenedStoredRing {
  readonly stored: StoredRing
  readonly first?: FirstKey
}

type Asked = Pick<Change, 'plan' | 'actor' | 'actorTenant'>

/** Attempts at a change while other processes change the same ring. */
export const mostAttempts = 20

/** Writes rings and keeps the keys that they name. Each change is one compare-and-swap in the storage. */
export class RingWriter {
  readonly #options: RingWriterOptions

  constructor(options: RingWriterOptions) {
    this.#options = options
  }

  /** Returns the ring of the tenant. A tenant without a ring gets its first key. */
  async open(plan: KeyPlan): Promise<OpenedStoredRing> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const stored = await this.#options.store.find(plan.tenantId)
      if (stored && stored.ring.keys.length > 0) return { stored: await this.clear(plan, stored) }
      if (stored && !(await this.#finishRemoval(plan, stored))) continue
      const opened = await this.#openFirst(plan)
      if (opened) return opened
      await this.#options.store.checkThere(plan)
    }
    throw contended(plan)
  }

  /** Ends the deletion of a tenant that a killed process began. Returns false when another process did it. */
  async #finishRemoval(plan: KeyPlan, { ring, version }: StoredRing): Promise<boolean> {
    const { store, material } = this.#options
    await material.removeOrphans(plan, ring.discarded ?? [])
    return store.remove(plan.tenantId, { ifVersion: version })
  }

  /** Returns undefined when another process made the ring, or the tenant is gone. */
  async #openFirst(plan: KeyPlan): Promise<OpenedStoredRing | undefined> {
    const { store, material, claim } = this.#options
    const orphans = await material.listOrphans(plan, undefined)
    const first = (await material.findFirst(plan)) ?? (await this.#makeFirst(plan))
    claim(plan.tenantId, first.opened.key)
    const key = await this.#describeFirst(plan, first)
    const named = { key, opened: first.opened }
    const ring: Ring = { keys: [key] }
    if (!(await store.create(plan, ring))) return this.#giveUpFirst(plan, named)
    if (first.opened.generated && !(await this.#settleFirst(plan, named))) return undefined
    await leaveToNext(() => material.removeOrphans(plan, orphans))
    return { stored: { ring, version: 1 }, first }
  }

  async #describeFirst(plan: KeyPlan, { opened, whereabouts }: FirstKey): Promise<RingKey> {
    const { now, longestTokenLife } = this.#options
    return {
      ...describe(opened.key, { state: 'active', now: now(), whereabouts }),
      token_life: await longestTokenLife(plan.tenantId),
      activated_at: now(),
    }
  }

  /** Drops the first key of this process, because the ring that another process made names another key. */
  async #giveUpFirst(plan: KeyPlan, { key, opened }: FirstRingKey): Promise<undefined> {
    opened.key.signer.close()
    if (opened.generated) await leaveToNext(() => this.#options.material.discard(plan, key))
  }

  /** Settles a first key after the ring names it. If its file does not exist any more, removes the ring and returns false. */
  async #settleFirst(plan: KeyPlan, { key, opened }: FirstRingKey): Promise<boolean> {
    await leaveToNext(() => this.#options.material.settle(plan, key))
    if (await this.#isKept(plan, key)) {
      this.#tell('first', key.kid, { plan })
      return true
    }
    // This process was suspended for so long that another one took its file for an orphan.
    opened.key.signer.close()
    await this.#options.store.remove(plan.tenantId, { ifVersion: 1 })
    return false
  }

  /** Also true if the folder cannot be read, because that says nothing about the key. */
  async #isKept(plan: KeyPlan, key: RingKey): Promise<boolean> {
    try {
      return await this.#options.material.isKept(plan, key)
    } catch (cause) {
      if (!(cause instanceof KeyError)) throw cause
      return true
    }
  }

  async #makeFirst(plan: KeyPlan): Promise<FirstKey> {
    const made = await this.make(plan, plan.kid)
    const whereabouts = await this.#options.material.keep(plan, made)
    return { opened: { key: made.key, path: undefined, generated: true }, whereabouts }
  }

  /**
   * Clears the files that killed processes left beside the keys of the ring, and returns the current ring. Before it removes files, it
   * writes the ring again with a new version. A process that stores a new key at this moment read the ring before, so its own change
   * fails and it tries again. A place that cannot be cleared is not an error, because the keys are not affected.
   */
  async clear(place: KeyPlace, stored: StoredRing): Promise<StoredRing> {
    const { store, material } = this.#options
    try {
      await leaveToNext(() => material.settleAll(place, stored.ring))
      const { discarded = [] } = stored.ring
      const orphans = await material.listOrphans(place, stored.ring)
      if (discarded.length === 0 && orphans.length === 0) return stored
      await material.removeOrphans(place, discarded)
      const ring = withDiscarded(stored.ring, [])
      if (!(await store.replace(place, ring, stored.version)))
        return (await store.find(place.tenantId)) ?? stored
      await material.removeOrphans(place, orphans)
      return { ring, version: stored.version + 1 }
    } catch (cause) {
      if (cause instanceof KeyError) return stored
      throw cause
    }
  }

  /** Updates the ring before one of its keys signs: writes the longest life of a token, and encrypts keys with the current master key. */
  async prepare(plan: KeyPlan, found: StoredRing): Promise<StoredRing> {
    const { store, material, longestTokenLife } = this.#options
    let stored = found
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const raised = withTokenLife(stored.ring, await longestTokenLife(plan.tenantId))
      const ring = await material.renew(plan, raised)
      if (ring === stored.ring) return stored
      if (await store.replace(plan, ring, stored.version)) return { ring, version: stored.version + 1 }
      await store.checkThere(plan)
      const again = await store.find(plan.tenantId)
      if (!again) break
      stored = again
    }
    throw contended(plan)
  }

  /** Makes a new key, which is not stored yet. A `kid` of null becomes the thumbprint. */
  async make(plan: KeyPlan, kid: string | null = null): Promise<MadeKey> {
    await this.#options.material.prepare(plan)
    return makeKey(plan, kid, this.#options.host)
  }

  /** Stores a new key, then writes the ring that names it. If another process was faster, removes the key and returns false. */
  async keepAndWrite(
    { made, ring }: { made: MadeKey; ring: (key: RingKey) => Ring },
    change: Change,
  ): Promise<boolean> {
    const { material, now, claim } = this.#options
    const { plan, stored } = change
    // The key is opened again when the ring names it and it starts to sign.
    made.key.signer.close()
    claim(plan.tenantId, made.key)
    // List before the ring changes: these files are orphans, or belong to a process whose own change then fails.
    const orphans = await material.listOrphans(plan, stored.ring)
    const whereabouts = await material.keep(plan, made)
    const key = describe(made.key, { state: 'next', now: now(), whereabouts })
    if (!(await this.write(ring(key), change))) {
      await leaveToNext(() => material.discard(plan, key))
      return false
    }
    await leaveToNext(() => material.settle(plan, key))
    await leaveToNext(() => material.removeOrphans(plan, orphans))
    return true
  }

  /** Returns false, and changes nothing, when another process changed the ring, or the tenant is gone. */
  async write(ring: Ring, change: Change): Promise<boolean> {
    const { plan, stored } = change
    const { store } = this.#options
    const removed = stored.ring.keys.filter((old) => !ring.keys.some(({ kid }) => kid === old.kid))
    // Keys that leave the ring at once still have their private half. A retired key lost it before.
    const files = removed.flatMap(({ file }) => file ?? [])
    const next = withDiscarded(ring, [...(stored.ring.discarded ?? []), ...files])
    if (!(await store.replace(plan, next, stored.version))) return false
    for (const { kind, kid } of findEvents(stored.ring, next)) this.#tell(kind, kid, change)
    for (const key of removed) await this.#options.material.destroy(plan, key)
    // If another process changes the ring first, it keeps this list until the next clear().
    const after = withDiscarded(next, stored.ring.discarded ?? [])
    if (files.length > 0) await leaveToNext(() => store.replace(plan, after, stored.version + 1))
    return true
  }

  #tell(kind: KeyEvent['kind'], kid: string, { plan, actor, actorTenant }: Asked): void {
    this.#options.onEvent({ kind, tenantId: plan.tenantId, kid, actor, actorTenant })
  }
}

/** A first key and its entry in the ring. */
interface FirstRingKey {
  readonly key: RingKey
  readonly opened: OpenedKey
}

interface Described {
  readonly state: RingKey['state']
  readonly now: number
  readonly whereabouts: Whereabouts
}

function describe(
  { kid, algorithm, jwk }: Pick<RingKey, 'kid' | 'algorithm' | 'jwk'>,
  { state, now, whereabouts }: Described,
): RingKey {
  const times = { created_at: now, activated_at: null, retired_at: null }
  return { kid, state, algorithm, jwk, ...whereabouts, token_life: 0, ...times }
}

/**
 * Runs work that may fail, because the next start or rotation repeats it. A failure is not reported, because the change itself succeeded.
 */
async function leaveToNext(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    if (!(cause instanceof KeyError || cause instanceof StorageError)) throw cause
  }
}

/** The error for a ring that other processes change at every attempt. */
export function contended({ tenantId }: KeyPlan): Error {
  return new KeyError(`The keyring of tenant '${tenantId}' is changed by others all the time; try again`)
}
