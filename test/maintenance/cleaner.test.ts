import { expect, test } from 'bun:test'
import { Cleaner } from '../../src/maintenance/cleaner.ts'
import { cleanings } from '../../src/maintenance/cleaning-row.ts'
import { ClockGuard } from '../../src/maintenance/clock-guard.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type Storage, systemTenant } from '../../src/storage/storage.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { day, hour, minute, TestClock } from '../support/rings.ts'

function newCleaner(storage: Storage = createMemoryStorage(), clock = new TestClock()) {
  const lines: string[] = []
  const guard = new ClockGuard({ ...clock, log: (_level, message) => void lines.push(message) })
  const cleaner = new Cleaner({ storage, guard, now: clock.now, pause: async () => {} })
  const records = storage.of('acme').of(revocations)
  const revoke = (id: string, expiresAt: number) => records.create({ id, value: { before: 1 }, expiresAt })
  const written = async () => (await storage.of(systemTenant).of(cleanings).find('floor'))?.value
  const ids = async () => (await records.list({ limit: 10_000 })).map(({ id }) => id)
  return { clock, cleaner, storage, revoke, written, ids, lines }
}

const never = () => false

const kept = 15 * minute
const cutoffLead = 3 * minute

test('an expired row is deleted a quarter of an hour later, and the cutoff is its expiry', async () => {
  const { clock, cleaner, revoke, written, ids } = newCleaner()
  await cleaner.begin()
  const at = clock.now()
  await revoke('a', at)
  await revoke('b', at + 1)
  clock.advance(kept - cutoffLead - 1)
  await cleaner.clean(never)
  expect(cleaner.cutoff).toBe(0)
  clock.advance(1)
  await cleaner.clean(never)
  expect([cleaner.cutoff, (await written())?.floor]).toEqual([at, at])
  clock.advance(cutoffLead - 1)
  await cleaner.clean(never)
  expect(await ids()).toEqual(['a', 'b'])
  clock.advance(1)
  await cleaner.clean(never)
  expect([await ids(), cleaner.cutoff]).toEqual([['b'], at + 1])
})

// The attack: a token is revoked, and presented again after the row went, at a replica whose clock takes it for valid.
test.each([0, 4.9 * minute, 9.8 * minute, hour, 2 * day])(
  'a replica that is %d ms behind never takes a revoked token: the row is there, or it knows that the token has expired',
  async (behind) => {
    const one = newCleaner()
    const late = newCleaner(one.storage, new TestClock(one.clock.now() - behind))
    await one.cleaner.begin()
    await late.cleaner.begin()
    const exp = one.clock.now() + 10 * minute
    await one.revoke('a', exp)
    for (let step = 0; step < 80; step++) {
      await one.cleaner.see()
      await one.cleaner.clean(never)
      const isRevoked = (await one.ids()).includes('a')
      const isExpired = exp <= late.clock.now() || exp <= late.cleaner.cutoff
      expect([step, isRevoked || isExpired]).toEqual([step, true])
      // Its round comes last.
      await late.cleaner.see()
      await late.cleaner.clean(never)
      for (const { clock } of [one, late]) clock.advance(minute / 2)
    }
    expect(await one.ids()).toEqual([])
  },
)

