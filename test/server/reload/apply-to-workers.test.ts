import { expect, test } from 'bun:test'
import { applyToWorkers } from '../../../src/server/reload/apply-to-workers.ts'
import type { Plan, SwapResult } from '../../../src/supervisor/worker-messages.ts'
import { plan } from '../../supervisor/fake-workers.ts'

const swapped: SwapResult = { isTaken: true, fixed: ['server.port'], warnings: [], watch: false }
const sourceOf = (length: number, included = 0) => ({
  ...{ path: 'config.yaml', folder: '/srv', text: 'x'.repeat(length) },
  inclusion: {
    files: [{ file: 'a', path: '/srv/a', text: 'x'.repeat(included), stamp: '' }],
    ...{ faults: [], warnings: [], watched: [] },
  },
})

/** What was done for a configuration, and its result. */
async function apply(source: ReturnType<typeof sourceOf>, isShared = true, replaced: Plan | 'none' = plan) {
  const done: string[] = []
  const supervisor = {
    swap: async () => {
      done.push('swap')
      return swapped
    },
    replace: async () => {
      done.push('replace')
      return replaced === 'none' ? undefined : replaced
    },
  }
  const result = await applyToWorkers(source, { supervisor, isShared })
  return [done.join(), result]
}

test('workers swap a small configuration, and new ones read a large one while they serve', async () => {
  expect(await apply(sourceOf(1000))).toEqual(['swap', swapped])
  const isTaken: SwapResult = { isTaken: true, fixed: [], warnings: [], watch: false }
  expect(await apply(sourceOf(1024 * 1024 + 1))).toEqual(['replace', isTaken])
  expect(await apply(sourceOf(1000, 1024 * 1024))).toEqual(['replace', isTaken])
})

test('memory is kept, whatever the size; and new workers that cannot start are a fault', async () => {
  expect(await apply(sourceOf(2_000_000), false)).toEqual(['swap', swapped])
  const [, result] = await apply(sourceOf(2_000_000), true, 'none')
  expect(result).toMatchObject({ isTaken: false, faults: [expect.stringContaining('grantd check')] })
})
