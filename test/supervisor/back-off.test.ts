import { expect, test } from 'bun:test'
import { BackOff } from '../../src/supervisor/back-off.ts'

test('the first restart is at once, the next ones take twice as long each, up to half a minute', () => {
  const backOff = new BackOff()
  const delays = Array.from({ length: 10 }, () => backOff.next(0))
  expect(delays).toEqual([0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  expect(backOff.failures).toBe(10)
})

test('a minute of health is a new beginning, and less is none', () => {
  const backOff = new BackOff()
  for (let count = 0; count < 5; count++) backOff.next(0)
  expect(backOff.next(59_999)).toBe(8000)
  expect(backOff.next(60_000)).toBe(0)
  expect(backOff.failures).toBe(1)
})
