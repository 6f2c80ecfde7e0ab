import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  applyStep,
  findDueTime,
  findStep,
  forecast,
  type Ring,
  type RingKey,
  type RotationSettings,
  withTokenLife,
} from '../../../src/keys/ring/rotation.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const start = 1_893_456_000_000

const settings: RotationSettings = {
  algorithm: 'ES256',
  modulusLength: 2048,
  rotateEvery: 90 * day,
  publishAhead: 10 * minute,
}
const jwk = { kty: 'EC', use: 'sig' as const, kid: 'x', crv: 'P-256', x: 'AA', y: 'AA', alg: 'ES256' }

function key(kid: string, changes: Partial<RingKey> = {}): RingKey {
  return {
    ...{ kid, state: 'active', algorithm: 'ES256', jwk, file: `${kid}.pem`, token_life: hour },
    ...{ created_at: start, activated_at: start, retired_at: null },
    ...changes,
  }
}
const next = (kid: string, at: number) => key(kid, { state: 'next', created_at: at, activated_at: null })
const retired = (kid: string, at: number, changes: Partial<RingKey> = {}) =>
  key(kid, { state: 'retiring', retired_at: at, ...changes })
const ringOf = (...keys: RingKey[]): Ring => ({ keys })
const stepAt = (ring: Ring, at: number, changes: Partial<RotationSettings> = {}) =>
  findStep(ring, { ...settings, ...changes }, at)

describe('the next key', () => {
  const ring = ringOf(key('a'))
  const due = start + 90 * day - 10 * minute

  test('is made so long ahead that it signs when the old one is as old as it may be', () => {
    expect(stepAt(ring, due - 1)).toBeUndefined()
    expect(stepAt(ring, due)).toMatchObject({ kind: 'create' })
    expect(stepAt(ring, due + 1000 * day)).toMatchObject({ kind: 'create' })
  })

  test('is never made by age where rotate_every is not set', () => {
    expect(stepAt(ring, start + 10_000 * day, { rotateEvery: null })).toBeUndefined()
  })

  test('is made at once where the configuration wants another algorithm or a longer modulus', () => {
    expect(stepAt(ring, start, { rotateEvery: null, algorithm: 'EdDSA' })).toMatchObject({ kind: 'create' })
    const n = Buffer.from(new Uint8Array(256).fill(255)).toString('base64url')
    const rsa = ringOf(key('a', { algorithm: 'RS256', jwk: { ...jwk, kty: 'RSA', n } }))
    const wants = (modulusLength: number) =>
      stepAt(rsa, start, { algorithm: 'RS256', rotateEvery: null, modulusLength })
    expect(wants(3072)).toMatchObject({ kind: 'create' })
    expect(wants(2048)).toBeUndefined()
  })

  test('is not made twice', () => {
    expect(stepAt(ringOf(key('a'), next('b', due)), due)).toBeUndefined()
    expect(stepAt(ringOf(key('a'), next('b', due)), due, { algorithm: 'EdDSA' })).toBeUndefined()
  })

  test('signs once it was published for publish_ahead, and not a millisecond before', () => {
    const made = ringOf(key('a'), next('b', due))
    expect(stepAt(made, due + 10 * minute - 1)).toBeUndefined()
    expect(stepAt(made, due + 10 * minute)).toMatchObject({ kind: 'activate', kid: 'b' })
    expect(stepAt(made, due + 10 * minute, { rotateEvery: null })).toMatchObject({ kind: 'activate' })
  })

  test('takes over in one step: the old one retires at the same moment', () => {
    const now = due + 10 * minute
    const after = applyStep(ringOf(key('a'), next('b', due)), { kind: 'activate', kid: 'b' }, { now })
    expect(after.keys).toMatchObject([
      { kid: 'a', state: 'retiring', retired_at: now },
      { kid: 'b', state: 'active', activated_at: now },
    ])
  })
})

describe('a retired key', () => {
  const ring = ringOf(key('b'), retired('a', start))

  test('loses its private half after a day', () => {
    expect(stepAt(ring, start + day - 1)).toBeUndefined()
    expect(stepAt(ring, start + day)).toMatchObject({ kind: 'forget', kid: 'a' })
    const after = applyStep(ring, { kind: 'forget', kid: 'a' }, { now: start + day })
    expect(after.keys[1]).not.toHaveProperty('file')
    expect(stepAt(after, start + day)).toBeUndefined()
  })

  test('stays for the life of its longest token and a day more', () => {
    const bare = applyStep(ring, { kind: 'forget', kid: 'a' }, { now: start })
    expect(stepAt(bare, start + hour + day - 1)).toBeUndefined()
    expect(stepAt(bare, start + hour + day)).toMatchObject({ kind: 'remove', kid: 'a' })
  })

  test('stays for ever where a token of it does', () => {
    const forEver = retired('a', start, { token_life: null })
    const bare = applyStep(ringOf(key('b'), forEver), { kind: 'forget', kid: 'a' }, { now: start })
    expect(stepAt(bare, start + 10_000 * day, { rotateEvery: null })).toBeUndefined()
  })

  test('keeps the longest life that a token had while it signed', () => {
    const life = (ring: Ring) => ring.keys[0]?.token_life
    expect(life(withTokenLife(ringOf(key('a')), 2 * hour))).toBe(2 * hour)
    expect(life(withTokenLife(ringOf(key('a')), minute))).toBe(hour)
    expect(life(withTokenLife(ringOf(key('a')), null))).toBeNull()
    expect(life(withTokenLife(ringOf(key('a', { token_life: null })), hour))).toBeNull()
    const same = ringOf(key('a'))
    expect(withTokenLife(same, hour)).toBe(same)
  })
})

