import { describe, expect, test } from 'bun:test'
import { idOf } from '../../src/audit/audit-chain.ts'
import { auditEvents, auditHeads } from '../../src/audit/audit-row.ts'
import { cleanings } from '../../src/maintenance/cleaning-row.ts'
import { systemTenant } from '../../src/storage/storage.ts'
import { unchecked } from '../../src/storage/unchecked.ts'
import {
  day,
  entriesOf,
  eventOf,
  fill,
  hashing,
  marksOf,
  openTrail,
  retain,
  start,
  stores,
  tamper,
  verify,
} from './trail-kit.ts'

describe.each(stores)('on %s', (_, withStorage) => {
  test('an event is kept with all that is known of it, tied to the one before', () =>
    withStorage(async (storage) => {
      const { audit } = openTrail(storage)
      audit.record({
        type: 'token.refused',
        tenant: 'acme',
        outcome: 'refused',
        actor: 'billing',
        client: 'billing',
        reason: 'invalid_scope',
        requestId: 'r1',
        address: '192.0.2.1',
        detail: { scope: 'a b' },
      })
      audit.record({ type: 'server.started', tenant: 'acme', outcome: 'success' })
      await audit.flush()
      const [first, second] = await entriesOf(storage)
      expect(first).toEqual({
        number: 1,
        time: '2030-01-01T00:00:00.000Z',
        tenant: 'acme',
        type: 'token.refused',
        outcome: 'refused',
        actor: 'billing',
        client: 'billing',
        reason: 'invalid_scope',
        request_id: 'r1',
        address: '192.0.2.1',
        detail: { scope: 'a b' },
        prev_expires: 0,
        prev_hash: '0'.repeat(64),
      })
      expect(second).toEqual({
        number: 2,
        time: '2030-01-01T00:00:00.000Z',
        tenant: 'acme',
        type: 'server.started',
        outcome: 'success',
        prev_expires: start + retain,
        prev_hash: hashing.sha256(JSON.stringify(first)).toHex(),
      })
      const head = await storage.of('acme').of(auditHeads).find('head')
      expect(head).toMatchObject({
        expiresAt: null,
        value: {
          number: 2,
          hash: hashing.sha256(JSON.stringify(second)).toHex(),
          expires_at: start + retain,
        },
      })
    }))

  test('a trail of several rows and batches verifies', () =>
    withStorage(async (storage) => {
      const { audit } = await fill(storage, { rows: 3, inRow: 200 })
      await audit.close()
      expect(await storage.of('acme').of(auditEvents).list({ limit: 100 })).toHaveLength(6)
      const verdict = await verify(storage)
      expect(verdict).toMatchObject({ ok: true, events: 600, first: 1, last: 600, complaints: [] })
      const head = await storage.of('acme').of(auditHeads).find('head')
      expect(verdict.hash).toBe(head?.value.hash)
    }))

  test('tenants have trails of their own, and so has what belongs to none', () =>
    withStorage(async (storage) => {
      const { audit } = openTrail(storage)
      for (const tenant of ['acme', 'zeta', systemTenant, 'acme']) audit.record(eventOf(1, { tenant }))
      await audit.flush()
      for (const [tenant, events] of [
        ['acme', 2],
        ['zeta', 1],
        [systemTenant, 1],
        ['nobody', 0],
      ] as const) {
        expect(await verify(storage, { tenant })).toMatchObject({ ok: true, events })
      }
    }))

  test('texts of any kind come back and verify; a long one is cut', () =>
    withStorage(async (storage) => {
      const { audit } = openTrail(storage)
      const texts = ['\u0000', '\ud800', '\u2028"\\\n', '🦊', `${'x'.repeat(511)}🦊`, 'y'.repeat(100_000)]
      for (const text of texts)
        audit.record(eventOf(1, { client: text, detail: { [text]: text, '1': 'one', __proto__x: '' } }))
      await audit.flush()
      expect(await verify(storage)).toMatchObject({ ok: true, events: texts.length })
      const entries = await entriesOf(storage)
      expect(entries[3]?.client).toBe('🦊')
      expect(entries[5]?.client).toBe(`${'y'.repeat(511)}…`)
      expect(JSON.stringify(entries[5]).length).toBeLessThan(2500)
    }))

  test('retention takes from the front, row by row, and what is left verifies', () =>
    withStorage(async (storage) => {
      const trail = await fill(storage, { rows: 5, inRow: 2 })
      for (const [gone, events] of [
        [1, 8],
        [3, 4],
        [5, 0],
      ] as const) {
        const now = start + retain + (gone - 1) * 1000
        expect(await storage.deleteExpired(now, 100)).toBeGreaterThan(0)
        expect(await verify(storage, { now })).toMatchObject({ ok: true, events, complaints: [] })
      }
      trail.time = start + 200 * day
      trail.audit.record(eventOf(11))
      await trail.audit.flush()
      expect(await verify(storage, { now: trail.time })).toMatchObject({ ok: true, first: 11, last: 11 })
    }))

  test('rows that were deleted by a clock that was ahead are not missed', () =>
    withStorage(async (storage) => {
      await fill(storage)
      const ahead = start + retain + 1000
      await storage.deleteExpired(ahead, 100)
      expect(await verify(storage)).toMatchObject({ ok: false })
      await storage
        .of(systemTenant)
        .of(cleanings)
        .create({ id: 'floor', value: { floor: ahead, last_seen: ahead } })
      expect(await verify(storage)).toMatchObject({ ok: true, first: 7 })
    }))

  test('a clock that jumps back and forth leaves a trail from whose front alone is taken', () =>
    withStorage(async (storage) => {
      const trail = openTrail(storage)
      const jumps = [0, 400 * day, -3 * day, 5 * day, 401 * day, 6 * day, 1 * day]
      for (const [index, jump] of jumps.entries()) {
        trail.time = start + jump
        trail.audit.record(eventOf(index))
        await trail.audit.flush()
      }
      for (let now = start; now < start + 600 * day; now += 10 * day) {
        await storage.deleteExpired(now, 1)
        expect(await verify(storage, { now })).toMatchObject({ ok: true, complaints: [] })
      }
      expect(await marksOf(storage)).toEqual([])
    }))

  test('two processes that write to one trail at once make one chain with all events', () =>
    withStorage(async (storage) => {
      const trails = [openTrail(storage), openTrail(storage), openTrail(storage)]
      for (let round = 0; round < 20; round++) {
        for (const [index, { audit }] of trails.entries()) {
          for (let at = 0; at < 10; at++) audit.record(eventOf(index * 1000 + round * 10 + at))
        }
        await Promise.all(trails.map(({ audit }) => audit.flush()))
      }
      expect(await verify(storage)).toMatchObject({ ok: true, events: 600, first: 1, last: 600 })
      expect(new Set(await marksOf(storage)).size).toBe(600)
      for (const { log } of trails) expect(log).toEqual([])
    }))

  describe('a head that is not what it was is noted in the trail, which goes on after its last event', () => {
    const end = async (storage: Parameters<typeof verify>[0]) => {
      const { audit, log } = openTrail(storage)
      audit.record(eventOf(10))
      await audit.flush()
      expect(log).toEqual([])
      return (await entriesOf(storage)).slice(-2)
    }

    test('removed', () =>
      withStorage(async (storage) => {
        await fill(storage)
        await storage.of('acme').of(auditHeads).delete('head')
        const [note, event] = await end(storage)
        expect(note).toMatchObject({ number: 10, type: 'audit.gap', reason: 'head_missing' })
        expect(event).toMatchObject({ number: 11, detail: { mark: '10' } })
        expect((await verify(storage)).complaints).toEqual([
          'Event 10 notes head_missing: events before it may have been removed',
        ])
      }))

    test.each([
      ['set back', { number: 3, hash: 'a', expires_at: 5 }],
      ['of no use', { number: 'many' }],
      ['beyond every number', { number: Number.MAX_SAFE_INTEGER, hash: 'a', expires_at: 5 }],
    ])('%s', (_, value) =>
      withStorage(async (storage) => {
        await fill(storage)
        await tamper(storage, { id: 'head', kind: unchecked(auditHeads) }, (row) => ({ ...row, value }))
        const [note, event] = await end(storage)
        expect(note).toMatchObject({ number: 10, reason: 'head_altered' })
        expect(event).toMatchObject({ number: 11 })
        expect((await verify(storage)).ok).toBe(false)
      }),
    )

    test('set ahead: the numbers in between are missed', () =>
      withStorage(async (storage) => {
        await fill(storage)
        const value = { number: 20, hash: 'a'.repeat(64), expires_at: start }
        await tamper(storage, { id: 'head', kind: unchecked(auditHeads) }, (row) => ({ ...row, value }))
        await end(storage)
        expect((await verify(storage)).complaints).toEqual(['Events 10 to 20 are missing'])
      }))
  })

  test('rows of the trail are found by number', () =>
    withStorage(async (storage) => {
      await fill(storage, { rows: 1, inRow: 12 })
      const [row] = await storage.of('acme').of(auditEvents).list({ limit: 1 })
      expect(row?.id).toBe(idOf(12))
    }))
})
