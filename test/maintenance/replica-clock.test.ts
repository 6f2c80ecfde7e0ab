import { expect, test } from 'bun:test'
import type { LogFields, LogLevel } from '../../src/log.ts'
import { ReplicaClock } from '../../src/maintenance/replica-clock.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'

const start = Date.UTC(2030, 0, 1)

/** A database with a clock of its own, and replicas whose clocks are off by so many seconds. */
function createScene(databaseAhead = 0) {
  let time = start
  const inner = createMemoryStorage()
  const storage: Storage = {
    name: 'postgres',
    of: (tenant) => inner.of(tenant),
    transaction: (work) => inner.transaction(work),
    deleteExpired: (before, limit) => inner.deleteExpired(before, limit),
    findLastExpiry: (before) => inner.findLastExpiry(before),
    tidy: () => inner.tidy(),
    check: () => inner.check(),
    readClock: async () => time + databaseAhead * 1000,
    close: () => inner.close(),
  }
  let made = 0
  const replica = (ahead: number) => {
    const lines: [LogLevel, string, LogFields | undefined][] = []
    const own = { ahead }
    const number = ++made
    const clock = new ReplicaClock({
      storage,
      now: () => time + own.ahead * 1000,
      randomBytes: (count) => new Uint8Array(count).fill(number),
      log: (level, message, fields) => void lines.push([level, message, fields]),
    })
    return { own, lines, compare: () => clock.compare() }
  }
  return { replica, inner, pass: (seconds: number) => (time += seconds * 1000) }
}

const off = 'the clock is off, and those of the other replicas are not: no request is wanted here'
const differs = 'the clock differs from that of the database; set one of them right'
const agrees = 'the clock agrees with that of the database again'

test.each([90, -90])('a replica %p s ahead of the others is odd, and says so once', async (ahead) => {
  const { replica } = createScene()
  const [first, second] = [replica(0), replica(ahead)]
  expect([await first.compare(), await second.compare(), await first.compare()]).toEqual([false, true, false])
  expect([await second.compare(), await second.compare()]).toEqual([true, true])
  expect(first.lines).toEqual([])
  expect(second.lines).toEqual([['error', off, { seconds: ahead }]])
})

test('once its clock is set right it is odd no more', async () => {
  const { replica } = createScene()
  const [first, second] = [replica(0), replica(90)]
  await first.compare()
  await second.compare()
  second.own.ahead = 2
  expect(await second.compare()).toBe(false)
  expect(second.lines.at(-1)).toEqual(['info', agrees, undefined])
})

test('where all replicas differ from the database its clock is wrong: nobody is odd, and each warns', async () => {
  const { replica } = createScene(90)
  const all = [replica(0), replica(0), replica(1)]
  for (let round = 0; round < 2; round++) for (const each of all) expect(await each.compare()).toBe(false)
  for (const { lines } of all)
    expect(lines.map(([level, message]) => [level, message])).toEqual([['warn', differs]])
})

test('a replica alone is never odd, nor one whose only company is gone for more than a minute', async () => {
  const { replica, pass } = createScene()
  const alone = replica(90)
  expect([await alone.compare(), await alone.compare()]).toEqual([false, false])
  await replica(0).compare()
  expect(await alone.compare()).toBe(true)
  pass(61)
  expect(await alone.compare()).toBe(false)
})

test('some seconds are no matter', async () => {
  const { replica } = createScene()
  const [first, second] = [replica(0), replica(9)]
  await first.compare()
  expect(await second.compare()).toBe(false)
  expect(second.lines).toEqual([])
})

test('each process has one row, which expires', async () => {
  const { replica, inner, pass } = createScene()
  const first = replica(0)
  for (let round = 0; round < 3; round++) {
    await first.compare()
    pass(5)
  }
  expect(await inner.deleteExpired(start + 10 * 1000 + 60_000, 10)).toBe(1)
})

test('a storage without a clock of its own is not asked for rows', async () => {
  const storage = createMemoryStorage()
  const clock = new ReplicaClock({
    storage,
    now: () => start,
    randomBytes: (count) => new Uint8Array(count),
    log: () => {},
  })
  expect(await clock.compare()).toBe(false)
  expect(await storage.findLastExpiry(Number.MAX_SAFE_INTEGER)).toBeUndefined()
})