describe('a clock', () => {
  const made = ringOf(key('a'), next('b', start), retired('c', start))

  test('that goes back reverses and repeats nothing', () => {
    for (const at of [start - minute, start - 5 * minute]) expect(stepAt(made, at)).toBeUndefined()
  })

  test('that was wrong: waiting starts again, and nothing else happens', () => {
    const now = start - day
    expect(stepAt(made, now)).toEqual({ kind: 'amend' })
    const after = applyStep(made, { kind: 'amend' }, { now })
    expect(after.keys.map(({ state }) => state)).toEqual(['active', 'next', 'retiring'])
    expect(stepAt(after, now)).toBeUndefined()
    expect(stepAt(after, now + 10 * minute)).toMatchObject({ kind: 'activate' })
  })

  const jumps = [day, 91 * day, 400 * day, 40_000 * day]
  test.each(jumps)('that jumps ahead by %d ms makes each kind of step once', (jump) => {
    for (const ring of [ringOf(key('a')), made]) {
      let current = ring
      const kinds: string[] = []
      for (let step = stepAt(current, start + jump); step; step = stepAt(current, start + jump)) {
        kinds.push(step.kind)
        const created = key(`n${kinds.length}`, {
          state: 'next',
          created_at: start + jump,
          activated_at: null,
        })
        current = applyStep(current, step, { now: start + jump, made: created })
        expect(kinds.length).toBeLessThan(5)
      }
      expect(new Set(kinds).size).toBe(kinds.length)
      expect(current.keys.filter(({ state }) => state === 'active')).toHaveLength(1)
    }
  })

  test('whatever it does, one key is active, none comes back, and no other step is due in the same moment again', () => {
    const moves = fc.array(fc.integer({ min: -200 * day, max: 200 * day }), { maxLength: 40 })
    fc.assert(
      fc.property(moves, (differences) => {
        let now = start
        let ring = ringOf(key('k0'))
        let made = 0
        const gone = new Set<string>()
        const ranks = new Map<string, number>()
        for (const difference of differences) {
          now += difference
          const at = now
          let count = 0
          for (let step = stepAt(ring, at); step; step = stepAt(ring, at)) {
            if (step.kind === 'create') made++
            const created = key(`k${made}`, { state: 'next', created_at: at, activated_at: null })
            ring = applyStep(ring, step, { now: at, made: created })
            expect(++count).toBeLessThan(60)
          }
          expect(ring.keys.filter(({ state }) => state === 'active')).toHaveLength(1)
          for (const { kid, state } of ring.keys) {
            const rank = ['next', 'active', 'retiring'].indexOf(state)
            expect(rank).toBeGreaterThanOrEqual(ranks.get(kid) ?? 0)
            expect(gone.has(kid)).toBe(false)
            ranks.set(kid, rank)
          }
          for (const kid of ranks.keys()) if (!ring.keys.some((one) => one.kid === kid)) gone.add(kid)
        }
        expect(made).toBeLessThanOrEqual(differences.length)
      }),
    )
  })
})

test('the forecast tells one rotation ahead, in order, and nothing in the past', () => {
  const due = start + 90 * day - 10 * minute
  expect(forecast(ringOf(key('a')), settings, start)).toEqual([
    { kind: 'create', at: due },
    { kind: 'activate', kid: '', at: due + 10 * minute },
    { kind: 'remove', kid: 'a', at: due + 10 * minute + hour + day },
  ])
  const late = due + day
  expect(forecast(ringOf(key('a')), settings, late)[0]).toEqual({ kind: 'create', at: late })
  expect(forecast(ringOf(key('a')), { ...settings, rotateEvery: null }, start)).toEqual([])
})

test('when the next step is due is known without looking every time', () => {
  expect(findDueTime(ringOf(key('a')), { ...settings, rotateEvery: null }, start)).toBe(
    Number.POSITIVE_INFINITY,
  )
  expect(findDueTime(ringOf(key('a')), settings, start)).toBe(start + 90 * day - 10 * minute)
  expect(findDueTime(ringOf(key('a')), settings, start + 91 * day)).toBe(0)
})
