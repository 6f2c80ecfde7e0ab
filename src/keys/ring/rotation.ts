import type { SignatureAlgorithm } from '../../protocol/algorithms.ts'
import { modulusBits } from '../signing-key.ts'
import type { keyrings } from './ring-row.ts'

/** The keys of a tenant and their states, as they are written down. */
export type Ring = (typeof keyrings.schema)['static']
export type RingKey = Ring['keys'][number]

/** When keys change; all times in milliseconds. */
export interface RotationSettings {
  readonly algorithm: SignatureAlgorithm
  readonly modulusLength: number
  /** Null: no key is replaced because of its age. */
  readonly rotateEvery: number | null
  readonly publishAhead: number
}

/**
 * One change of a ring:
 * - `amend` sets times that lie in the future to now, so that waiting starts again after a clock was wrong;
 * - `create` makes the next key, and from then on it is published;
 * - `activate` lets the next key sign, and the one that signed retires;
 * - `forget` destroys the private half of a retired key;
 * - `remove` ends the publication of a retired key, and with it every token that it signed.
 */
export type Step =
  | { readonly kind: 'amend' }
  | { readonly kind: 'create' }
  | { readonly kind: 'activate' | 'forget' | 'remove'; readonly kid: string }

/** A step and the time (ms since the epoch) from which on it is due. */
export type DueStep = Step & { readonly at: number }

const day = 86_400_000
/** Clocks of several machines differ; a time that lies ahead by more than this was written by a wrong one. */
const clockTolerance = 5 * 60_000
/** A replica that did not see the ring for a day stops signing, so until then a retired key may have signed. */
export const longestUnseen = day
/** For as long the private half of a retired key is there, should a backup of the ring be restored. */
const keptPrivate = day

/** The first step that is due at `now`; undefined when there is nothing to do. */
export function findStep(ring: Ring, settings: RotationSettings, now: number): Step | undefined {
  if (ring.keys.some((key) => timesOf(key).some((time) => time > now + clockTolerance)))
    return { kind: 'amend' }
  return listSteps(ring, settings).find(({ at }) => at <= now)
}

/** When the first step is due: at once (0), never (Infinity), or at a time. */
export function findDueTime(ring: Ring, settings: RotationSettings, now: number): number {
  if (findStep(ring, settings, now)) return 0
  return Math.min(...listSteps(ring, settings).map(({ at }) => at))
}

/** The steps that are to come as the ring stands, in the order in which one goes before the other at the same time. */
export function listSteps(ring: Ring, settings: RotationSettings): DueStep[] {
  const steps: DueStep[] = []
  const active = findKey(ring, 'active')
  const next = findKey(ring, 'next')
  if (next) steps.push({ kind: 'activate', kid: next.kid, at: next.created_at + settings.publishAhead })
  else if (active && !fits(active, settings)) steps.push({ kind: 'create', at: 0 })
  else if (active && settings.rotateEvery !== null) {
    const due = (active.activated_at ?? active.created_at) + settings.rotateEvery
    steps.push({ kind: 'create', at: due - settings.publishAhead })
  }
  for (const key of ring.keys.filter(({ state }) => state === 'retiring')) {
    const retired = key.retired_at ?? key.created_at
    if (key.token_life !== null)
      steps.push({ kind: 'remove', kid: key.kid, at: retired + key.token_life + longestUnseen })
    if (hasPrivateHalf(key)) steps.push({ kind: 'forget', kid: key.kid, at: retired + keptPrivate })
  }
  return steps
}

/** Every step that can be foreseen, one rotation ahead, the earliest first. */
export function forecast(ring: Ring, settings: RotationSettings, now: number): DueStep[] {
  const steps = listSteps(ring, settings).map((step) => ({ ...step, at: Math.max(step.at, now) }))
  const active = findKey(ring, 'active')
  const create = steps.find(({ kind }) => kind === 'create')
  const activate = steps.find(({ kind }) => kind === 'activate')
  const takesOver = activate?.at ?? (create && create.at + settings.publishAhead)
  if (create) steps.push({ kind: 'activate', kid: '', at: create.at + settings.publishAhead })
  if (takesOver !== undefined && active && active.token_life !== null)
    steps.push({ kind: 'remove', kid: active.kid, at: takesOver + active.token_life + longestUnseen })
  return steps.sort((a, b) => a.at - b.at)
}

/** The ring after a step; `made` is the key of `create`. */
export function applyStep(
  ring: Ring,
  step: Step,
  { now, made }: { now: number; made?: RingKey | undefined },
): Ring {
  switch (step.kind) {
    case 'amend':
      return { ...ring, keys: ring.keys.map((key) => amend(key, now)) }
    case 'create':
      return { ...ring, keys: made ? [...ring.keys, made] : ring.keys }
    case 'activate':
      return { ...ring, keys: ring.keys.map((key) => takeOver(key, step.kid, now)) }
    case 'forget':
      return {
        ...ring,
        keys: ring.keys.map((key) => (key.kid === step.kid ? withoutPrivateHalf(key) : key)),
      }
    case 'remove':
      return { ...ring, keys: ring.keys.filter(({ kid }) => kid !== step.kid) }
  }
}

/** The key in a state of which there is one at most. */
export function findKey(ring: Ring, state: 'next' | 'active'): RingKey | undefined {
  return ring.keys.find((key) => key.state === state)
}

export function hasPrivateHalf({ state, file, sealed }: RingKey): boolean {
  return state !== 'retiring' || file !== undefined || sealed !== undefined
}

/** The ring with the life of a token of its active key raised to `life` (null: for ever); the same one if it is no shorter. */
export function withTokenLife(ring: Ring, life: number | null): Ring {
  const active = findKey(ring, 'active')
  if (!active || active.token_life === null || (life !== null && life <= active.token_life)) return ring
  return { ...ring, keys: ring.keys.map((key) => (key === active ? { ...key, token_life: life } : key)) }
}

/** The ring that says besides whose files are to be destroyed; none: it says so of no file. */
export function withDiscarded({ keys }: Ring, files: readonly string[]): Ring {
  const discarded = files.filter((file) => !keys.some((key) => key.file === file))
  return discarded.length === 0 ? { keys } : { keys, discarded: [...new Set(discarded)] }
}

function takeOver(key: RingKey, kid: string, now: number): RingKey {
  if (key.kid === kid) return { ...key, state: 'active', activated_at: now }
  return key.state === 'active' ? { ...key, state: 'retiring', retired_at: now } : key
}

function timesOf({ created_at, activated_at, retired_at }: RingKey): number[] {
  return [created_at, activated_at, retired_at].filter((time) => time !== null)
}

function amend(key: RingKey, now: number): RingKey {
  const atMostNow = (time: number | null) => (time === null ? null : Math.min(time, now))
  return {
    ...key,
    created_at: Math.min(key.created_at, now),
    activated_at: atMostNow(key.activated_at),
    retired_at: atMostNow(key.retired_at),
  }
}

function withoutPrivateHalf({ file: _file, sealed: _sealed, ...key }: RingKey): RingKey {
  return key
}

/**
 * Whether the key is what the configuration asks for. An RSA key that is longer than asked for stays: it may be one of the
 * operator's, and a shorter one is no better.
 */
function fits({ algorithm, jwk }: RingKey, settings: RotationSettings): boolean {
  if (algorithm !== settings.algorithm) return false
  return jwk.n === undefined || modulusBits(jwk.n) >= settings.modulusLength
}
