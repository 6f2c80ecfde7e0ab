import { expect, test } from 'bun:test'
import { takeCensus } from '../../src/keys/key-census.ts'

const queue = { waiting: 0, refused: 0 }
const never = Number.POSITIVE_INFINITY

function ring(dueAt: number, activatedAt: number | null, failure?: Error) {
  const ring = { dueAt, activatedAt, failure } as never
  return { ring, failingSince: undefined }
}

test('the census counts tenants, steps and ages over all that are opened or surveyed', () => {
  const census = takeCensus({
    opened: new Map([
      ['a', ring(5000, 100)],
      ['b', ring(900, 300)],
      ['c', ring(never, null, new Error('unreadable'))],
    ]),
    surveyed: { list: () => [{ dueAt: 4000, activatedAt: 200 }] },
    queue,
    now: 1000,
  })
  expect(census).toEqual({
    ...{ tenants: 4, due: 1, failing: 1, queue },
    // The step of b is due already.
    ...{ nextStepAt: 1000, oldestActivatedAt: 100, newestActivatedAt: 300 },
  })
})

test('without a tenant, or a step, there is no time', () => {
  const none = { nextStepAt: undefined, oldestActivatedAt: undefined, newestActivatedAt: undefined }
  const surveyed = { list: () => [] }
  expect(takeCensus({ opened: new Map(), surveyed, queue, now: 1 })).toMatchObject({ tenants: 0, ...none })
  const opened = new Map([['a', ring(never, null)]])
  expect(takeCensus({ opened, surveyed, queue, now: 1 })).toMatchObject({ tenants: 1, ...none })
})

test('a hundred thousand tenants are counted in one go', () => {
  const opened = new Map(Array.from({ length: 100_000 }, (_, index) => [String(index), ring(index, index)]))
  const census = takeCensus({ opened, surveyed: { list: () => [] }, queue, now: 99_990 })
  expect(census).toMatchObject({
    tenants: 100_000,
    due: 99_991,
    nextStepAt: 99_990,
    newestActivatedAt: 99_999,
  })
})
