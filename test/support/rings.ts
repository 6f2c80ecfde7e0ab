import type { KeyMaterial } from '../../src/keys/key-material.ts'
import type { KeyPlan } from '../../src/keys/key-plan.ts'
import { Keyring } from '../../src/keys/keyring.ts'
import type { KeyringOptions } from '../../src/keys/keyring-options.ts'
import type { KeyEvent } from '../../src/keys/ring/key-event.ts'
import { RingStore, type StoredRing } from '../../src/keys/ring/ring-store.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { keyHost } from './signing.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

/** A clock that stands still until it is moved; `jump` moves the wall clock alone. */
export class TestClock {
  #now: number
  #monotonic = 0

  constructor(now = 1_893_456_000_000) {
    this.#now = now
  }

  readonly now = (): number => this.#now
  readonly monotonic = (): number => this.#monotonic

  advance(milliseconds: number): void {
    this.#now += milliseconds
    this.#monotonic += milliseconds
  }

  jump(milliseconds: number): void {
    this.#now += milliseconds
  }
}

export interface Replica {
  readonly keyring: Keyring
  readonly events: readonly KeyEvent[]
}

export interface ReplicaOptions {
  readonly plan: KeyPlan
  readonly storage: Storage
  readonly material: KeyMaterial
  readonly clock: TestClock
  readonly changes?: Partial<KeyringOptions>
}

/** A keyring as a server process has it. */
export function startReplica({ plan, storage, material, clock, changes = {} }: ReplicaOptions): Replica {
  const events: KeyEvent[] = []
  const keyring = new Keyring({
    findPlan: (id) => (id === plan.tenantId ? plan : undefined),
    folderOf: () => plan.folder,
    host: keyHost,
    longestTokenLife: async () => hour,
    onEvent: (event) => void events.push(event),
    storage,
    material,
    ...clock,
    ...changes,
  })
  return { keyring, events }
}

/** The ring as it is in the storage, or a failure of the test. */
export async function readRing(storage: Storage, tenantId = 'acme'): Promise<StoredRing> {
  const stored = await new RingStore(storage, () => 0).find(tenantId)
  if (!stored) throw new TypeError('There is no ring')
  return stored
}

/** `kid state` of every key, in the order of the ring. */
export async function statesOf(storage: Storage, tenantId = 'acme'): Promise<string[]> {
  return (await readRing(storage, tenantId)).ring.keys.map(({ state }) => state)
}
