import { expect, test } from 'bun:test'
import { FreshRun } from '../../src/async/fresh-run.ts'

test('who asks while a run is under way gets one that began later, shared by all who wait', async () => {
  const began: PromiseWithResolvers<number>[] = []
  const runs = new FreshRun(() => {
    const run = Promise.withResolvers<number>()
    began.push(run)
    return run.promise
  })
  const first = runs.run()
  const [second, third] = [runs.run(), runs.run()]
  expect(began).toHaveLength(1)
  began[0]?.resolve(1)
  expect(await first).toBe(1)
  await Promise.resolve()
  expect(began).toHaveLength(2)
  const fourth = runs.run()
  began[1]?.resolve(2)
  expect(await Promise.all([second, third])).toEqual([2, 2])
  await Promise.resolve()
  expect(began).toHaveLength(3)
  began[2]?.resolve(4)
  expect(await fourth).toBe(4)
})

test('a run that fails fails for those who wait for it alone', async () => {
  let count = 0
  const runs = new FreshRun(async () => {
    count++
    await Promise.resolve()
    if (count === 1) throw new Error('away')
    return count
  })
  const results = await Promise.allSettled([runs.run(), runs.run()])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  expect(await runs.run()).toBe(3)
})

test('never are two runs under way, whenever it is asked', async () => {
  let [under, most] = [0, 0]
  const runs = new FreshRun(async () => {
    most = Math.max(most, ++under)
    await Promise.resolve()
    under--
  })
  const asked = [runs.run(), runs.run()]
  for (let tick = 0; tick < 20; tick++) {
    await Promise.resolve()
    asked.push(runs.run())
  }
  expect(runs.isIdle).toBe(false)
  await Promise.all(asked)
  expect([most, runs.isIdle]).toEqual([1, true])
})
