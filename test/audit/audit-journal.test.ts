import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { bucketOf, bucketOfRow, settleForgotten, settleTrail } from '../../src/audit/audit-journal.ts'
import { auditEvents, auditJournal } from '../../src/audit/audit-row.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type Storage, StorageError, systemTenant } from '../../src/storage/storage.ts'
import { unchecked } from '../../src/storage/unchecked.ts'
import { failingStorage, rowsOf } from '../support/failing-storage.ts'
import {
  entriesOf,
  eventOf,
  hashing,
  marksOf,
  openTrail,
  retain,
  start,
  stores,
  tamper,
  verify,
} from './trail-kit.ts'

const options = { hashing, retain }
const tenants = Array.from({ length: 100 }, (_, at) => `t${at}`)

/** One event of each of a hundred tenants, which go by the journal. */
async function scatter(
  storage: Storage,
  { mark = '1', ...changes }: { mark?: string; secret?: string } = {},
) {
  const trail = openTrail(storage)
  trail.time += Number(mark)
  for (const tenant of tenants) trail.audit.record(eventOf(0, { tenant, detail: { mark, ...changes } }))
  await trail.audit.flush()
  return trail
}

const journalOf = (storage: Storage) => rowsOf(storage, systemTenant, auditJournal)
/** Those of damaged rows too. */
const journalIds = async (storage: Storage) =>
  (await storage.of(systemTenant).of(auditJournal).list({ limit: 1000 })).map(({ id }) => id)
const countJournal = async (storage: Storage) =>
  (await journalOf(storage)).reduce((sum, { value }) => sum + value.events.length, 0)

describe.each(stores)('on %s', (_, withStore) => {
  test('lone events of many tenants are in few rows first, and then in the trails, each once', () =>
    withStore(async (storage) => {
      for (const mark of ['1', '2', '3']) await scatter(storage, { mark })
      expect(await countJournal(storage)).toBe(300)
      expect((await journalOf(storage)).length).toBeLessThan(3 * 64 + 1)
      expect(await rowsOf(storage, 't7', auditEvents)).toEqual([])
      await settleForgotten(storage, options)
      expect(await countJournal(storage)).toBe(0)
      for (const tenant of tenants) {
        expect(await marksOf(storage, tenant)).toEqual(['1', '2', '3'])
        expect(await rowsOf(storage, tenant, auditEvents)).toHaveLength(1)
      }
      expect(await verify(storage, { tenant: 't99' })).toMatchObject({ ok: true, events: 3 })
    }))

  test('two that move the same rows at the same time move each event once', () =>
    withStore(async (storage) => {
      for (const mark of ['1', '2']) await scatter(storage, { mark })
      const movers = [1, 2, 3].map(() => settleForgotten(storage, options))
      await Promise.allSettled(movers)
      await settleForgotten(storage, options)
      for (const tenant of tenants) expect(await marksOf(storage, tenant)).toEqual(['1', '2'])
    }))

  test('a move that fails leaves everything where it was', () =>
    withStore(async (inner) => {
      await scatter(inner)
      const failing: Storage = {
        ...inner,
        name: inner.name,
        of: (tenant) => inner.of(tenant),
        transaction: (work) =>
          inner.transaction(async (inside) => {
            await work(inside)
            throw new StorageError('The disk is full')
          }),
      }
      await expect(settleTrail(failing, 't1', options)).rejects.toThrow('The disk is full')
      expect(await countJournal(inner)).toBe(100)
      await settleForgotten(inner, options)
      expect(await marksOf(inner, 't1')).toEqual(['1'])
    }))
})

test('the trail of one tenant is complete when it was asked for, and others wait', async () => {
  const storage = createMemoryStorage()
  await scatter(storage)
  await settleTrail(storage, 't1', options)
  expect(await marksOf(storage, 't1')).toEqual(['1'])
  const left = tenants.filter((tenant) => bucketOf(tenant) !== bucketOf('t1'))
  expect(await countJournal(storage)).toBe(left.length)
})

