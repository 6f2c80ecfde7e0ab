import { expect, test } from 'bun:test'
import { ClockGuard } from '../../src/maintenance/clock-guard.ts'
import { day, hour, minute, TestClock } from '../support/rings.ts'

function newGuard() {
  const clock = new TestClock()
  const lines: string[] = []
  const guard = new ClockGuard({ ...clock, log: (level, message) => void lines.push(`${level} ${message}`) })
  return { clock, guard, lines }
}

const waits = 'no key is rotated and nothing is deleted for a day; set the clock right'

test('a clock that goes as it should is steady, and so is one that drifts or is set by minutes', () => {
  const { clock, guard, lines } = newGuard()
  for (let step = 0; step < 1000; step++) {
    clock.advance(minute)
    clock.jump(2000)
    expect(guard.isSteady()).toBe(true)
  }
  clock.jump(4 * minute)
  expect(guard.isSteady()).toBe(true)
  expect(lines).toEqual([])
})

test.each([6 * minute, -6 * minute, 400 * day, -400 * day])(
  'a clock that jumps by %d ms is believed after a day of going right, and each is said once',
  (jump) => {
    const { clock, guard, lines } = newGuard()
    clock.jump(jump)
    for (let step = 0; step < 24 * 60; step++) {
      expect(guard.isSteady()).toBe(false)
      clock.advance(minute)
    }
    expect(guard.isSteady()).toBe(true)
    expect(lines).toEqual([`warn the clock jumped: ${waits}`, 'info the clock is believed again'])
  },
)

test('a clock that jumps back to where it was waits just as long, from then on', () => {
  const { clock, guard } = newGuard()
  clock.jump(day)
  expect(guard.isSteady()).toBe(false)
  clock.advance(23 * hour)
  clock.jump(-day)
  expect(guard.isSteady()).toBe(false)
  clock.advance(day - 1)
  expect(guard.isSteady()).toBe(false)
  clock.advance(1)
  expect(guard.isSteady()).toBe(true)
})

const starts: readonly [gap: number, wait: number][] = [
  [0, 0],
  [hour, 0],
  [hour + 1, 10 * minute],
  [30 * day, 10 * minute],
  [30 * day + 1, day],
  [-5 * minute, 0],
  [-5 * minute - 1, day],
  [-400 * day, day],
]
test.each(starts)('a start %d ms after the time that was written down last waits %d ms', (gap, wait) => {
  const { clock, guard } = newGuard()
  guard.compare(clock.now() - gap, { isStart: true })
  if (wait > 0) {
    expect(guard.isSteady()).toBe(false)
    clock.advance(wait - 1)
    expect(guard.isSteady()).toBe(false)
    clock.advance(1)
  }
  expect(guard.isSteady()).toBe(true)
})

test('the first start of all has nothing to compare with', () => {
  const { guard } = newGuard()
  guard.compare(undefined, { isStart: true })
  expect(guard.isSteady()).toBe(true)
})

test.each([
  [5 * minute, 0],
  [5 * minute + 1, 5 * minute + 1],
  [20 * day, 20 * day],
])('after a pause of %d ms the clock may be ahead by %d ms, for a day', (gap, doubt) => {
  const { clock, guard } = newGuard()
  guard.compare(clock.now() - gap, { isStart: false })
  expect(guard.doubt).toBe(0)
  guard.compare(clock.now() - gap, { isStart: true })
  clock.advance(day - 1)
  expect(guard.doubt).toBe(doubt)
  clock.advance(1)
  expect(guard.doubt).toBe(0)
})
