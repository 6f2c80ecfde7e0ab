import assert from 'node:assert/strict'
import { type Cases, create, idsOf, newTenant, newThings, otherThings, things } from './case.ts'

/** Other cases use times far from these, for the sweep is over all tenants. */
export const expiry: Cases = {
  'deleteExpired takes the oldest first, as many as it is told, of every tenant and kind': async (
    storage,
  ) => {
    const tenant = newTenant()
    const places = [storage.of(tenant).of(things), storage.of(tenant).of(otherThings), newThings(storage)]
    for (const [index, records] of places.entries()) {
      // Of each of 0 to 8, one; created the youngest first.
      for (const turn of [2, 1, 0])
        await records.create({ id: 'x'.repeat(turn + 1), value: { v: 0 }, expiresAt: turn * 3 + index })
    }
    const left = async () => {
      const lists = await Promise.all(places.map((records) => records.list({ limit: 9 })))
      return lists
        .flat()
        .map(({ expiresAt }) => expiresAt ?? -1)
        .sort((a, b) => a - b)
    }
    assert.equal(await storage.deleteExpired(-1, 100), 0)
    assert.equal(await storage.deleteExpired(8, 4), 4)
    assert.deepEqual(await left(), [4, 5, 6, 7, 8])
    assert.equal(await storage.deleteExpired(5, 100), 2)
    assert.deepEqual(await left(), [6, 7, 8])
    assert.equal(await storage.deleteExpired(8, 3), 3)
    assert.equal(await storage.deleteExpired(8, 3), 0)
  },

  'deleteExpired takes what expires now, and leaves what expires later or never': async (storage) => {
    const records = newThings(storage)
    await create(records, 'never')
    for (const expiresAt of [99, 100, 101])
      await records.create({ id: `${expiresAt}`, value: { v: 0 }, expiresAt })
    await records.replace('101', { v: 1 }, { ifVersion: 1, expiresAt: null })
    assert.equal(await storage.deleteExpired(100, 100), 2)
    assert.deepEqual(await idsOf(records), ['101', 'never'])
  },

  'readClock answers a time that the sweep takes': async (storage) => {
    for (let turn = 0; turn < 3; turn++) {
      const time = (await storage.readClock()) ?? Date.now()
      assert.equal(Number.isInteger(time), true)
      assert.equal(await storage.findLastExpiry(time - 1e12), undefined)
      assert.equal(await storage.deleteExpired(time - 1e12, 1), 0)
    }
  },

  'findLastExpiry answers the latest expiry up to a time, of every tenant': async (storage) => {
    const [records, others] = [newThings(storage), newThings(storage)]
    await create(records, 'never')
    for (const expiresAt of [-502, -500, -490])
      await records.create({ id: `${expiresAt}`, value: { v: 0 }, expiresAt })
    await others.create({ id: 'other', value: { v: 0 }, expiresAt: -501 })
    assert.equal(await storage.findLastExpiry(-503), undefined)
    assert.equal(await storage.findLastExpiry(-502), -502)
    assert.equal(await storage.findLastExpiry(-501), -501)
    assert.equal(await storage.findLastExpiry(-491), -500)
    assert.equal(await storage.deleteExpired(-490, 100), 4)
    assert.equal(await storage.findLastExpiry(-490), undefined)
  },

  'a row that expired is there until it is deleted': async (storage) => {
    const records = newThings(storage)
    await records.create({ id: 'a', value: { v: 0 }, expiresAt: 1 })
    assert.equal((await records.find('a'))?.expiresAt, 1)
    assert.equal(await records.create({ id: 'a', value: { v: 1 } }), false)
    assert.equal(await storage.deleteExpired(1, 1), 1)
    assert.equal(await records.find('a'), undefined)
  },
}
