import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FailureBooks } from '../../src/limits/failure-books.ts'
import { KnownAddresses } from '../../src/limits/known-addresses.ts'
import { KnownRows } from '../../src/limits/known-rows.ts'
import { LimitKey } from '../../src/limits/limit-key.ts'
import { failureCounts } from '../../src/limits/limit-row.ts'
import { RateBooks } from '../../src/limits/rates/rate-books.ts'
import { rateCounts } from '../../src/limits/rates/rate-row.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { failingStorage, pausesOf, rowsOf } from '../support/failing-storage.ts'
import { platform, sameLimitKey } from '../support/test-app.ts'

const places = { pair: 'p1', subject: 's1', address: 'a1', tenant: 't' }
const many = { free: 1_000_000, longest: 900_000 }
const rules = { pair: many, address: many, subject: many, tenant: many }

interface Counted {
  /** Counts one more. */
  add(): void
  flush(): Promise<void>
}

/** Counts of two sorts, each with what its row says of the one subject. */
const sorts = ['failures', 'rates'] as const

function start(sort: (typeof sorts)[number]) {
  const storage = failingStorage(createMemoryStorage())
  let time = 1_893_456_000_000
  const now = () => time
  const options = {
    ...{ storage, now, randomBytes: sameLimitKey, onError: () => {} },
    after: () => () => {},
  }
  const newProcess = (): Counted => {
    if (sort === 'failures') {
      const books = new FailureBooks({ ...options, rules })
      return { add: () => void books.open('acme').add(places, now()), flush: () => books.flush() }
    }
    const books = new RateBooks({ ...options, id: 'tokens' })
    return { add: () => books.add(books.open('acme', 't', 10_000), now()), flush: () => books.flush() }
  }
  const findStored = async (): Promise<number> => {
    if (sort === 'failures')
      return (await rowsOf(storage, 'acme', failureCounts))[0]?.value.counts['t']?.[0] ?? 0
    return (await rowsOf(storage, 'acme', rateCounts))[0]?.value.counts['t']?.[0] ?? 0
  }
  const advance = (milliseconds: number) => {
    time += milliseconds
  }
  return { storage, options, newProcess, findStored, advance }
}

const ticks = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 20 })
/** Per cent of the answers that are lost, call by call. */
const fates = fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 50 })

test.each(sorts)(
  '%s are counted once by several processes, whatever calls wait for and answers are lost',
  (sort) =>
    fc.assert(
      fc.asyncProperty(ticks, fates, fc.integer({ min: 1, max: 10 }), async (waits, lots, count) => {
        const { storage, newProcess, findStored } = start(sort)
        const processes = Array.from({ length: count }, newProcess)
        storage.pause = pausesOf(waits)
        let call = 0
        storage.loses = () => (lots[call++ % lots.length] ?? 0) < 30
        // A process says nothing of a small part of a rate.
        const atOnce = 320
        let counted = 0
        for (let round = 0; round < 4; round++) {
          const flushed = processes.map(({ add, flush }) => {
            for (let left = atOnce; left > 0; left--) add()
            counted += atOnce
            return flush()
          })
          await Promise.all(flushed)
        }
        storage.loses = undefined
        for (let round = 0; round < 2; round++) for (const { flush } of processes) await flush()
        expect(await findStored()).toBe(counted)
      }),
      { numRuns: 100 },
    ),
)

test('what a rate drained while the storage was away is not counted when it is back', async () => {
  const { storage, newProcess, findStored, advance } = start('rates')
  const { add, flush } = newProcess()
  storage.loses = (call) => call.endsWith('create')
  for (let left = 1000; left > 0; left--) add()
  await flush()
  storage.failing = true
  await flush()
  advance(3000)
  storage.failing = false
  await storage.of('acme').of(rateCounts).delete('tokens')
  await flush()
  // 10,000 a minute: 500 drained.
  expect(await findStored()).toBe(500)
})

test('while the storage does not answer, nothing piles up behind it', async () => {
  const { storage, options } = start('failures')
  let planned = 0
  const after = (_: number, callback: () => void) => {
    planned++
    queueMicrotask(callback)
    return () => {}
  }
  const own = { ...options, after, hashing: platform.hashing, monotonic: () => 0 }
  const failures = new FailureBooks({ ...own, rules })
  const rates = new RateBooks({ ...own, id: 'tokens' })
  const known = new KnownAddresses({ ...own, rows: new KnownRows({ ...own, key: new LimitKey(own) }) })
  const answer = Promise.withResolvers<void>()
  storage.pause = () => answer.promise
  for (let index = 0; index < 100; index++) {
    failures.open('acme').add(places, options.now())
    const count = rates.open('acme', 't', 100)
    rates.add(count, options.now())
    void rates.settle([count], options.now())
    known.note(
      { tenantId: 'acme', kind: 'client', key: `${index}`, address: () => '192.0.2.1' },
      { isEach: true },
    )
    await new Promise<void>((resolve) => platform.nextTurn(resolve))
  }
  expect(planned).toBeLessThanOrEqual(3)
  answer.resolve()
  await Promise.all([failures.flush(), rates.flush(), known.flush()])
  expect((await rowsOf(storage, 'acme', failureCounts))[0]?.value.counts['t']?.[0]).toBe(100)
  expect((await rowsOf(storage, 'acme', rateCounts))[0]?.value.counts['t']?.[0]).toBe(100)
})
