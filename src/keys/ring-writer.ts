import { KeyFileError, type KeyMaker, type KeyPlan, type MadeKey, makeKey } from './key-file.ts'
import type { FirstKey, KeyMaterial, Whereabouts } from './key-material.ts'
import type { RingStore, StoredRing } from './ring-store.ts'
import { type Ring, type RingKey, withTokenLife } from './rotation.ts'
import type { VerifyingKey } from './signing-key.ts'

export interface RingWriterOptions {
  readonly store: RingStore
  readonly material: KeyMaterial
  readonly host: KeyMaker
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds that a token of the tenant lives at most, as things are configured; null: for ever. */
  readonly longestTokenLife: (tenantId: string) => Promise<number | null>
  /** Asked before a key becomes the tenant's; throws KeyFileError for a key of another tenant. */
  readonly claim: (tenantId: string, key: Pick<VerifyingKey, 'jwk'>) => void
  readonly onEvent: (event: KeyEvent) => void
}

/** What happened to a key. It is told once, by the process that did it, when it is durable. */
export interface KeyEvent {
  /** `first`: a tenant without any got its first key, which signs at once. */
  readonly kind: 'first' | 'created' | 'activated' | 'retired' | 'removed'
  readonly tenantId: string
  readonly kid: string
  /** Who asked for it; undefined: it was due. */
  readonly actor?: string | undefined
  /** The tenant of the actor, where it is another. */
  readonly actorTenant?: string | undefined
}

/** A change of a ring that was read. */
export interface Change {
  readonly plan: KeyPlan
  readonly stored: StoredRing
  readonly actor?: string | undefined
  /** The tenant of the actor, where it is another. */
  readonly actorTenant?: string | undefined
}

type Asked = Pick<Change, 'plan' | 'actor' | 'actorTenant'>

/** Times that a change is tried when others change the same ring. */
export const mostAttempts = 20

/** Writes rings and keeps the keys that they name: each change is one comparison of versions in the storage. */
export class RingWriter {
  readonly #options: RingWriterOptions

  constructor(options: RingWriterOptions) {
    this.#options = options
  }

  /** The ring of the tenant; a tenant without one gets its first key. `first` is there where this call made the ring. */
  async open(plan: KeyPlan): Promise<{ readonly stored: StoredRing; readonly first?: FirstKey }> {
    const { store, material, claim, now, longestTokenLife } = this.#options
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const stored = await store.find(plan.tenantId)
      if (stored) return { stored }
      const first = await material.openFirst(plan)
      const { key, generated } = first.opened
      claim(plan.tenantId, key)
      const ring: Ring = {
        keys: [
          {
            ...describe(key, { state: 'active', now: now(), whereabouts: first.whereabouts }),
            token_life: await longestTokenLife(plan.tenantId),
            activated_at: now(),
          },
        ],
      }
      if (!(await store.create(plan.tenantId, ring))) {
        key.signer.close()
        continue
      }
      if (generated) this.#tell('first', key.kid, { plan })
      return { stored: { ring, version: 1 }, first }
    }
    throw contended(plan)
  }

  /** The ring with what has to be true before its key signs: how long tokens live, and the master key of today. */
  async prepare(plan: KeyPlan, found: StoredRing): Promise<StoredRing> {
    const { store, material, longestTokenLife } = this.#options
    let stored = found
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const raised = withTokenLife(stored.ring, await longestTokenLife(plan.tenantId))
      const ring = await material.renew(plan, raised)
      if (ring === stored.ring) return stored
      if (await store.replace(plan.tenantId, ring, stored.version))
        return { ring, version: stored.version + 1 }
      const again = await store.find(plan.tenantId)
      if (!again) break
      stored = again
    }
    throw contended(plan)
  }

  /** A new key of the tenant, kept nowhere yet. */
  make(plan: KeyPlan): Promise<MadeKey> {
    return makeKey(plan, null, this.#options.host)
  }

  /** Keeps a new key, and then writes the ring that names it; of what loses nothing stays. */
  async keepAndWrite(
    { made, ring }: { made: MadeKey; ring: (key: RingKey) => Ring },
    change: Change,
  ): Promise<boolean> {
    const { material, now, claim } = this.#options
    const { plan, stored } = change
    // It signs once the ring names it, and is opened for that.
    made.key.signer.close()
    claim(plan.tenantId, made.key)
    // Before the ring is changed: what is listed now belongs to nobody, or to somebody whose change then fails.
    const strays = await material.listStrays(plan, stored.ring)
    const whereabouts = await material.keep(plan, made)
    const key = describe(made.key, { state: 'next', now: now(), whereabouts })
    if (!(await this.write(ring(key), change))) {
      await material.destroy(plan, key)
      return false
    }
    await material.settle(plan, key)
    await material.removeStrays(plan, strays)
    return true
  }

  /** Answers false, and changes nothing, when another process changed the ring. */
  async write(ring: Ring, change: Change): Promise<boolean> {
    const { plan, stored } = change
    if (!(await this.#options.store.replace(plan.tenantId, ring, stored.version))) return false
    for (const { kid, state } of ring.keys) {
      const old = stored.ring.keys.find((key) => key.kid === kid)
      if (!old) this.#tell('created', kid, change)
      if (old?.state !== state && state === 'active') this.#tell('activated', kid, change)
      if (old?.state !== state && state === 'retiring') this.#tell('retired', kid, change)
    }
    const removed = stored.ring.keys.filter((old) => !ring.keys.some(({ kid }) => kid === old.kid))
    for (const { kid } of removed) this.#tell('removed', kid, change)
    // Those that leave all at once, unlike a retired one, still have their private half.
    for (const key of removed) await this.#options.material.destroy(plan, key)
    return true
  }

  #tell(kind: KeyEvent['kind'], kid: string, { plan, actor, actorTenant }: Asked): void {
    this.#options.onEvent({ kind, tenantId: plan.tenantId, kid, actor, actorTenant })
  }
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

/** Others change the ring of the tenant again and again. */
export function contended({ tenantId }: KeyPlan): Error {
  return new KeyFileError(`The keyring of tenant '${tenantId}' is changed by others all the time; try again`)
}
