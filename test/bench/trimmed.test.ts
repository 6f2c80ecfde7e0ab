import { expect, test } from 'bun:test'
import { compareSamples, trimmedMean } from '../../bench/measure/trimmed.ts'

/** Times as a machine has them: around `mean`, and some that are far off. The same at each run. */
function samples(count: number, mean: number, seed: number): number[] {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: count }, () => {
    const noise = 10 * (random() + random() + random() - 1.5)
    return mean + noise + (random() < 0.05 ? 500 * random() : 0)
  })
}

test('a trimmed mean leaves out what is far off', () => {
  const { mean, standardError } = trimmedMean([1, 2, 3, 4, 5, 6, 7, 8, 9, 1e9])
  expect(mean).toBe(5.5)
  expect(standardError).toBeLessThan(2)
})

test('samples of one kind are told apart by chance alone', () => {
  for (let seed = 1; seed < 200; seed++)
    expect(compareSamples(samples(1000, 200, seed), samples(1000, 200, seed + 1000)).isReal).toBe(false)
})

test('the difference that is said to be detectable is found in some 95 of 100 runs', () => {
  const { detectable } = compareSamples(samples(1000, 200, 1), samples(1000, 200, 2))
  expect(detectable).toBeLessThan(2)
  let found = 0
  for (let seed = 1; seed <= 200; seed++)
    if (compareSamples(samples(1000, 200 + detectable, seed), samples(1000, 200, seed + 5000)).isReal) found++
  expect(found).toBeGreaterThan(175)
})
