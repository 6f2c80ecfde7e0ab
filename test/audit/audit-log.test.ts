import { expect, test } from 'bun:test'
import type { AuditEvent } from '../../src/protocol/audit-events.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { failingStorage } from '../support/failing-storage.ts'
import { settle, waitFor } from '../support/wait-for.ts'
import { entriesOf, eventOf, marksOf, openTrail, verify } from './trail-kit.ts'

/** The storage with another way of running a transaction. */
function withTransaction(inner: Storage, transaction: Storage['transaction']): Storage {
  return {
    name: inner.name,
    of: (tenant) => inner.of(tenant),
    deleteExpired: (before, limit) => inner.deleteExpired(before, limit),
    findLastExpiry: (before) => inner.findLastExpiry(before),
    tidy: () => inner.tidy(),
    check: () => inner.check(),
    readClock: () => inner.readClock(),
    close: () => inner.close(),
    transaction,
  }
}

const marks = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at))

test('events wait for half a second and are then written in one transaction', async () => {
  const storage = failingStorage(createMemoryStorage())
  const { audit, timer } = openTrail(storage)
  expect(timer.delay()).toBeUndefined()
  for (let at = 1; at <= 300; at++) audit.record(eventOf(at, { tenant: at % 2 ? 'acme' : 'zeta' }))
  expect(storage.calls).toEqual([])
  expect(timer.delay()).toBe(500)
  timer.ring()
  await audit.flush()
  expect(storage.calls.filter((call) => call === 'transaction')).toHaveLength(1)
  expect(await marksOf(storage, 'zeta')).toEqual(marks(1, 300).filter((mark) => Number(mark) % 2 === 0))
  expect(timer.delay()).toBeUndefined()
})

test('a thousand events are written without waiting for the time', async () => {
  const storage = createMemoryStorage()
  const { audit } = openTrail(storage)
  for (let at = 1; at <= 1000; at++) audit.record(eventOf(at))
  await waitFor('they are written', async () => (await marksOf(storage)).length > 0)
  expect(await marksOf(storage)).toEqual(marks(1, 1000))
})

test('events that come while others are written wait for the next time', async () => {
  const inner = createMemoryStorage()
  const storage = withTransaction(inner, (work) => {
    if (late) audit.record(late)
    late = undefined
    return inner.transaction(work)
  })
  let late: AuditEvent | undefined = eventOf(2)
  const { audit, timer } = openTrail(storage)
  audit.record(eventOf(1))
  await audit.flush()
  expect(await marksOf(storage)).toEqual(['1'])
  expect(timer.delay()).toBe(500)
  timer.ring()
  await audit.flush()
  expect(await marksOf(storage)).toEqual(['1', '2'])
})

test('the time of an event is when it happened, not when it was written', async () => {
  const storage = createMemoryStorage()
  const trail = openTrail(storage)
  trail.audit.record(eventOf(1))
  trail.time += 60_000
  await trail.audit.flush()
  expect((await entriesOf(storage))[0]?.time).toBe('2030-01-01T00:00:00.000Z')
})

test('an audit that is not enabled, and an event that is skipped, leave nothing', async () => {
  const storage = failingStorage(createMemoryStorage())
  const off = openTrail(storage, { enabled: false })
  off.audit.record(eventOf(1))
  await off.audit.close()
  expect(off.timer.delay()).toBeUndefined()
  expect(storage.calls).toEqual([])
  const picky = openTrail(storage, { skip: ['token.issued', 'audit.gap'] })
  picky.audit.record(eventOf(1))
  picky.audit.record(eventOf(2, { type: 'token.refused' }))
  await picky.audit.close()
  expect(await marksOf(storage)).toEqual(['2'])
})

test('a storage that is away for a while costs no event, and is told of once', async () => {
  const storage = failingStorage(createMemoryStorage())
  const { audit, timer, log } = openTrail(storage)
  storage.failing = true
  const delays: (number | undefined)[] = []
  for (let at = 1; at <= 9; at++) {
    audit.record(eventOf(at))
    await audit.flush()
    delays.push(timer.delay())
  }
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000])
  expect(log).toEqual([
    {
      level: 'error',
      message: 'audit events cannot be written; they wait in memory',
      fields: { reason: 'The storage of the test is switched off' },
    },
  ])
  storage.failing = false
  timer.ring()
  await audit.flush()
  expect(await marksOf(storage)).toEqual(marks(1, 9))
  expect(log.slice(1)).toEqual([
    { level: 'info', message: 'audit events are written again', fields: undefined },
  ])
  audit.record(eventOf(10))
  expect(timer.delay()).toBe(500)
})

