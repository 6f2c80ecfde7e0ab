import { describe, expect, test } from 'bun:test'
import { auditEvents } from '../../src/audit/audit-row.ts'
import { readAudit } from '../../src/audit/audit-trail.ts'
import { unchecked } from '../../src/storage/unchecked.ts'
import { eventOf, fill, openTrail, stores } from './trail-kit.ts'

describe.each(stores)('on %s', (_, withStorage) => {
  test.each([1, 2, 3, 7, 24, 30, 1000])('pages of %d go through the whole trail', (limit) =>
    withStorage(async (storage) => {
      await fill(storage, { rows: 30, inRow: 4 })
      const numbers: number[] = []
      for (let after: number | undefined = 0; after !== undefined; ) {
        const { events, next } = await readAudit(storage, 'acme', { after, limit })
        expect(events.length).toBeLessThanOrEqual(limit)
        numbers.push(...events.map(({ number }) => number))
        after = next
      }
      expect(numbers).toEqual(Array.from({ length: 120 }, (_, index) => index + 1))
    }),
  )

  test('a page begins after any event, and there is none after the last', () =>
    withStorage(async (storage) => {
      await fill(storage, { rows: 2, inRow: 3 })
      const page = async (after: number) => (await readAudit(storage, 'acme', { after, limit: 2 })).events
      expect((await page(4)).map(({ number }) => number)).toEqual([5, 6])
      expect(await readAudit(storage, 'acme', { after: 6, limit: 2 })).toEqual({
        events: [],
        next: undefined,
        damaged: [],
      })
      expect(await readAudit(storage, 'nobody', { limit: 2 })).toEqual({
        events: [],
        next: undefined,
        damaged: [],
      })
    }))

  test('events of some types alone; a page that looked at many may be empty and not the last', () =>
    withStorage(async (storage) => {
      const { audit } = openTrail(storage)
      for (let at = 1; at <= 7000; at++) {
        audit.record(eventOf(at, at % 3500 === 0 ? { type: 'token.revoked' } : {}))
        if (at % 1500 === 0) await audit.flush()
      }
      await audit.flush()
      const types = ['token.revoked', 'token.refused']
      const numbers: number[][] = []
      for (let after: number | undefined = 0; after !== undefined; ) {
        const { events, next } = await readAudit(storage, 'acme', { after, limit: 100, types })
        numbers.push(events.map(({ number }) => number))
        after = next
      }
      expect(numbers).toEqual([[3500], [7000]])
    }))

  test('a damaged row is named on the page where its events would be, and keeps no other from being read', () =>
    withStorage(async (storage) => {
      await fill(storage, { rows: 30, inRow: 1 })
      const rows = storage.of('acme').of(unchecked(auditEvents))
      for (const id of ['0000000000000002', '0000000000000003', '0000000000000030']) {
        await rows.delete(id)
        await rows.create({ id, value: { events: [{ number: 'one' }] } })
      }
      const first = await readAudit(storage, 'acme', { limit: 2 })
      expect(first.events.map(({ number }) => number)).toEqual([1, 4])
      expect([first.damaged, first.next]).toEqual([['0000000000000002', '0000000000000003'], 4])
      const rest = await readAudit(storage, 'acme', { after: 4, limit: 100 })
      expect(rest.events.map(({ number }) => number)).toEqual(Array.from({ length: 25 }, (_, at) => at + 5))
      expect([rest.damaged, rest.next]).toEqual([['0000000000000030'], undefined])
    }))
})
