import type { PublicJwk } from '../protocol/messages.ts'
import { DamagedRowError } from '../storage/storage.ts'
import type { KeyHost } from './key-host.ts'
import type { KeyMaterial } from './key-material.ts'
import { KeyError, type KeyPlan } from './key-plan.ts'
import { loadOwnKey } from './material/key-file.ts'
import type { RingStore } from './ring/ring-store.ts'
import { type DueStep, forecast, hasPrivateHalf, type Ring, type RingKey } from './ring/rotation.ts'

/** The keys of a tenant and the coming steps, for people to read. */
export interface KeyReport {
  readonly plan: KeyPlan
  /** In the order in which they are published. Empty when the first key is not made yet, or is broken. */
  readonly keys: readonly ReportedKey[]
  /** The coming steps of one rotation, the earliest first. Empty without a ring. */
  readonly steps: readonly DueStep[]
  /** The fault of the one key of a tenant without a ring, or of the row of the ring. */
  readonly complaint?: string
}

export interface ReportedKey {
  readonly kid: string
  readonly state: RingKey['state']
  readonly algorithm: string
  readonly jwk: PublicJwk
  /** The file of the private half; undefined: it is not in a file, or was destroyed. */
  readonly path: string | undefined
  /** Milliseconds since the epoch; null: unknown, or not yet. */
  readonly createdAt: number | null
  readonly activatedAt: number | null
  readonly retiredAt: number | null
  /** Why the private half cannot be read; undefined: it can, or it was not checked. */
  readonly complaint?: string
}

export interface KeyReportOptions {
  readonly store: RingStore
  readonly material: KeyMaterial
  readonly host: KeyHost
  readonly now: () => number
  /** Whether private halves are checked too. */
  readonly withPrivate: boolean
}

/** Reports the keys of a tenant, and makes none. Throws StorageError. */
export async function reportKeys(plan: KeyPlan, options: KeyReportOptions): Promise<KeyReport> {
  try {
    const ring = plan.file === null ? (await options.store.find(plan.tenantId))?.ring : undefined
    return ring ? await reportRing(plan, ring, options) : await reportFirst(plan, options)
  } catch (error) {
    if (error instanceof DamagedRowError) return { plan, keys: [], steps: [], complaint: error.message }
    throw error
  }
}

async function reportRing(plan: KeyPlan, ring: Ring, options: KeyReportOptions): Promise<KeyReport> {
  const { now, material } = options
  const order = ['active', 'next', 'retiring']
  const sorted = ring.keys.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  const keys: ReportedKey[] = []
  for (const key of sorted) {
    const complaint = options.withPrivate ? await findComplaint(plan, key, options) : undefined
    keys.push({
      ...{ kid: key.kid, state: key.state, algorithm: key.algorithm, jwk: key.jwk },
      path: material.findPath(plan, key),
      ...{ createdAt: key.created_at, activatedAt: key.activated_at, retiredAt: key.retired_at },
      ...(complaint !== undefined && { complaint }),
    })
  }
  return { plan, keys, steps: forecast(ring, plan, now()) }
}

async function findComplaint(
  plan: KeyPlan,
  key: RingKey,
  { material }: KeyReportOptions,
): Promise<string | undefined> {
  if (!hasPrivateHalf(key) || key.state === 'retiring') return undefined
  return complaintIn(async () => (await material.load(plan, key)).signer.close())
}

async function reportFirst(plan: KeyPlan, { material, host }: KeyReportOptions): Promise<KeyReport> {
  const keys: ReportedKey[] = []
  const complaint = await complaintIn(async () => {
    const found = plan.file === null ? (await material.findFirst(plan))?.opened : await loadOwnKey(plan, host)
    if (!found) return
    const { kid, algorithm, jwk, signer } = found.key
    signer.close()
    const unknown = { createdAt: null, activatedAt: null, retiredAt: null }
    keys.push({ kid, state: 'active', algorithm, jwk, path: found.path, ...unknown })
  })
  return { plan, keys, steps: [], ...(complaint !== undefined && { complaint }) }
}

async function complaintIn(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof KeyError) return error.message
    throw error
  }
}
