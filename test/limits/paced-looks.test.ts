import { expect, test } from 'bun:test'
import { PacedLooks } from '../../src/limits/paced-looks.ts'

const start = 1_893_456_000_000

test('what comes now and then is looked at each time, and what comes without a pause once a second', () => {
  const looks = new PacedLooks()
  for (let hour = 0; hour < 100; hour++)
    for (let index = 0; index < 50; index++) expect(looks.isDue('rare', start + hour * 3_600_000)).toBe(true)
  let looked = 0
  for (let at = 0; at < 100_000; at++) if (looks.isDue('busy', start + at)) looked++
  expect(looked).toBeGreaterThanOrEqual(150)
  expect(looked).toBeLessThanOrEqual(161)
})

test('one that is busy takes no look from another, and a clock that goes back stops none for good', () => {
  const looks = new PacedLooks()
  for (let index = 0; index < 1000; index++) looks.isDue('busy', start)
  expect(looks.isDue('busy', start)).toBe(false)
  expect(looks.isDue('other', start)).toBe(true)
  expect(looks.isDue('busy', start - 86_400_000)).toBe(true)
})
