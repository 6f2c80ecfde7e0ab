import { expect, test } from 'bun:test'
import { findRefusals, type Refusal, RefusalBook } from '../../src/refusals/refusal-book.ts'
import { refusals } from '../../src/refusals/refusal-row.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type Storage, StorageError, systemTenant } from '../../src/storage/storage.ts'
import { testStart } from '../support/test-app.ts'

/** A book whose timers run when the test says so. */
function openBook(storage: Storage = createMemoryStorage()) {
  const state = { time: testStart, life: 3_600_000, timers: [] as (() => void)[], faults: [] as unknown[] }
  const book = new RefusalBook({
    storage,
    life: () => state.life,
    now: () => state.time,
    after: (_milliseconds, callback) => {
      state.timers.push(callback)
      return () => {}
    },
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    onError: (cause) => state.faults.push(cause),
  })
  const note = (changes: Partial<Refusal> = {}, address = '192.0.2.1') =>
    book.note({ ...refusal, at: state.time, ...changes }, address)
  return { state, storage, book, note }
}

const refusal: Refusal = {
  ...{ requestId: 'one', at: testStart, tenant: 'acme', client: 'billing' },
  ...{ method: 'POST', route: '/token', status: 400, error: 'invalid_scope' },
  ...{ check: 'scope', saw: 'api:admin', wanted: 'api:read' },
}

async function countRows(storage: Storage): Promise<number> {
  return (await storage.of(systemTenant).of(refusals).list({ limit: 10_000 })).length
}

test('a refusal is found at once by its process, and by others once it is written', async () => {
  const { book, note, storage, state } = openBook()
  note()
  expect((await book.find('one')).refusals).toEqual([{ ...refusal, address: '192.0.2.1' }])
  const other = openBook(storage).book
  expect((await other.find('one')).refusals).toEqual([])
  expect(state.timers).toHaveLength(1)
  await book.flush()
  expect((await other.find('one')).refusals).toEqual([{ ...refusal, address: '192.0.2.1' }])
  expect((await book.find('one')).refusals).toEqual([{ ...refusal, address: '192.0.2.1' }])
  expect((await other.find('on')).refusals).toEqual([])
})

test('two requests of one id are two refusals, the oldest first', async () => {
  const { book, note, state } = openBook()
  note({ saw: 'first' })
  state.time += 5
  note({ saw: 'second' })
  expect((await book.find('one')).refusals.map(({ saw }) => saw)).toEqual(['first', 'second'])
})

test('of many requests of one id the newest twenty are shown, and how many are older', async () => {
  const { book, note, storage, state } = openBook()
  for (let count = 1; count <= 150; count++) {
    note({ saw: String(count), client: `c${count}` }, `198.51.100.${count}`)
    if (count % 50 === 0) state.time += 60_000
    if (count === 100) await book.flush()
  }
  const newest = Array.from({ length: 20 }, (_, index) => String(131 + index))
  const shown = async (each: RefusalBook) => {
    const { refusals, leftOut } = await each.find('one')
    return [refusals.map(({ saw }) => saw), leftOut]
  }
  expect(await shown(book)).toEqual([newest, 130])
  await book.flush()
  for (const each of [book, openBook(storage).book]) expect(await shown(each)).toEqual([newest, 130])
  expect(await findRefusals(storage, 'one')).toMatchObject({ leftOut: 130 })
})

test('refusals of others with the same id, however many, do not take the place of those that are wanted', async () => {
  const { book, note, storage, state } = openBook()
  for (let count = 0; count < 250; count++) {
    note({ tenant: 'thief', client: `c${count}` }, `198.51.100.${count}`)
    if (count % 50 === 49) state.time += 60_000
  }
  note({ saw: 'wanted' })
  await book.flush()
  const isOwn = ({ tenant }: Refusal) => tenant === 'acme'
  for (const each of [book, openBook(storage).book]) {
    expect((await each.find('one', isOwn)).refusals.map(({ saw }) => saw)).toEqual(['wanted'])
    expect((await each.find('one')).refusals).toHaveLength(20)
  }
})

