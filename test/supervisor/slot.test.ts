import { expect, test } from 'bun:test'
import { keepWorker, type WorkerEnd } from '../../src/supervisor/slot.ts'

test('a worker that cannot even be started is told and tried again, and nothing is thrown', async () => {
  const ends: WorkerEnd[] = []
  const pauses: number[] = []
  await keepWorker(
    {
      monotonic: () => 0,
      pause: async (milliseconds) => void pauses.push(milliseconds),
      add: () => Promise.reject(new Error('no more processes')),
      isWanted: () => ends.length < 3,
      settled: async () => {},
      onEnd: (end) => ends.push(end) > 0,
    },
    undefined,
  )
  expect(ends.map(({ reason }) => reason)).toEqual(Array(3).fill('no more processes'))
  expect(pauses).toEqual([0, 500, 1000])
})
