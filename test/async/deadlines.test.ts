import { expect, test } from 'bun:test'
import { DeadlinePassed, Deadlines } from '../../src/async/deadlines.ts'

function start(milliseconds: number) {
  let now = 0
  const timers: { at: number; callback: () => void }[] = []
  const deadlines = new Deadlines({
    milliseconds: () => milliseconds,
    monotonic: () => now,
    after: (pause, callback) => void timers.push({ at: now + pause, callback }),
  })
  const advance = (to: number) => {
    now = to
    for (const timer of timers.filter(({ at }) => at <= to)) {
      timers.splice(timers.indexOf(timer), 1)
      timer.callback()
    }
  }
  return { deadlines, advance, timers }
}

const never = () => new Promise<never>(() => {})

test('what ends in time gives its result or its error', async () => {
  const { deadlines, timers } = start(100)
  expect(await deadlines.keep(Promise.resolve(1))).toBe(1)
  await expect(deadlines.keep(Promise.reject(new TypeError('broken')))).rejects.toThrow('broken')
  expect(timers).toHaveLength(1)
})

test('what takes longer is given up, each at its own time, with one timer', async () => {
  const { deadlines, advance, timers } = start(100)
  const first = deadlines.keep(never())
  advance(60)
  const second = deadlines.keep(never())
  const quick = deadlines.keep(Promise.resolve('quick'))
  expect(timers).toHaveLength(1)
  advance(100)
  await expect(first).rejects.toBeInstanceOf(DeadlinePassed)
  expect(await Promise.race([second, quick])).toBe('quick')
  expect(timers.map(({ at }) => at)).toEqual([160])
  advance(160)
  await expect(second).rejects.toBeInstanceOf(DeadlinePassed)
  expect(timers).toEqual([])
})

test('a timer whose waits are over leaves none behind', async () => {
  const { deadlines, advance, timers } = start(100)
  await deadlines.keep(Promise.resolve())
  advance(100)
  expect(timers).toEqual([])
  const late = deadlines.keep(never())
  expect(timers.map(({ at }) => at)).toEqual([200])
  advance(200)
  await expect(late).rejects.toBeInstanceOf(DeadlinePassed)
})

test('to make room, the oldest that waited long enough are given up early, and no more than asked for', async () => {
  const { deadlines, advance } = start(1000)
  const [oldest, older] = [deadlines.keep(never()), deadlines.keep(never())]
  const done = deadlines.keep(Promise.resolve('done'))
  expect(await done).toBe('done')
  advance(50)
  const young = deadlines.keep(never())
  advance(100)
  deadlines.endOldest(1, { age: 100 })
  await expect(oldest).rejects.toBeInstanceOf(DeadlinePassed)
  expect(await Promise.race([older, Promise.resolve('waits')])).toBe('waits')
  deadlines.endOldest(5, { age: 100 })
  await expect(older).rejects.toBeInstanceOf(DeadlinePassed)
  expect(await Promise.race([young, Promise.resolve('waits')])).toBe('waits')
})
