import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { idOf } from '../../src/audit/audit-chain.ts'
import { auditEvents, auditHeads } from '../../src/audit/audit-row.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { DamagedRowError, type Storage } from '../../src/storage/storage.ts'
import { unchecked } from '../../src/storage/unchecked.ts'
import { rowsOf } from '../support/failing-storage.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { eventOf, fill, openTrail, platform, retain, start, stores, tamper, verify } from './trail-kit.ts'

/** Three rows that end with the events 3, 6 and 9. */
const [first, middle, last] = [idOf(3), idOf(6), idOf(9)]

/** Applies a change to the events of a row. */
function edit(storage: Storage, id: string, change: (events: Record<string, unknown>[]) => unknown[]) {
  return tamper(storage, { id }, (row) => {
    const { events } = structuredClone(row.value) as { events: Record<string, unknown>[] }
    return { ...row, value: { events: change(events) } }
  })
}

const broken: readonly (readonly [string, (storage: Storage) => Promise<unknown>, string])[] = [
  [
    'an altered text',
    (storage) => edit(storage, middle, ([a, b, c]) => [a, { ...b, client: 'other' }, c]),
    'Event 5 or event 6 was altered: the one does not follow on the other',
  ],
  [
    'an altered text at the end of a row',
    (storage) => edit(storage, middle, ([a, b, c]) => [a, b, { ...c, outcome: 'refused' }]),
    'Event 6 or event 7 was altered: the one does not follow on the other',
  ],
  [
    'an altered hash',
    (storage) => edit(storage, middle, ([a, ...more]) => [{ ...a, prev_hash: 'f'.repeat(64) }, ...more]),
    'Event 3 or event 4 was altered: the one does not follow on the other',
  ],
  [
    'an altered first event',
    (storage) => edit(storage, first, ([a, ...more]) => [{ ...a, prev_hash: 'f'.repeat(64) }, ...more]),
    'Event 1 was altered: the one does not follow on the other',
  ],
  [
    'an altered last event',
    (storage) => edit(storage, last, ([a, b, c]) => [a, b, { ...c, time: '2031-01-01T00:00:00.000Z' }]),
    'The last event, 9, or the head was altered',
  ],
  [
    'an event that is left out of its row',
    (storage) => edit(storage, middle, ([a, , c]) => [a, c]),
    'Event 5 is missing',
  ],
  [
    'a row removed from the middle',
    (storage) => tamper(storage, { id: middle }, () => undefined),
    'Events 4 to 6 are missing',
  ],
  [
    'a removed tail',
    (storage) => tamper(storage, { id: last }, () => undefined),
    'Events 7 to 9 are missing at the end',
  ],
  [
    'a front that was removed before its time',
    (storage) => tamper(storage, { id: first }, () => undefined),
    'Events 1 to 3 are missing: the last of them was to be kept until 2030-04-01T00:00:00.000Z',
  ],
  [
    'every row removed',
    async (storage) => {
      for (const id of [first, middle, last]) await tamper(storage, { id }, () => undefined)
    },
    'Events 1 to 9 are missing at the end',
  ],
  ['a removed head', (storage) => storage.of('acme').of(auditHeads).delete('head'), 'The head is missing'],
  [
    'a head that is set back over a removed tail, with the hash of another event',
    async (storage) => {
      await tamper(storage, { id: last }, () => undefined)
      await tamper(storage, { id: 'head', kind: unchecked(auditHeads) }, (row) => ({
        ...row,
        value: { number: 6, hash: 'f'.repeat(64), expires_at: start + 1000 + retain },
      }))
    },
    'The last event, 6, or the head was altered',
  ],
  [
    'a head that expires',
    (storage) =>
      tamper(storage, { id: 'head', kind: unchecked(auditHeads) }, (row) => ({ ...row, expiresAt: start })),
    'The head is altered: it expires',
  ],
  [
    'an expiry that was brought forward',
    (storage) => tamper(storage, { id: middle }, (row) => ({ ...row, expiresAt: start })),
    'The expiry of event 6 was altered',
  ],
  [
    'an expiry of the last row that was put off',
    (storage) => tamper(storage, { id: last }, (row) => ({ ...row, expiresAt: null })),
    'The expiry of event 9 was altered',
  ],
  [
    'two events that changed places',
    (storage) => edit(storage, middle, ([a, b, c]) => [b, a, c]),
    'Event 4 comes after event 5',
  ],
  [
    'a row under another id',
    (storage) => tamper(storage, { id: middle }, (row) => ({ ...row, id: idOf(5) })),
    `The row ${idOf(5)}, which ends with event 6, was altered`,
  ],
  [
    'a row that was written again by the way of the storage',
    (storage) => storage.of('acme').of(unchecked(auditEvents)).touch(middle, start),
    `The row ${middle}, which ends with event 6, was altered`,
  ],
  [
    'a row that holds something else',
    (storage) => tamper(storage, { id: middle }, (row) => ({ ...row, value: 'nothing' })),
    'After event 3 comes a row that holds no events',
  ],
  [
    'a row that was added',
    (storage) =>
      storage
        .of('acme')
        .of(unchecked(auditEvents))
        .create({ id: 'zzz', value: { events: [] } }),
    'After event 9 comes a row that holds no events',
  ],
]

