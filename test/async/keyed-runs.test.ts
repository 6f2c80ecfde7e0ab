import { expect, test } from 'bun:test'
import { KeyedRuns } from '../../src/async/keyed-runs.ts'

test('all who ask for a key while it is worked on get the one outcome, and the next another', async () => {
  const runs = new KeyedRuns<number>()
  let count = 0
  const work = async () => ++count
  expect(await Promise.all([runs.run('a', work), runs.run('a', work), runs.run('b', work)])).toEqual([
    1, 1, 2,
  ])
  expect(runs.get('a')).toBeUndefined()
  expect(await runs.run('a', work)).toBe(3)
})

test('a failure is for all who asked, and is not kept', async () => {
  const runs = new KeyedRuns<number>()
  const fail = () => Promise.reject(new TypeError('no'))
  const [first, second] = await Promise.allSettled([runs.run('a', fail), runs.run('a', fail)])
  expect([first.status, second.status]).toEqual(['rejected', 'rejected'])
  expect(await runs.run('a', async () => 1)).toBe(1)
})

test('work that was forgotten is told so, and nobody waits for it any more', async () => {
  const runs = new KeyedRuns<string>()
  const gate = Promise.withResolvers<void>()
  const told: boolean[] = []
  const old = runs.run('a', async (isWanted) => {
    await gate.promise
    told.push(isWanted())
    return 'old'
  })
  runs.forget('a')
  const young = runs.run('a', async (isWanted) => {
    await gate.promise
    told.push(isWanted())
    return 'young'
  })
  gate.resolve()
  expect(await Promise.all([old, young])).toEqual(['old', 'young'])
  expect(told).toEqual([false, true])
})