test('only what was left behind is taken from others', async () => {
  const storage = createMemoryStorage()
  await scatter(storage)
  await settleForgotten(storage, { ...options, before: start })
  expect(await countJournal(storage)).toBe(100)
  await settleForgotten(storage, { ...options, before: start + 1 })
  expect(await countJournal(storage)).toBe(0)
})

test('events are moved half a minute later, one bucket after the other', async () => {
  const storage = createMemoryStorage()
  const trail = await scatter(storage)
  expect(trail.timer.delay()).toBe(30_000)
  trail.time += 30_000
  const buckets = new Set(tenants.map(bucketOf)).size
  for (let moved = 0; moved < buckets; moved++) {
    trail.timer.ring()
    await trail.audit.flush()
    expect(trail.timer.delay()).toBe(moved < buckets - 1 ? 100 : undefined)
  }
  expect(await countJournal(storage)).toBe(0)
  expect(await marksOf(storage, 't42')).toEqual(['1'])
})

test('a busy server moves them when it has time, and after ten minutes all the same', async () => {
  const storage = createMemoryStorage()
  let isBusy = true
  const trail = openTrail(storage, { isBusy: () => isBusy })
  for (const tenant of tenants) trail.audit.record(eventOf(1, { tenant }))
  await trail.audit.flush()
  const ringAt = async (time: number) => {
    trail.time = start + time
    trail.timer.ring()
    await trail.audit.flush()
    return countJournal(storage)
  }
  expect(await ringAt(30_000)).toBe(100)
  expect(trail.timer.delay()).toBe(1000)
  expect(await ringAt(599_999)).toBe(100)
  expect(await ringAt(600_000)).toBeLessThan(100)
  const left = await countJournal(storage)
  isBusy = false
  expect(await ringAt(600_100)).toBeLessThan(left)
})

test('an event that is written at once follows those of its tenant in the journal', async () => {
  const storage = createMemoryStorage()
  const { audit } = await scatter(storage)
  for (let at = 2; at <= 33; at++) audit.record(eventOf(at, { tenant: 't1' }))
  await audit.flush()
  expect(await marksOf(storage, 't1')).toEqual(Array.from({ length: 33 }, (_, at) => String(at + 1)))
})

test('few events of a tenant that has some in the journal follow them there', async () => {
  const storage = createMemoryStorage()
  const { audit } = await scatter(storage)
  for (let at = 2; at <= 32; at++) audit.record(eventOf(at, { tenant: 't2' }))
  await audit.flush()
  expect(await marksOf(storage, 't2')).toEqual([])
  await settleTrail(storage, 't2', options)
  expect(await marksOf(storage, 't2')).toEqual(Array.from({ length: 32 }, (_, at) => String(at + 1)))
})

test('few tenants never go by the journal', async () => {
  const storage = createMemoryStorage()
  const { audit } = openTrail(storage)
  for (const tenant of tenants.slice(0, 32)) audit.record(eventOf(1, { tenant }))
  await audit.flush()
  expect(await journalOf(storage)).toEqual([])
  expect(await marksOf(storage, 't31')).toEqual(['1'])
})

test('the journal holds no secret, and expires with its events', async () => {
  const storage = createMemoryStorage()
  await scatter(storage, { secret: `gds_${'a'.repeat(49)}` })
  const rows = await journalOf(storage)
  expect(JSON.stringify(rows)).not.toContain('gds_')
  expect(new Set(rows.map(({ expiresAt }) => expiresAt))).toEqual(new Set([start + 1 + retain]))
  await settleForgotten(storage, options)
  expect((await entriesOf(storage, 't3'))[0]?.detail).toEqual({ mark: '1', secret: '[left out]' })
})

