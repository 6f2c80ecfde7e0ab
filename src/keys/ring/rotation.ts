import type { SignatureAlgorithm } from '../../protocol/algorithms.ts'
import { modulusBits } from '../signing-key.ts'
import type { keyrings } from './ring-row.ts'

/** The keys of a tenant and their states, as they are stored. */
export type Ring = (typeof keyrings.schema)['static']
export type RingKey = Ring['keys'][number]

/** The required properties of keys and the times of their rotation, in milliseconds. */
export interface RotationSettings {
  readonly algorithm: SignatureAlgorithm
  readonly modulusLength: number
  /** Null: keys are never replaced because of their age. */
  readonly rotateEvery: number | null
  readonly publishAhead: number
}

/**
 * One change of a ring:
 * - `amend` sets times in the future to now, so that the waits start again after a clock was wrong;
 * - `create` makes the next key, and from then on it is published;
 * - `activate` makes the next key sign, and retires the one that signed;
 * - `forget` destroys the private half of a retired key;
 * - `remove` ends the publication of a retired key, and with it every token that it signed.
 */
export type Step =
  | { readonly kind: 'amend' }
  | { readonly kind: 'create' }
  | { readonly kind: 'activate' | 'forget' | 'remove'; readonly kid: string }

/** A step and the time from which it is due (ms since the epoch). */
export type DueStep = Step & { readonly at: number }

const day = 86_400_000
/** Clocks of machines differ. A time that is further ahead than this was written by a wrong clock. */
const clockTolerance = 5 * 60_000
/** A replica that has not read the ring for a day stops signing. Until then a retired key may have signed. */
export const longestUnseen = day
/** The private half of a retired key is kept for this long, because a backup of the ring may be restored. */
const keptPrivate = day

/** Finds the first step that is due at `now`; undefined when none is. */
export function findStep(ring: Ring, settings: RotationSettings, now: number): Step | undefined {
  if (ring.keys.some((key) => timesOf(key).some((time) => time > now + clockTolerance)))
    return { kind: 'amend' }
  return listSteps(ring, settings).find(({ at }) => at <= now)
}

/** Returns when the first step is due (ms since the epoch): 0 at once, Infinity never. */
export function findDueTime(ring: Ring, settings: RotationSettings, now: number): number {
  if (findStep(ring, settings, now)) return 0
  return Math.min(...listSteps(ring, settings).map(({ at }) => at))
}

/** Lists the steps of the ring as it is now. Of two steps that are due together, the first in the list goes first. */
function listSteps(ring: Ring, settings: RotationSettings): DueStep[] {
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

/** Lists the steps of one rotation ahead, the earliest first. */
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

/** Returns the ring after a step; `made` is the key of `create`. */
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

/** Finds the key in a state that at most one key has. */
export function findKey(ring: Ring, state: 'next' | 'active'): RingKey | undefined {
  return ring.keys.find((key) => key.state === state)
}

/** Whether the private half of a key may still exist. That of a retiring key is destroyed. */
export function hasPrivateHalf({ state, file, sealed }: RingKey): boolean {
  return state !== 'retiring' || file !== undefined || sealed !== undefined
}

/** Returns the ring with the token life of its active key raised to `life` (null: for ever); the same object if it is long enough. */
export function withTokenLife(ring: Ring, life: number | null): Ring {
  const active = findKey(ring, 'active')
  if (!active || active.token_life === null || (life !== null && life <= active.token_life)) return ring
  return { ...ring, keys: ring.keys.map((key) => (key === active ? { ...key, token_life: life } : key)) }
}

/** Returns the ring with the list of files to destroy; an empty list is left out. */
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
 * Whether the key fits the configuration. A longer RSA key than configured fits too, because it may be a key of the operator, and a shorter
 * key is not better.
 */
function fits({ algorithm, jwk }: RingKey, settings: RotationSettings): boolean {
  if (algorithm !== settings.algorithm) return false
  return jwk.n === undefined || modulusBits(jwk.n) >= settings.modulusLength
}