test('after its life nothing is found, in memory or in the storage', async () => {
  const { book, note, state } = openBook()
  note()
  await book.flush()
  state.time += state.life - 1
  expect((await book.find('one')).refusals).toHaveLength(1)
  state.time += 1
  expect((await book.find('one')).refusals).toEqual([])
})

test('a new life counts at once: a shorter one hides what is kept, and rows expire by it', async () => {
  const { book, note, state, storage } = openBook()
  note({ saw: 'first' })
  await book.flush()
  state.time += 60_000
  state.life = 60_000
  note({ saw: 'second' })
  await book.flush()
  expect((await book.find('one')).refusals.map(({ saw }) => saw)).toEqual(['second'])
  const expiries = () => storage.findLastExpiry(state.time + 3_600_000)
  expect(await storage.deleteExpired(state.time + 60_001, 10)).toBe(1)
  expect(await expiries()).toBe(testStart + 3_600_000)
})

test('memory has the last thousand', async () => {
  const { book, note } = openBook()
  for (let count = 0; count < 2500; count++) note({ requestId: `r${count}` })
  expect((await book.find('r1499')).refusals).toEqual([])
  expect((await book.find('r1500')).refusals).toHaveLength(1)
  expect((await book.find('r2499')).refusals).toHaveLength(1)
})

test('a flood writes a bounded number of rows a minute, and leaves room for others', async () => {
  const { book, note, storage, state } = openBook()
  for (let count = 0; count < 5000; count++) note({ check: 'client secret' }, '192.0.2.66')
  for (let count = 0; count < 5000; count++)
    note({ check: 'client secret', client: `c${count}` }, '192.0.2.67')
  for (let count = 0; count < 5000; count++) note({ check: 'client secret' }, `198.51.100.${count % 250}`)
  await book.flush()
  expect(await countRows(storage)).toBe(60)
  note({ requestId: 'theirs', tenant: 'other', check: 'grant type' }, '203.0.113.7')
  await book.flush()
  expect((await openBook(storage).book.find('theirs')).refusals).toHaveLength(1)
  for (let count = 0; count < 5000; count++) note({ tenant: `t${count}` }, `2001:db8:${count}::1`)
  await book.flush()
  expect(await countRows(storage)).toBe(200)
  state.time += 60_000
  note({ requestId: 'later' })
  await book.flush()
  expect(await countRows(storage)).toBe(201)
})

test('a text is cut, and loses e-mail addresses, tokens and secrets that somebody sent in the wrong place', async () => {
  const { book, note } = openBook()
  note({
    saw: `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl and gds_${'a'.repeat(40)}`,
    wanted: 'anna.example@example.com may',
  })
  note({ saw: 'x'.repeat(5000) })
  const [first, second] = (await book.find('one')).refusals
  expect([first?.saw, first?.wanted]).toEqual([
    '(a token or secret) and (a token or secret)',
    '(an e-mail address) may',
  ])
  expect(second?.saw).toBe(`${'x'.repeat(400)}…`)
})

test('a storage that is away costs the rows alone, and the next ones are written', async () => {
  const storage = createMemoryStorage()
  let isAway = true
  const flaky: Storage = {
    ...storage,
    of: (tenant) => {
      if (isAway) throw new StorageError('away')
      return storage.of(tenant)
    },
  }
  const { book, note, state } = openBook(flaky)
  for (let times = 0; times < 3; times++) {
    note()
    await book.flush()
  }
  expect(state.faults).toHaveLength(1)
  isAway = false
  expect((await book.find('one')).refusals).toHaveLength(3)
  note({ requestId: 'two' })
  await book.flush()
  expect((await openBook(storage).book.find('two')).refusals).toHaveLength(1)
})
