import { KeyError, type KeyPlace, type KeyPlan } from '../key-plan.ts'
import type { StoredRing } from './ring-store.ts'
import {
  type Change,
  contended,
  mostAttempts,
  type RingWriter,
  type RingWriterOptions,
} from './ring-writer.ts'
import {
  applyStep,
  findKey,
  findStep,
  hasPrivateHalf,
  type Ring,
  type RingKey,
  type Step,
  withDiscarded,
  withTokenLife,
} from './rotation.ts'

export interface RotateOptions {
  /** True: the new key signs at once, although verifiers that keep the JWK Set may not know it yet. */
  readonly now: boolean
  /** With `now`: rotate even if the active key is younger than a minute. */
  readonly force?: boolean
  /** With `now`: every key with a private half leaves the JWK Set at once, so its tokens are no longer valid. */
  readonly dropOld?: boolean
  /** The actor that requests the rotation, for the events. */
  readonly actor?: string
  /** The tenant of the actor, if it is another tenant. */
  readonly actorTenant?: string
}

/** The result of a requested rotation. */
export interface Rotation {
  /**
   * `announced`: the next key was made. `waiting`: a next key exists already. `rotated`: a new key signs. `elsewhere`: another process
   * rotated meanwhile. `too-soon`: the active key is younger than a minute.
   */
  readonly outcome: 'announced' | 'waiting' | 'rotated' | 'elsewhere' | 'too-soon'
}

/** The operator owns the key, so grantd does not rotate it; `message` says what to do. */
export class RotationError extends Error {}

/** Two requests to rotate within this time mean the same rotation (ms). */
const sameRotation = 60_000

/** Changes rings. Each change is one compare-and-swap in the storage, so exactly one of many processes makes it. */
export class Rotator {
  readonly #options: RingWriterOptions
  readonly #writer: RingWriter

  constructor(options: RingWriterOptions, writer: RingWriter) {
    this.#options = options
    this.#writer = writer
  }

  /** Takes the step that is due. Returns undefined when none is, or when another process takes it. */
  async takeStep(plan: KeyPlan): Promise<Step | undefined> {
    const stored = await this.#options.store.find(plan.tenantId)
    const step = stored && findStep(stored.ring, plan, this.#options.now())
    if (!step) return undefined
    return (await this.#perform(plan, stored, step)) ? step : undefined
  }

  async #perform(plan: KeyPlan, stored: StoredRing, step: Step): Promise<boolean> {
    const { now, material } = this.#options
    if (step.kind === 'create') return this.#create(plan, stored)
    const key = step.kind === 'amend' ? undefined : stored.ring.keys.find(({ kid }) => kid === step.kid)
    // Check that the next key can be opened before the active one stops. A retired key needs no private half to verify.
    if (key && step.kind === 'activate') (await material.load(plan, key)).signer.close()
    else if (key) await material.destroy(plan, key)
    const before = step.kind === 'activate' ? await this.#withTokenLife(plan, stored.ring) : stored.ring
    const after = applyStep(before, step, { now: now() })
    const ring = step.kind === 'activate' ? await this.#withTokenLife(plan, after) : after
    return this.#writer.write(ring, { plan, stored })
  }

  async #create(plan: KeyPlan, stored: StoredRing): Promise<boolean> {
    const made = await this.#writer.make(plan)
    const ring = (key: RingKey) =>
      applyStep(stored.ring, { kind: 'create' }, { now: key.created_at, made: key })
    return this.#writer.keepAndWrite({ made, ring }, { plan, stored })
  }