describe.each(stores)('on %s', (_, withStorage) => {
  test.each(broken)('%s shows', (_, change, complaint) =>
    withStorage(async (storage) => {
      await fill(storage)
      expect(await verify(storage)).toMatchObject({ ok: true, events: 9 })
      await change(storage)
      const { ok, complaints } = await verify(storage)
      expect(ok).toBe(false)
      expect(complaints).toContain(complaint)
    }),
  )

  test('the trail of one tenant in the place of that of another shows', () =>
    withStorage(async (storage) => {
      await fill(storage, { tenant: 'acme' })
      await fill(storage, { tenant: 'zeta' })
      const rows = async (tenant: string) => ({
        events: await rowsOf(storage, tenant, unchecked(auditEvents)),
        head: await rowsOf(storage, tenant, unchecked(auditHeads)),
      })
      const of = { acme: await rows('acme'), zeta: await rows('zeta') }
      for (const [tenant, { events, head }] of [
        ['acme', of.zeta],
        ['zeta', of.acme],
      ] as const) {
        await storage.of(tenant).deleteAll({ except: [] })
        await storage.of(tenant).of(unchecked(auditEvents)).createMany(events)
        await storage.of(tenant).of(unchecked(auditHeads)).createMany(head)
      }
      const { complaints } = await verify(storage)
      expect(complaints).toContain("Event 1 was altered, or moved here: it says that it is of 'zeta'")
    }))

  test('a trail that grows and loses its front while it is walked verifies', () =>
    withStorage(async (storage) => {
      const trail = await fill(storage, { rows: 120, inRow: 1 })
      const now = start + retain + 80_000
      const list = storage.of.bind(storage)
      let pages = 0
      const meddled: Storage = {
        ...storage,
        name: storage.name,
        of: (tenant) => ({
          ...list(tenant),
          of: (kind) => {
            const records = list(tenant).of(kind)
            return new Proxy(records, {
              get: (target, name) => {
                if (name !== 'list' || kind.name !== 'audit') {
                  const member = Reflect.get(target, name)
                  return typeof member === 'function' ? member.bind(target) : member
                }
                return async (options: Parameters<typeof records.list>[0]) => {
                  const rows = await records.list(options)
                  if (++pages === 1) {
                    await storage.deleteExpired(now, 1000)
                    trail.audit.record(eventOf(200))
                    await trail.audit.flush()
                  }
                  return rows
                }
              },
            })
          },
        }),
      }
      const verdict = await verify(meddled, { now })
      expect(verdict).toMatchObject({ ok: true, first: 1, last: 121, complaints: [] })
      expect(verdict.events).toBe(50 + 121 - 81)
    }))
})

test('complaints have a bound', async () => {
  const storage = createMemoryStorage()
  await fill(storage, { rows: 150, inRow: 2 })
  for (const { id } of await storage.of('acme').of(auditEvents).list({ limit: 1000 })) {
    await edit(storage, id, ([a, b]) => [{ ...a, client: 'other' }, b])
  }
  expect((await verify(storage)).complaints).toHaveLength(100)
})