test.each([
  ['ahead of its database deletes', hour, 0],
  ['behind its database deletes', 0, hour],
])('a replica whose clock is %s what has expired by both clocks', async (_, ahead, theirsAhead) => {
  const database = new TestClock()
  const inner = createMemoryStorage()
  const storage = new Proxy(inner, {
    get: (target, name) => {
      if (name === 'readClock') return async () => database.now() + theirsAhead
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const { clock, cleaner, revoke, ids } = newCleaner(storage, new TestClock(database.now() + ahead))
  await cleaner.begin()
  await revoke('a', database.now())
  await cleaner.clean(never)
  expect([await ids(), cleaner.cutoff]).toEqual([['a'], 0])
  for (const each of [clock, database]) each.advance(kept)
  await cleaner.clean(never)
  expect([await ids(), cleaner.cutoff]).toEqual([[], database.now() - kept])
})

test('after a pause, what expired in it stays longer by as much: the clock may be ahead instead', async () => {
  const { clock, cleaner, storage, revoke } = newCleaner()
  await cleaner.begin()
  await cleaner.see()
  await revoke('a', clock.now() + minute)
  await revoke('b', clock.now() + 3 * day)
  clock.jump(2 * hour)
  const later = newCleaner(storage, clock)
  await later.cleaner.begin()
  clock.advance(kept)
  await later.cleaner.clean(never)
  expect(await later.ids()).toEqual(['a', 'b'])
  clock.advance(minute)
  await later.cleaner.clean(never)
  expect(await later.ids()).toEqual(['b'])
  clock.advance(3 * day)
  await later.cleaner.clean(never)
  expect(await later.ids()).toEqual([])
})

test('the cutoff is written before a row is deleted', async () => {
  const order: string[] = []
  const inner = createMemoryStorage()
  const storage = new Proxy(inner, {
    get: (target, name) => {
      if (name === 'deleteExpired')
        return async (...args: Parameters<Storage['deleteExpired']>) => {
          const found = await inner.of(systemTenant).of(cleanings).find('floor')
          order.push(`deletes up to ${args[0]} with the floor ${found?.value.floor}`)
          return inner.deleteExpired(...args)
        }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const { clock, cleaner, revoke } = newCleaner(storage)
  await cleaner.begin()
  const at = clock.now()
  await revoke('a', at - hour)
  await revoke('b', at)
  clock.advance(kept)
  await cleaner.clean(never)
  expect(order).toEqual([`deletes up to ${at} with the floor ${at}`])
})

test('a first start with a clock that is ahead for a while raises no floor: nothing was deleted', async () => {
  const clock = new TestClock()
  const right = clock.now()
  clock.jump(400 * day)
  const { cleaner, storage, revoke, written, ids } = newCleaner(createMemoryStorage(), clock)
  await cleaner.begin()
  expect(await cleaner.see()).toBe(true)
  await cleaner.clean(never)
  expect(await written()).toEqual({ floor: 0, last_seen: right + 400 * day })
  clock.jump(-400 * day)
  const later = newCleaner(storage, clock)
  await later.cleaner.begin()
  expect(later.lines[0]).toStartWith('the clock is behind the time that was written down last')
  expect(later.cleaner.cutoff).toBe(0)
  await revoke('a', right + hour)
  await later.cleaner.clean(never)
  clock.advance(2 * day)
  expect(await later.cleaner.see()).toBe(true)
  await later.cleaner.clean(never)
  expect([later.cleaner.cutoff, await ids()]).toEqual([right + hour, []])
})

test('the floor is no later than what was deleted, and a process that dies in between deletes after the next start', async () => {
  const inner = createMemoryStorage()
  const storage = new Proxy(inner, {
    get: (target, name) => {
      if (name === 'deleteExpired') return () => Promise.reject(new Error('killed'))
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const killed = newCleaner(storage)
  const at = killed.clock.now()
  await killed.cleaner.begin()
  await killed.revoke('a', at)
  killed.clock.advance(3 * day)
  await expect(killed.cleaner.clean(never)).rejects.toThrow('killed')
  expect([(await killed.written())?.floor, await killed.ids()]).toEqual([at, ['a']])
  const next = newCleaner(inner, killed.clock)
  await next.cleaner.begin()
  expect(next.cleaner.cutoff).toBe(at)
  await next.cleaner.clean(never)
  expect([(await next.written())?.floor, await next.ids()]).toEqual([at, []])
})

test('a replica learns the floor of another with the next time that it writes down', async () => {
  const one = newCleaner()
  const other = newCleaner(one.storage, one.clock)
  await one.cleaner.begin()
  await other.cleaner.begin()
  const at = one.clock.now()
  await one.revoke('a', at)
  one.clock.advance(2 * day)
  await one.cleaner.clean(never)
  expect(other.cleaner.cutoff).toBe(0)
  await other.cleaner.see()
  expect(other.cleaner.cutoff).toBe(at)
})

test('the floor never falls, and the next process begins with it', async () => {
  const { clock, cleaner, storage, revoke } = newCleaner()
  await cleaner.begin()
  await revoke('a', clock.now() - 2 * day)
  await cleaner.clean(never)
  const { cutoff } = cleaner
  expect(cutoff).toBe(clock.now() - 2 * day)
  clock.advance(-10 * day)
  const later = newCleaner(storage, clock)
  expect(later.cleaner.cutoff).toBe(0)
  await later.cleaner.begin()
  expect(later.cleaner.cutoff).toBe(cutoff)
  await later.cleaner.clean(never)
  expect(later.cleaner.cutoff).toBe(cutoff)
})

test('thousands of rows go in batches, and stopping stops in between', async () => {
  const { clock, cleaner, revoke, ids } = newCleaner()
  for (let index = 0; index < 1800; index++) await revoke(`r${index}`, clock.now())
  clock.advance(2 * day)
  let asked = 0
  await cleaner.clean(() => ++asked > 2)
  expect(await ids()).toHaveLength(800)
  await cleaner.clean(never)
  expect(await ids()).toEqual([])
})

test.each([400 * day, -400 * day])(
  'a clock that jumps by %d ms deletes nothing and is not written down',
  async (jump) => {
    const { clock, cleaner, revoke, written, ids } = newCleaner()
    await cleaner.begin()
    expect(await cleaner.see()).toBe(true)
    const before = await written()
    await revoke('a', clock.now() + hour)
    clock.jump(jump)
    expect(await cleaner.see()).toBe(false)
    await cleaner.clean(never)
    expect(await ids()).toEqual(['a'])
    expect(await written()).toEqual(before)
    clock.advance(day)
    expect(await cleaner.see()).toBe(true)
    expect((await written())?.last_seen).toBe(clock.now())
    clock.advance(minute)
    expect(await cleaner.see()).toBe(true)
  },
)

test('the time is written down once a minute', async () => {
  const { clock, cleaner, written } = newCleaner()
  await cleaner.begin()
  await cleaner.see()
  const first = clock.now()
  clock.advance(minute - 1)
  await cleaner.see()
  expect((await written())?.last_seen).toBe(first)
  clock.advance(1)
  await cleaner.see()
  expect((await written())?.last_seen).toBe(first + minute)
})

test('a replica whose clock is behind the others waits', async () => {
  const { clock, cleaner, storage } = newCleaner()
  await cleaner.begin()
  await cleaner.see()
  const behind = new TestClock(clock.now() - 6 * minute)
  const other = newCleaner(storage, behind)
  await other.cleaner.begin()
  expect(await other.cleaner.see()).toBe(false)
  expect(other.lines[0]).toStartWith('the clock is behind the time that was written down last')
  expect(await cleaner.see()).toBe(true)
})
