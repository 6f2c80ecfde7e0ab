import { expect, test } from 'bun:test'
import { applyToWorkers, planForWorkers } from '../../../src/server/reload/apply-to-workers.ts'
import type { Plan, SwapResult } from '../../../src/supervisor/worker-messages.ts'
import { plan } from '../../supervisor/fake-workers.ts'

const swapped: SwapResult = { isTaken: true, fixed: ['server.port'], warnings: ['a warning'], watch: false }
const sourceOf = (length: number, included = 0) => ({
  ...{ path: 'config.yaml', folder: '/srv', text: 'x'.repeat(length) },
  inclusion: {
    files: [{ file: 'a', path: '/srv/a', text: 'x'.repeat(included), stamp: '' }],
    ...{ faults: [], warnings: [], watched: [], folders: [] },
  },
})

interface Case {
  readonly running?: Partial<Plan>
  readonly replaced?: Plan | 'none'
  /** Settings that the workers cannot change. */
  readonly fixed?: readonly string[]
}

/** What was done for a configuration, and its result. */
async function apply(
  source: ReturnType<typeof sourceOf>,
  { running = {}, replaced = plan, fixed = ['server.port'] }: Case = {},
) {
  const done: string[] = []
  const supervisor = {
    swap: async (_: unknown, findNeeds?: (fixed: readonly string[]) => readonly string[]) => {
      const newProcesses = findNeeds?.(fixed) ?? []
      done.push(newProcesses.length > 0 ? 'prepare' : 'swap')
      return { ...swapped, fixed, ...(newProcesses.length > 0 && { newProcesses }) }
    },
    replace: async () => {
      done.push('replace')
      return replaced === 'none' ? undefined : replaced
    },
  }
  const findRunning = () => ({ ...plan, ...running })
  const result = await applyToWorkers(source, { supervisor, findRunning })
  return [done.join(), result]
}

test('workers swap a small configuration, and new ones read a large one while they serve', async () => {
  expect(await apply(sourceOf(1000))).toEqual(['swap', swapped])
  const isTaken: SwapResult = { isTaken: true, fixed: [], newProcesses: [], warnings: [], watch: false }
  expect(await apply(sourceOf(1024 * 1024 + 1))).toEqual(['replace', isTaken])
  expect(await apply(sourceOf(1000, 1024 * 1024))).toEqual(['replace', isTaken])
})

test('new processes take over for settings that the workers cannot change; what these cannot change either is named', async () => {
  const fixed = ['server.port', 'server.tls', 'postgres']
  const next = { ...plan, port: 4711 }
  expect(await apply(sourceOf(1000), { fixed, replaced: next })).toEqual([
    'prepare,replace',
    { ...swapped, newProcesses: ['server.tls', 'postgres'] },
  ])
  const [, refused] = await apply(sourceOf(1000), { fixed, replaced: 'none' })
  expect(refused).toMatchObject({ isTaken: false, faults: [expect.stringContaining('grantd check')] })
})

test('memory is kept, whatever the size and the settings; and new workers that cannot start are a fault', async () => {
  const running = { isShared: false }
  expect(await apply(sourceOf(2_000_000), { running })).toEqual(['swap', swapped])
  const fixed = ['server.tls']
  expect(await apply(sourceOf(1000), { running, fixed })).toEqual(['swap', { ...swapped, fixed }])
  const [, result] = await apply(sourceOf(2_000_000), { replaced: 'none' })
  expect(result).toMatchObject({ isTaken: false, faults: [expect.stringContaining('grantd check')] })
})

test('a plan tells what new processes take over for from what waits for a restart', () => {
  const fixed = ['server.host', 'server.tls', 'storage']
  const result = { isTaken: true, changes: [], fixed } as const
  const told = { ...result, fixed: ['server.host'], newProcesses: ['server.tls', 'storage'] }
  expect(planForWorkers(result, plan)).toEqual(told)
  expect(planForWorkers(result, { ...plan, isShared: false })).toEqual(result)
  const refused = { isTaken: false, faults: ['config.yaml:1:1: no'] } as const
  expect(planForWorkers(refused, plan)).toEqual(refused)
})
