import { expect, test } from 'bun:test'
import { HeldRefusals } from '../../src/limits/held-refusals.ts'

const refused = { status: 429 }

function start(settings = { enabled: true, refusal_delay: 1 }) {
  let time = 0
  const waiting: { readonly at: number; readonly run: () => void }[] = []
  const held = new HeldRefusals({
    settings,
    monotonic: () => time,
    after: (milliseconds, run) => {
      waiting.push({ at: time + milliseconds, run })
      return () => {}
    },
  })
  const advance = (milliseconds: number) => {
    time += milliseconds
    const due = waiting.filter(({ at }) => at <= time)
    for (const one of due) waiting.splice(waiting.indexOf(one), 1)
    for (const { run } of due) run()
  }
  /** How many of so many answers are held. */
  const holdMany = (count: number, answer = refused) =>
    Array.from({ length: count }, () => held.hold(answer)).filter((hold) => hold !== undefined)
  return { holdMany, advance, waiting }
}

test('twenty refusals of a second go out at once, and the others one after the other in the second after the next', async () => {
  const { holdMany, advance, waiting } = start()
  const held = holdMany(84)
  expect(held).toHaveLength(64)
  expect(waiting.filter(({ at }) => at < 1500)).toHaveLength(32)
  expect(waiting.every(({ at }) => at >= 1000 && at < 2000)).toBe(true)
  advance(2000)
  await Promise.all(held)
  expect(holdMany(20)).toEqual([])
})

test('no other answer is held or counted', () => {
  const { holdMany } = start()
  for (const status of [200, 303, 400, 401, 503]) expect(holdMany(1000, { status })).toEqual([])
  expect(holdMany(20)).toEqual([])
})

test('the number of held answers is bounded, and what is above goes out at once', () => {
  const { holdMany, advance } = start()
  expect(holdMany(20_000)).toHaveLength(5000)
  expect(holdMany(100)).toEqual([])
  advance(2000)
  expect(holdMany(20_000)).toHaveLength(5000)
})

test('with a delay of 0, or with limits off, no answer is held', () => {
  expect(start({ enabled: true, refusal_delay: 0 }).holdMany(1000)).toEqual([])
  expect(start({ enabled: false, refusal_delay: 1 }).holdMany(1000)).toEqual([])
})