test('a write that fails once and then works is not told of', async () => {
  const storage = failingStorage(createMemoryStorage())
  const { audit, log } = openTrail(storage)
  storage.failing = true
  audit.record(eventOf(1))
  await audit.flush()
  storage.failing = false
  await audit.flush()
  expect(await marksOf(storage)).toEqual(['1'])
  expect(log).toEqual([])
})

test('while the storage is away, many events do not ask it more often', async () => {
  const storage = failingStorage(createMemoryStorage())
  const { audit } = openTrail(storage)
  storage.failing = true
  audit.record(eventOf(1))
  await audit.flush()
  storage.calls.length = 0
  for (let at = 1; at <= 5000; at++) audit.record(eventOf(at))
  await settle()
  expect(storage.calls).toEqual([])
})

test('beyond ten thousand that wait, events are counted, and the count stands in their place', async () => {
  const storage = failingStorage(createMemoryStorage())
  const { audit, log } = openTrail(storage)
  storage.failing = true
  for (let at = 1; at <= 10_000; at++) audit.record(eventOf(at))
  await audit.flush()
  await audit.flush()
  for (let at = 1; at <= 70; at++) audit.record(eventOf(0, { tenant: at <= 50 ? 'acme' : 'zeta' }))
  expect(log.map(({ message }) => message)).toEqual([
    'audit events cannot be written; they wait in memory',
    'audit events are lost: too many wait to be written',
  ])
  storage.failing = false
  await audit.flush()
  audit.record(eventOf(10_001))
  await audit.flush()
  const entries = await entriesOf(storage)
  expect(entries).toHaveLength(10_002)
  expect(entries[10_000]).toMatchObject({
    type: 'audit.gap',
    outcome: 'success',
    reason: 'no_room',
    detail: { events: '50' },
  })
  expect(entries[10_001]?.detail).toEqual({ mark: '10001' })
  expect(await entriesOf(storage, 'zeta')).toMatchObject([{ reason: 'no_room', detail: { events: '20' } }])
  expect(await verify(storage)).toMatchObject({ ok: true })
})

test('memory is bounded, however many events come', async () => {
  const storage = failingStorage(createMemoryStorage())
  storage.failing = true
  const { audit, log } = openTrail(storage)
  for (let at = 1; at <= 300_000; at++) audit.record(eventOf(at))
  await audit.close()
  expect(log.at(-1)).toEqual({
    level: 'error',
    message: 'audit events are lost: they could not be written',
    fields: { events: 300_000 },
  })
  storage.failing = false
  expect(await entriesOf(storage)).toEqual([])
})

test('a fault that is not the storage’s loses its events, tells so, and does not come again and again', async () => {
  const inner = createMemoryStorage()
  let isBroken = true
  const storage = withTransaction(inner, (work) => {
    if (isBroken) throw new TypeError('broken')
    return inner.transaction(work)
  })
  const { audit, log } = openTrail(storage)
  audit.record(eventOf(1))
  await audit.flush()
  expect(log).toEqual([
    {
      level: 'error',
      message: 'audit events are lost: they could not be written',
      fields: { events: 1, reason: 'TypeError: broken' },
    },
  ])
  isBroken = false
  audit.record(eventOf(2))
  await audit.flush()
  expect(await entriesOf(storage)).toMatchObject([
    { detail: { mark: '2' } },
    { type: 'audit.gap', detail: { events: '1' } },
  ])
})

test('close writes what waits; what comes later is not taken', async () => {
  const storage = createMemoryStorage()
  const { audit, timer, log } = openTrail(storage)
  for (let at = 1; at <= 3; at++) audit.record(eventOf(at))
  const closed = audit.close()
  audit.record(eventOf(4))
  await closed
  audit.record(eventOf(5))
  await audit.flush()
  expect(await marksOf(storage)).toEqual(['1', '2', '3'])
  expect(timer.delay()).toBeUndefined()
  expect(log).toEqual([])
})

test('what looks like a secret, a token or a key is left out', async () => {
  const storage = createMemoryStorage()
  const { audit } = openTrail(storage)
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
  const secret = `gds_${'a'.repeat(49)}`
  const key = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA'
  audit.record(eventOf(1, { requestId: jwt, client: secret, detail: { [`x ${jwt}`]: 'a', key } }))
  audit.record(eventOf(2, { client: 'eyJ-named-client', requestId: 'gds_short' }))
  await audit.flush()
  const [first, second] = await entriesOf(storage)
  expect(first).toMatchObject({
    request_id: '[left out]',
    client: '[left out]',
    detail: { '[left out]': 'a', key: '[left out]' },
  })
  expect(second).toMatchObject({ client: 'eyJ-named-client', request_id: 'gds_short' })
})