test('rows that are no JSON at all show, and the rest is looked at', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'grantd.db')
    const storage = new SqlStorage(await openSqlite(path, platform))
    await fill(storage, { rows: 10, inRow: 1 })
    const shell = platform.sqlite.open(path)
    const spoil = (id: string) => shell.all("update grantd_records set value = '{' where id = ?", [id])
    spoil(idOf(1))
    spoil(idOf(7))
    spoil(idOf(10))
    const { ok, complaints, events } = await verify(storage)
    expect({ ok, events }).toEqual({ ok: false, events: 7 })
    expect(complaints).toEqual([
      'After event 0 comes a row that holds no events',
      'Event 1 is missing: the last of them was to be kept until 2030-04-01T00:00:00.000Z',
      'After event 6 comes a row that holds no events',
      'Event 7 is missing',
      'After event 9 comes a row that holds no events',
      'Event 10 is missing at the end',
    ])
    spoil('head')
    expect((await verify(storage)).complaints).toContain('The head is missing')
    const { audit } = openTrail(storage)
    audit.record(eventOf(11))
    await audit.flush()
    shell.close()
    await storage.close()
  }))

/** Every place in a value, as the keys that lead to it. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  const inside = Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]))
  return [path, ...inside]
}

/** The value with another one in one place; undefined removes what is there. */
function withChange(value: unknown, [key, ...more]: readonly string[], change: unknown): unknown {
  if (key === undefined) return change
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const changed = value.map((member, index) =>
      String(index) === key ? withChange(member, more, change) : member,
    )
    return change === undefined && more.length === 0
      ? changed.filter((_, index) => String(index) !== key)
      : changed
  }
  const { [key]: member, ...others } = value as Record<string, unknown>
  const changed = withChange(member, more, change)
  return changed === undefined ? others : { ...value, [key]: changed }
}

const places = ['value', 'expiry', 'id', 'row'] as const

/** Values that a change can put in the place of another. */
const anything = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue(),
  fc.integer(),
  fc.string(),
  fc.constantFrom(0, 1, 2, start, start + retain, '0'.repeat(64), 'success', 'acme', {}, []),
)

const anId = fc.oneof(fc.integer({ min: 0, max: 12 }).map(idOf), fc.constantFrom('', 'head', 'zzz', '12'))

test('property: any change of any one stored row shows', async () => {
  const changes = fc.record({
    isWorn: fc.boolean(),
    row: fc.nat(),
    place: fc.constantFrom(...places),
    member: fc.nat(),
    value: anything,
    id: anId,
  })
  const getDamage = (cause: unknown) => {
    if (!(cause instanceof DamagedRowError)) throw cause
    return { value: 'damaged', expiresAt: null }
  }
  await fc.assert(
    fc.asyncProperty(changes, async ({ isWorn, row, place, member, value, id }) => {
      const storage = createMemoryStorage()
      await fill(storage, { rows: 4, inRow: 2 })
      const now = isWorn ? start + retain : start
      await storage.deleteExpired(now, 100)
      expect((await verify(storage, { now })).complaints).toEqual([])
      const events = await storage.of('acme').of(unchecked(auditEvents)).list({ limit: 10 })
      const chosen = [...events.map(({ id }) => id), 'head'].at(row % (events.length + 1)) ?? ''
      const kind = chosen === 'head' ? unchecked(auditHeads) : unchecked(auditEvents)
      const before = await storage.of('acme').of(kind).find(chosen)
      await tamper(storage, { id: chosen, kind }, (found) => {
        if (place === 'row') return undefined
        if (place === 'id') return { ...found, id }
        if (place === 'expiry') return { ...found, expiresAt: typeof value === 'number' ? value : null }
        const paths = pathsOf(found.value)
        return { ...found, value: withChange(found.value, paths[member % paths.length] ?? [], value) ?? null }
      })
      const after = await storage.of('acme').of(kind).find(chosen).catch(getDamage)
      const isChanged = !Bun.deepEquals([after?.value, after?.expiresAt], [before?.value, before?.expiresAt])
      expect((await verify(storage, { now })).ok).toBe(!isChanged)
    }),
    { numRuns: 2000 },
  )
})
