import { expect, test } from 'bun:test'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { createBusyMeter } from '../../src/server/busy-meter.ts'

/** A meter over clocks that stand still; all times in milliseconds. */
function start() {
  const clock = { now: 1000, used: 300 }
  const { processes } = bunPlatform()
  const isBusy = createBusyMeter({
    monotonic: () => clock.now,
    processes: { ...processes, usage: () => ({ cpuSeconds: clock.used / 1000, residentBytes: 0 }) },
  })
  const after = (milliseconds: number, used: number) => {
    clock.now += milliseconds
    clock.used += used
    return isBusy()
  }
  return { after }
}

test('half of a core since the last look is busy, less is not, whatever was before', () => {
  const { after } = start()
  expect(after(100, 49)).toBe(false)
  expect(after(100, 50)).toBe(true)
  expect(after(1000, 499)).toBe(false)
  expect(after(1000, 2000)).toBe(true)
  expect(after(30_000, 10)).toBe(false)
})

test('who asks again at once gets the same answer, and the time counts for the next look', () => {
  const { after } = start()
  expect(after(100, 90)).toBe(true)
  expect(after(49, 0)).toBe(true)
  expect(after(0, 0)).toBe(true)
  expect(after(51, 0)).toBe(false)
})
