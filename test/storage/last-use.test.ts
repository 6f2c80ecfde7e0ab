import { describe, expect, test } from 'bun:test'
import { secretUses } from '../../src/clients/client-row.ts'
import { LastUse } from '../../src/storage/last-use.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { failingStorage, rowsOf } from '../support/failing-storage.ts'
import { waitFor } from '../support/wait-for.ts'

/** A LastUse over a storage that can fail, with a timer that runs when the test says so. */
function start() {
  const storage = failingStorage(createMemoryStorage())
  const errors: unknown[] = []
  const gone = new Set<string>()
  const timers: { milliseconds: number; callback: () => void; cancelled: boolean }[] = []
  const lastUse = new LastUse({
    storage,
    after: (milliseconds, callback) => {
      const timer = { milliseconds, callback, cancelled: false }
      timers.push(timer)
      return () => {
        timer.cancelled = true
      }
    },
    isThere: async ({ id }) => {
      if (id === 'lost') throw new Error('The row of the client is damaged')
      return !gone.has(id)
    },
    onError: (cause) => void errors.push(cause),
  })
  const note = (id: string, at: number, tenantId = 'acme') =>
    lastUse.note({ tenantId, kind: secretUses, id, at, create: { parent: 'svc' } })
  const used = async (tenant = 'acme') =>
    (await rowsOf(storage, tenant, secretUses)).map(({ id, usedAt }) => [id, usedAt])
  return { storage, errors, gone, timers, lastUse, note, used }
}

describe('a use', () => {
  test('is not written when it is noted, and is there after a flush', async () => {
    const { storage, lastUse, note, used } = start()
    note('s', 5)
    expect(storage.calls).toEqual([])
    await lastUse.flush()
    expect(await used()).toEqual([['s', 5]])
  })

  test('that follows another of the same thing takes its place: one write for all', async () => {
    const { storage, lastUse, note, used } = start()
    for (let at = 2; at <= 100; at++) note('s', at)
    await lastUse.flush()
    // The first finds no row, and the second makes it.
    expect(storage.calls).toEqual(['acme secret_use touch', 'acme secret_use touch'])
    expect(await used()).toEqual([['s', 100]])
  })

  test('that comes while the storage does not answer waits for the end of the write, and is written then', async () => {
    const { storage, timers, note, used } = start()
    const answer = Promise.withResolvers<void>()
    storage.pause = () => answer.promise
    for (let at = 1; at <= 100; at++) {
      note(`s${at}`, at)
      const timer = timers.at(-1)
      if (timer && !timer.cancelled) timer.callback()
    }
    expect(timers).toHaveLength(1)
    answer.resolve()
    await waitFor('the next write is planned', () => timers.length === 2)
    timers.at(-1)?.callback()
    await waitFor('all are written', async () => (await used()).length === 100)
  })

  test('that was written is not written again for five minutes, whatever the clock does', async () => {
    const { storage, lastUse, note, used } = start()
    note('s', 400_000)
    await lastUse.flush()
    storage.calls.length = 0
    for (const at of [400_001, 699_999, 100_001]) note('s', at)
    note('t', 400_001)
    await lastUse.flush()
    // Both are of t, which has no row yet.
    expect(storage.calls).toEqual(['acme secret_use touch', 'acme secret_use touch'])
    note('s', 700_000)
    await lastUse.flush()
    expect(await used()).toEqual([
      ['s', 700_000],
      ['t', 400_001],
    ])
  })

  test('is remembered for many thousand things, and those beyond are only written once more', async () => {
    const { storage, lastUse, note } = start()
    const noteMany = async (from: number, to: number) => {
      storage.calls.length = 0
      for (let n = from; n < to; n++) note(`s${n}`, 1)
      await lastUse.flush()
      return storage.calls.length
    }
    for (let from = 0; from < 60_000; from += 10_000) expect(await noteMany(from, from + 10_000)).toBe(20_000)
    expect(await noteMany(50_000, 60_000)).toBe(0)
    expect(await noteMany(0, 10)).toBe(10)
  })

  test('never goes back: an older one, noted or written later, changes nothing', async () => {
    const { lastUse, note, used } = start()
    note('s', 50)
    await lastUse.flush()
    note('s', 40)
    await lastUse.flush()
    expect(await used()).toEqual([['s', 50]])
  })

  test('of the same id at another tenant is another', async () => {
    const { lastUse, note, used } = start()
    note('s', 1, 'acme')
    note('s', 2, 'beta')
    await lastUse.flush()
    expect([await used('acme'), await used('beta')]).toEqual([[['s', 1]], [['s', 2]]])
  })

  test('of a thing that is not there makes a row with its parent where that is wanted', async () => {
    const { storage, lastUse, note } = start()
    note('s', 5)
    await lastUse.flush()
    expect(await rowsOf(storage, 'acme', secretUses)).toMatchObject([{ id: 's', parent: 'svc', value: {} }])
  })

  test('of a thing that was deleted while it waited leaves no row', async () => {
    const { gone, lastUse, note, used } = start()
    note('s', 5)
    note('t', 5)
    gone.add('s')
    await lastUse.flush()
    expect(await used()).toEqual([['t', 5]])
  })

  test('of a thing that cannot be looked for stays written', async () => {
    const { lastUse, note, used, errors } = start()
    note('lost', 5)
    await lastUse.flush()
    expect(await used()).toEqual([['lost', 5]])
    expect(errors).toEqual([])
  })

  test('of a thing that is not there makes nothing where that is not wanted', async () => {
    const { storage, lastUse, errors } = start()
    lastUse.note({ tenantId: 'acme', kind: apiKeys, id: 'ak_gone', at: 5, create: undefined })
    await lastUse.flush()
    expect(await rowsOf(storage, 'acme', apiKeys)).toEqual([])
    expect(errors).toEqual([])
  })
})

