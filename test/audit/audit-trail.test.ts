import { describe, expect, test } from 'bun:test'
import { readAudit } from '../../src/audit/audit-trail.ts'
import { auditEventsAsFound } from '../../src/storage/records.ts'
import { StorageError } from '../../src/storage/storage.ts'
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
      })
      expect(await readAudit(storage, 'nobody', { limit: 2 })).toEqual({ events: [], next: undefined })
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

  test('a row that is not what grantd writes is refused', () =>
    withStorage(async (storage) => {
      await storage
        .of('acme')
        .of(auditEventsAsFound)
        .create({ id: '0000000000000001', value: { events: [{ number: 'one' }] } })
      if (storage.name === 'memory') return
      await expect(readAudit(storage, 'acme', { limit: 1 })).rejects.toThrow(StorageError)
    }))
})