test.each([
  ['no events', {}],
  ['events that are none', { events: [{ time: 1 }] }],
  ['a text for a number', { events: [{ time: '1', event: eventOf(1) }] }],
  ['a tenant that is a number', { events: [{ time: 1, event: { ...eventOf(1), tenant: 7 } }] }],
  ['a detail that is a list of numbers', { events: [{ time: 1, event: { ...eventOf(1), detail: [1] } }] }],
])('a row with %s stays and is named; all others are moved, of its bucket too', async (_, value) => {
  const storage = createMemoryStorage()
  await scatter(storage, { mark: '2' })
  const trail = await scatter(storage)
  const [row, second] = await journalOf(storage)
  expect(bucketOfRow(second?.id ?? '')).toBe(bucketOfRow(row?.id ?? '?'))
  if (!row) throw new Error('There is no row')
  const place = { tenant: systemTenant, kind: unchecked(auditJournal), id: row.id }
  await tamper(storage, place, (found) => ({ ...found, value }))
  trail.time += 30_000
  for (let round = 0; round < 70; round++) {
    if (trail.timer.delay() === 100 || round === 0) trail.timer.ring()
    await trail.audit.flush()
  }
  expect(trail.log).toEqual([
    {
      level: 'warn',
      message: 'audit events wait in the journal: they could not be moved',
      fields: { reason: expect.stringContaining(`The row "${row.id}" of kind audit_journal of no tenant`) },
    },
  ])
  expect(await journalIds(storage)).toEqual([row.id])
})

test.each(['ab', 'abc', 'abc.5.x', 'ab/x', '0', '/', 'zz.x'])(
  'a foreign row %s does not keep others waiting',
  async (id) => {
    const storage = createMemoryStorage()
    await scatter(storage)
    await storage.of(systemTenant).of(unchecked(auditJournal)).create({ id, value: 1 })
    await settleForgotten(storage, options)
    expect(await journalIds(storage)).toEqual([id])
  },
)

test.each([
  ['of a bucket', (id: string) => id],
  ['that has no time', (id: string) => `${id.slice(0, 2)}.!`],
])('a row %s that is not ours is told of, after all other buckets were moved', async (_, idOf) => {
  const storage = createMemoryStorage()
  await scatter(storage)
  const [row] = await journalOf(storage)
  if (!row) throw new Error('There is no row')
  const place = { tenant: systemTenant, kind: unchecked(auditJournal), id: row.id }
  await tamper(storage, place, (found) => ({ ...found, id: idOf(row.id), value: {} }))
  await expect(settleForgotten(storage, options)).rejects.toThrow(
    `The row ${JSON.stringify(idOf(row.id))} of kind audit_journal`,
  )
  expect(await journalIds(storage)).toEqual([idOf(row.id)])
})

test('a storage that is away while buckets are due is told of once, and nothing is lost', async () => {
  const inner = createMemoryStorage()
  const storage = failingStorage(inner)
  const trail = await scatter(storage)
  storage.failing = true
  trail.time += 30_000
  for (let round = 0; round < 100; round++) {
    trail.timer.ring()
    await trail.audit.flush()
  }
  expect(trail.log.map(({ message }) => message)).toEqual([
    'audit events wait in the journal: they could not be moved',
  ])
  storage.failing = false
  await settleForgotten(inner, options)
  expect(await marksOf(inner, 't42')).toEqual(['1'])
})

test('a storage that is away is asked once, and so is a journal that is empty', async () => {
  const storage = failingStorage(createMemoryStorage())
  await settleForgotten(storage, options)
  expect(storage.calls).toEqual([' audit_journal list'])
  await scatter(storage)
  storage.calls.length = 0
  storage.failing = true
  await expect(settleForgotten(storage, options)).rejects.toThrow('switched off')
  expect(storage.calls).toEqual([' audit_journal list'])
})

test('whatever the ids, a tenant has one bucket, which is two hexadecimal digits', () => {
  fc.assert(
    fc.property(fc.string(), (tenant) => {
      expect(bucketOf(tenant)).toMatch(/^[0-3][0-9a-f]$/)
      expect(bucketOf(tenant)).toBe(bucketOf(tenant))
    }),
  )
  // Rows with these are in databases.
  expect(['main', 'acme', '', 't1'].map(bucketOf)).toMatchInlineSnapshot(`
    [
      "08",
      "2f",
      "05",
      "16",
    ]
  `)
})
