import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  addFailures,
  type FailureCount,
  remaining,
  waitOf,
  waitsUntil,
} from '../../src/limits/failure-count.ts'

const rule = { free: 3, longest: 900_000 }
const start = 1_893_456_000_000

/** The count after failures at these milliseconds. */
function after(...times: readonly number[]): FailureCount {
  const none: FailureCount | undefined = undefined
  const count = times.reduce<FailureCount | undefined>(
    (sum, at) => addFailures(sum, 1, { at: start + at, rule }),
    none,
  )
  return count ?? { failures: 0, at: start }
}

test('the free failures cost no wait, and from then on each doubles it up to the longest', () => {
  const waits: number[] = []
  for (let count = 1, sum = after(0); count <= 20; count++) {
    waits.push(waitOf(sum, rule) / 1000)
    sum = addFailures(sum, 1, { at: sum.at, rule })
  }
  expect(waits.slice(0, 13)).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900])
  expect(waits.slice(13)).toEqual(Array.from({ length: 7 }, () => 900))
})

test('failures are forgotten once the wait is over, and not before', () => {
  const count = after(0, 0, 0, 0, 0)
  const until = waitsUntil(count, rule)
  expect(until).toBe(start + 4000)
  expect(remaining(count, rule, until)).toBe(5)
  expect(remaining(count, rule, until + rule.longest)).toBe(2)
  expect(remaining(count, rule, until + 2 * rule.longest)).toBe(0)
})

test('however many failures there were, two of the longest waits later all are forgotten but the free ones', () => {
  const count = addFailures(undefined, 1_000_000, { at: start, rule })
  const later = start + rule.longest
  expect(waitsUntil(count, rule)).toBe(later)
  expect(remaining(count, rule, later + 4 * rule.longest)).toBeLessThan(rule.free)
})

test('a count of a clock that was ahead makes nobody wait for it', () => {
  const ahead = { failures: 100, at: start + 86_400_000 }
  expect(remaining(ahead, rule, start)).toBe(0)
  expect(addFailures(ahead, 1, { at: start, rule })).toEqual({ failures: 1, at: start })
})

test('no order of failures makes a wait longer than the longest, or a count that is no number', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: -1e9, max: 1e12 }))),
      fc.record({
        free: fc.integer({ min: 1, max: 1e6 }),
        longest: fc.integer({ min: 1000, max: 86_400_000 }),
      }),
      (failures, ofAny) => {
        let count: FailureCount | undefined
        for (const [more, at] of failures) count = addFailures(count, more, { at: start + at, rule: ofAny })
        if (!count) return
        expect(Number.isFinite(count.failures) && count.failures > 0).toBe(true)
        expect(waitOf(count, ofAny)).toBeLessThanOrEqual(ofAny.longest)
      },
    ),
  )
})
