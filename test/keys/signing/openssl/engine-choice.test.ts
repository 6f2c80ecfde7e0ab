import { expect, test } from 'bun:test'
import { hasThreads } from '../../../../src/keys/signing/builtin-engine.ts'
import {
  chooseEngine,
  countOpensslThreads,
  measureEngines,
} from '../../../../src/keys/signing/openssl/engine-choice.ts'
import type { NativeKey } from '../../../../src/platform/signing.ts'

/** Microseconds of both, whether the runtime has threads, threads of OpenSSL, processes, cores, and what has to come out. */
test.each([
  ['one process of two cores, OpenSSL twice as fast, without threads', 620, 320, true, 0, 1, 2, 'builtin'],
  ['one process of two cores, OpenSSL twice as fast, on threads', 620, 320, true, 2, 1, 2, 'openssl'],
  ['one process of two cores, on threads, level', 690, 680, true, 2, 1, 2, 'builtin'],
  ['two processes of two cores, OpenSSL twice as fast', 620, 320, false, 0, 2, 2, 'openssl'],
  ['one process of one core', 620, 320, false, 0, 1, 1, 'openssl'],
  ['two processes of four cores, without threads', 620, 320, true, 0, 2, 4, 'builtin'],
  ['two processes of four cores, on two threads each', 620, 320, true, 2, 2, 4, 'openssl'],
  ['three processes of four cores, without threads', 620, 320, true, 0, 3, 4, 'openssl'],
  ['three processes of four cores have no more than four', 620, 590, true, 2, 3, 4, 'builtin'],
  ['one process of many cores has too few threads', 620, 320, true, 8, 1, 64, 'builtin'],
  ['more processes than cores count as cores', 620, 320, false, 0, 9, 2, 'openssl'],
  ['level', 690, 680, false, 0, 2, 2, 'builtin'],
  ['just not a tenth faster', 110, 100, false, 0, 2, 2, 'builtin'],
  ['a little more than a tenth faster', 112, 100, false, 0, 2, 2, 'openssl'],
  ['slower', 20, 60, false, 0, 1, 2, 'builtin'],
  ['twenty times faster, one process of two cores', 700, 32, true, 0, 1, 2, 'openssl'],
] as const)('%s', (_name, builtin, openssl, isThreaded, opensslThreads, processes, cores, wanted) => {
  expect(chooseEngine({ builtin, openssl, isThreaded, opensslThreads, processes, cores })).toBe(wanted)
})

test('OpenSSL gets threads for what is slow, as many as each process has cores, eight at most', () => {
  const count = (kind: string, [processes, cores]: [number, number], mostOpensslThreads = 8) => {
    const host = { cores, mostOpensslThreads, quickCurves: ['P-256'] }
    return countOpensslThreads(kind, { processes, host })
  }
  expect(count('RSA 2048', [1, 2])).toBe(2)
  expect(count('RSA 2048', [3, 4])).toBe(2)
  expect(count('RSA 2048', [1, 64])).toBe(8)
  // No core is left for them, the runtime has none, or the way there costs more.
  expect(count('RSA 2048', [2, 2])).toBe(0)
  expect(count('RSA 2048', [1, 1])).toBe(0)
  expect(count('RSA 2048', [1, 2], 0)).toBe(0)
  expect(count('P-256', [1, 2])).toBe(0)
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