describe('the timer', () => {
  test('is one of ten seconds for all uses, and writes them', async () => {
    const { timers, lastUse, note, used } = start()
    for (let n = 0; n < 10; n++) note(`s${n}`, n)
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([10_000])
    timers[0]?.callback()
    await lastUse.flush()
    expect(await used()).toHaveLength(10)
  })

  test('is cancelled by a flush, and the next use begins another', async () => {
    const { timers, lastUse, note } = start()
    note('s', 1)
    await lastUse.flush()
    expect(timers[0]?.cancelled).toBe(true)
    note('t', 2)
    expect(timers).toHaveLength(2)
  })

  test('does not run where nothing was noted', async () => {
    const { timers, storage, lastUse } = start()
    await lastUse.flush()
    expect([timers.length, storage.calls]).toEqual([0, []])
  })
})

describe('a store that cannot be written', () => {
  test('is told once for all uses, and flush does not throw', async () => {
    const { storage, errors, lastUse, note } = start()
    for (let n = 0; n < 10; n++) note(`s${n}`, n)
    storage.failing = true
    await lastUse.flush()
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(Error)
  })

  test('keeps the uses for the next time, behind a timer of their own', async () => {
    const { storage, timers, lastUse, note, used } = start()
    note('s', 5)
    storage.failing = true
    await lastUse.flush()
    storage.failing = false
    expect(timers).toHaveLength(2)
    await lastUse.flush()
    expect(await used()).toEqual([['s', 5]])
  })

  test('does not let an old use take the place of a younger one', async () => {
    const { storage, lastUse, note, used } = start()
    note('s', 5)
    storage.failing = true
    const flushed = lastUse.flush()
    note('s', 9)
    await flushed
    storage.failing = false
    await lastUse.flush()
    expect(await used()).toEqual([['s', 9]])
  })
})

test('beyond 10000 uses that wait, what is new is left out until the next write, what is known is not', async () => {
  const { lastUse, note, used } = start()
  for (let n = 0; n < 10_000; n++) note(`s${String(n).padStart(5, '0')}`, 1)
  note('t', 1)
  note('s00000', 2)
  await lastUse.flush()
  const rows = await used()
  expect(rows).toHaveLength(10_000)
  expect(rows[0]).toEqual(['s00000', 2])
  note('t', 3)
  await lastUse.flush()
  expect((await used()).slice(-2)).toEqual([
    ['s09999', 1],
    ['t', 3],
  ])
})

test('flushes follow one another: the last one ends when all is written', async () => {
  const { lastUse, note, used } = start()
  note('a', 1)
  const first = lastUse.flush()
  note('b', 2)
  await Promise.all([first, lastUse.flush()])
  expect(await used()).toEqual([
    ['a', 1],
    ['b', 2],
  ])
})
