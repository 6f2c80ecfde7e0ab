import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Gate, GateFull } from '../../src/async/gate.ts'

test('jobs run in the order in which they came', async () => {
  const gate = new Gate(1, 10)
  const order: number[] = []
  await Promise.all(Array.from({ length: 10 }, (_, n) => gate.run(async () => void order.push(n))))
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a job answers its value, and throws its error', async () => {
  const gate = new Gate(1, 0)
  expect(await gate.run(async () => 7)).toBe(7)
  await expect(gate.run(() => Promise.reject(new RangeError('no')))).rejects.toThrow('no')
  expect(await gate.run(async () => 8)).toBe(8)
})

test('with no place to wait the second at once is refused', async () => {
  const gate = new Gate(1, 0)
  const open = Promise.withResolvers<void>()
  const first = gate.run(() => open.promise)
  await expect(gate.run(async () => {})).rejects.toBeInstanceOf(GateFull)
  open.resolve()
  await first
  expect(await gate.run(async () => 'free again')).toBe('free again')
})

const ticks = async (count: number) => {
  for (let tick = 0; tick < count; tick++) await Promise.resolve()
}

test('never more run at once than may, whatever comes when and ends how', async () => {
  const job = fc.record({ comesAfter: fc.nat(30), takes: fc.nat(5), fails: fc.boolean() })
  const jobs = fc.array(job, { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), jobs, async (atOnce, jobs) => {
      const gate = new Gate(atOnce, 100)
      let running = 0
      let mostRunning = 0
      const work = jobs.map(async ({ comesAfter, takes, fails }) => {
        await ticks(comesAfter)
        await gate.run(async () => {
          mostRunning = Math.max(mostRunning, ++running)
          await ticks(takes)
          running--
          if (fails) throw new RangeError('failed')
        })
      })
      const ended = await Promise.allSettled(work)
      const failed = ended.filter(({ status }) => status === 'rejected')
      expect(failed).toHaveLength(jobs.filter(({ fails }) => fails).length)
      expect(mostRunning).toBeLessThanOrEqual(atOnce)
      expect(running).toBe(0)
    }),
  )
})
