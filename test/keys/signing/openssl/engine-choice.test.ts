import { expect, test } from 'bun:test'
import { hasThreads } from '../../../../src/keys/signing/builtin-engine.ts'
import { chooseEngine, measureEngines } from '../../../../src/keys/signing/openssl/engine-choice.ts'
import type { NativeKey } from '../../../../src/platform/signing.ts'

/** Microseconds of both, threads or not, processes, cores, and what has to come out. */
test.each([
  ['one process of two cores, OpenSSL twice as fast', 620, 320, true, 1, 2, 'builtin'],
  ['two processes of two cores, OpenSSL twice as fast', 620, 320, false, 2, 2, 'openssl'],
  ['one process of one core', 620, 320, false, 1, 1, 'openssl'],
  ['two processes of four cores', 620, 320, true, 2, 4, 'builtin'],
  ['three processes of four cores', 620, 320, true, 3, 4, 'openssl'],
  ['more processes than cores count as cores', 620, 320, false, 9, 2, 'openssl'],
  ['level', 690, 680, false, 2, 2, 'builtin'],
  ['just not a tenth faster', 110, 100, false, 2, 2, 'builtin'],
  ['a little more than a tenth faster', 112, 100, false, 2, 2, 'openssl'],
  ['slower', 20, 60, false, 1, 2, 'builtin'],
  ['twenty times faster, one process of two cores', 700, 32, true, 1, 2, 'openssl'],
] as const)('%s', (_name, builtin, openssl, isThreaded, processes, cores, wanted) => {
  expect(chooseEngine({ builtin, openssl, isThreaded, processes, cores })).toBe(wanted)
})

test('threads are used where processes leave cores to them', () => {
  expect(hasThreads({ processes: 1, cores: 2 })).toBe(true)
  expect(hasThreads({ processes: 2, cores: 2 })).toBe(false)
  expect(hasThreads({ processes: 1, cores: 1 })).toBe(false)
})

test('the least of several signatures counts, and others go first before each', async () => {
  let time = 0
  const order: string[] = []
  const key = (name: string, costs: number[]): NativeKey => ({
    sign: () => {
      order.push(name)
      time += costs.shift() ?? 50
      return new Uint8Array()
    },
    free: () => {},
  })
  const costs = await measureEngines({
    builtin: key('builtin', [900, 40, 70]),
    openssl: key('openssl', [800, 60, 30]),
    monotonic: () => time,
    pause: async () => void order.push('pause'),
  })
  expect(costs).toEqual({ builtin: 40, openssl: 30 })
  expect(order.slice(0, 4)).toEqual(['pause', 'builtin', 'pause', 'openssl'])
  expect(order.length).toBe(36)
})