  /**
   * Replaces the key that is active at this call. Of several calls at the same time, one replaces it and the others return `elsewhere`.
   * Throws {@link RotationError} for a key of the operator.
   */
  async rotate(plan: KeyPlan, options: RotateOptions): Promise<Rotation> {
    checkRotatable(plan)
    const opened = await this.#writer.open(plan)
    const from = findKey(opened.stored.ring, 'active')?.kid
    let { stored } = opened
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      if (findKey(stored.ring, 'active')?.kid !== from) return { outcome: 'elsewhere' }
      const change = { plan, stored, actor: options.actor, actorTenant: options.actorTenant }
      // A ring that was just made for an existing key says nothing about the age of that key.
      const force = options.force === true || opened.first !== undefined
      const outcome = options.now
        ? await this.#rotateNow(change, { ...options, force })
        : await this.#announce(change)
      if (outcome) return { outcome }
      await this.#options.store.checkThere(plan)
      const found = await this.#options.store.find(plan.tenantId)
      if (!found) break
      stored = found
    }
    throw contended(plan)
  }

  /** Returns undefined when another process changed the ring. */
  async #announce(change: Change): Promise<Rotation['outcome'] | undefined> {
    const { plan, stored } = change
    if (await this.#findUsableNext(plan, stored.ring)) return 'waiting'
    const made = await this.#writer.make(plan)
    const ring = (key: RingKey) => ({ keys: [...withoutNext(stored.ring), key] })
    return (await this.#writer.keepAndWrite({ made, ring }, change)) ? 'announced' : undefined
  }

  async #rotateNow(
    change: Change,
    { force, dropOld = false }: RotateOptions,
  ): Promise<Rotation['outcome'] | undefined> {
    const { plan, stored } = change
    const now = this.#options.now()
    const age = now - (findKey(stored.ring, 'active')?.activated_at ?? 0)
    if (!force && age >= 0 && age < sameRotation) return 'too-soon'
    const next = dropOld ? undefined : await this.#findUsableNext(plan, stored.ring)
    const life = await this.#options.longestTokenLife(plan.tenantId)
    const before = withTokenLife(stored.ring, life)
    const kept = dropOld ? before.keys.filter((key) => !hasPrivateHalf(key)) : withoutNext(before)
    const ring = (key: RingKey) =>
      withTokenLife(applyStep({ keys: [...kept, key] }, { kind: 'activate', kid: key.kid }, { now }), life)
    const isWritten = next
      ? await this.#writer.write(ring(next), change)
      : await this.#writer.keepAndWrite({ made: await this.#writer.make(plan), ring }, change)
    return isWritten ? 'rotated' : undefined
  }

  /** Returns undefined also for a next key whose private half is lost or broken. It never signed, so another key can take its place. */
  async #findUsableNext(plan: KeyPlan, ring: Ring): Promise<RingKey | undefined> {
    const next = findKey(ring, 'next')
    if (!next) return undefined
    try {
      const { signer } = await this.#options.material.load(plan, next)
      signer.close()
      return next
    } catch (cause) {
      if (!(cause instanceof KeyError)) throw cause
      return undefined
    }
  }

  /** Removes the ring of a deleted tenant, and every private half in it. */
  async removeAll(plan: KeyPlan): Promise<void> {
    const { store, material } = this.#options
    // Find out whether the files can be removed before the ring forgets them.
    await material.prepare(plan)
    const stored = await this.#empty(plan)
    await this.#destroyAll(plan, stored, await material.listOurs(plan))
    await store.remove(plan.tenantId)
    await material.removePlace(plan)
  }

  /**
   * Writes the ring without its keys before their files are removed. If this process is killed, the next one finds that ring and goes
   * on. Returns the ring as it was.
   */
  async #empty(plan: KeyPlan): Promise<StoredRing | undefined> {
    const { store } = this.#options
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const stored = await store.find(plan.tenantId)
      if (!stored) return undefined
      const { keys, discarded = [] } = stored.ring
      const files = [...discarded, ...keys.flatMap(({ file }) => file ?? [])]
      if (await store.replace(plan, withDiscarded({ keys: [] }, files), stored.version)) return stored
      await store.checkThere(plan)
    }
    throw contended(plan)
  }

  /** Destroys every private half under an id that has no tenant. The ring stays. */
  async removeLeft(place: KeyPlace, isThere: () => Promise<boolean>): Promise<void> {
    const { store, material } = this.#options
    const stored = await store.find(place.tenantId)
    const left = await material.listAll(place)
    // List before asking whether the tenant exists, so that keys of a tenant made meanwhile are not in the list.
    if (await isThere()) return
    await this.#destroyAll(place, stored, left)
    await material.removePlace(place)
  }

  async #destroyAll(place: KeyPlace, stored: StoredRing | undefined, more: readonly string[]): Promise<void> {
    const { material } = this.#options
    for (const key of stored?.ring.keys ?? []) await material.destroy(place, key)
    await material.removeOrphans(place, [...(stored?.ring.discarded ?? []), ...more])
  }

  async #withTokenLife(plan: KeyPlan, ring: Ring): Promise<Ring> {
    return withTokenLife(ring, await this.#options.longestTokenLife(plan.tenantId))
  }
}

/** Throws {@link RotationError}. */
function checkRotatable({ tenantId, file }: KeyPlan): void {
  if (file === null) return
  throw new RotationError(
    `The key of tenant '${tenantId}' is yours (${file}) and grantd does not replace it; to let it, move the file into the folder of its keys, keys/${tenantId} under data_dir, and remove private_key_file`,
  )
}

function withoutNext(ring: Ring): RingKey[] {
  return ring.keys.filter(({ state }) => state !== 'next')
}
