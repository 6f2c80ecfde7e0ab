import assert from 'node:assert/strict'
import type { Cases } from './case.ts'
import { create, idsOf, newTenant, newThings, otherThings, things } from './case.ts'

/** Each verb alone, where it does something and where it must not. */
export const rows: Cases = {
  'a new row is version 1, of no parent, never used and never expires, unless it says otherwise': async (
    storage,
  ) => {
    const records = newThings(storage)
    assert.equal(await records.create({ id: 'a', value: { v: 1 } }), true)
    assert.equal(
      await records.create({ id: 'b', value: { v: 2 }, expiresAt: 1_893_456_000_123, parent: 'p' }),
      true,
    )
    const rest = { version: 1, usedAt: null }
    assert.deepEqual(await records.find('a'), {
      id: 'a',
      value: { v: 1 },
      expiresAt: null,
      parent: null,
      ...rest,
    })
    assert.deepEqual(await records.find('b'), {
      ...{ id: 'b', value: { v: 2 }, expiresAt: 1_893_456_000_123, parent: 'p' },
      ...rest,
    })
    assert.equal(await records.find('c'), undefined)
  },

  'a row is found near its id: itself, or another one of its tenant and kind in its place': async (
    storage,
  ) => {
    const tenant = newTenant()
    const records = storage.of(tenant).of(things)
    assert.equal(await records.findNear('a'), undefined)
    await storage
      .of(tenant)
      .of(otherThings)
      .create({ id: 'a', value: { v: 'other kind' } })
    await create(newThings(storage), 'a')
    assert.equal(await records.findNear('a'), undefined)
    await create(records, 'b', 'd', '\u{1f600}')
    for (const id of ['b', 'd', '\u{1f600}']) {
      assert.deepEqual(await records.findNear(id), await records.find(id))
      assert.equal((await records.findNear(id))?.id, id)
    }
    for (const id of ['', 'a', 'B', 'b\u0001', 'c', 'e', 'd '.repeat(100), '\uffff', '\u{1f600}x']) {
      const near = await records.findNear(id)
      assert.ok(near && ['b', 'd', '\u{1f600}'].includes(near.id) && near.id !== id, id)
      assert.deepEqual(near.value, { v: near.id })
    }
    for (const id of ['NUL \0', 'half \ud800']) assert.equal(await records.findNear(id), undefined)
  },

  'an id that is taken is refused, and the row stays as it is': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a')
    assert.equal(await records.create({ id: 'a', value: { v: 'new' }, parent: 'p' }), false)
    assert.deepEqual((await records.find('a'))?.value, { v: 'a' })
    assert.equal((await records.find('a'))?.parent, null)
  },

  'a value comes back as it was': async (storage) => {
    const records = newThings(storage)
    const values = [
      ...['', 'NUL \0 and quotes \'"`$1?', 'e\u0301 \u00e9 \u{1f600} \u{ffff} \ud800', ' trailing '],
      ...[0, -5, 0.1, 1e308, Number.MAX_SAFE_INTEGER, true, false, null, [], {}],
      { a: [{ b: { c: [1, [2, [3]]] } }], 'key with \0': '', __proto__x: 1 },
    ]
    for (const [index, v] of values.entries()) {
      await records.create({ id: `v${index}`, value: { v } })
      assert.deepEqual((await records.find(`v${index}`))?.value, { v })
    }
    const found = await records.list({ limit: 100 })
    assert.equal(found.length, values.length)
  },

  'what was given and what was found are nobody else’s object': async (storage) => {
    const records = newThings(storage)
    const given = { v: { list: [1] } }
    await records.create({ id: 'a', value: given })
    given.v.list.push(2)
    const found = await records.find('a')
    assert.deepEqual(found?.value, { v: { list: [1] } })
    Object.assign(found?.value ?? {}, { v: 'changed' })
    assert.deepEqual((await records.find('a'))?.value, { v: { list: [1] } })
  },

  'findMany answers those that are there, each once': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a', 'b', 'c')
    const ids = async (...wanted: string[]) => (await records.findMany(wanted)).map(({ id }) => id).sort()
    assert.deepEqual(await ids('c', 'a', 'missing', 'a'), ['a', 'c'])
    assert.deepEqual(await ids('missing'), [])
    assert.deepEqual(await ids(), [])
  },

  'list keeps to its limit, its cursor and its parent': async (storage) => {
    const records = newThings(storage)
    for (const [id, parent] of [
      ['a', 'p'],
      ['b', 'q'],
      ['c', 'p'],
      ['d', null],
      ['e', 'p'],
    ] as const)
      await records.create({ id, value: { v: id }, parent })
    const ids = async (options: Parameters<typeof records.list>[0]) =>
      (await records.list(options)).map(({ id }) => id).join('')
    assert.equal(await ids({ limit: 2 }), 'ab')
    assert.equal(await ids({ limit: 2, after: 'b' }), 'cd')
    assert.equal(await ids({ limit: 2, after: 'bb' }), 'cd')
    assert.equal(await ids({ limit: 9, after: 'e' }), '')
    assert.equal(await ids({ limit: 2, parent: 'p' }), 'ac')
    assert.equal(await ids({ limit: 2, parent: 'p', after: 'a' }), 'ce')
    assert.equal(await ids({ limit: 9, parent: 'nobody' }), '')
  },

  'replace wants the version, adds one, and keeps what it is not told': async (storage) => {
    const records = newThings(storage)
    await records.create({ id: 'a', value: { v: 1 }, expiresAt: 7_000_000_000_000, parent: 'p' })
    await records.touch('a', 5)
    assert.equal(await records.replace('a', { v: 2 }, { ifVersion: 2 }), false)
    assert.equal(await records.replace('a', { v: 2 }, { ifVersion: 1 }), true)
    assert.equal(await records.replace('a', { v: 3 }, { ifVersion: 1 }), false)
    const rest = { id: 'a', usedAt: 5, parent: 'p' }
    assert.deepEqual(await records.find('a'), {
      ...rest,
      value: { v: 2 },
      version: 2,
      expiresAt: 7_000_000_000_000,
    })
    assert.equal(await records.replace('a', { v: 3 }, { ifVersion: 2, expiresAt: 8_000_000_000_000 }), true)
    assert.deepEqual(await records.find('a'), {
      ...rest,
      value: { v: 3 },
      version: 3,
      expiresAt: 8_000_000_000_000,
    })
    assert.equal(await records.replace('a', { v: 4 }, { ifVersion: 3, expiresAt: null }), true)
    assert.deepEqual(await records.find('a'), { ...rest, value: { v: 4 }, version: 4, expiresAt: null })
    assert.equal(await records.replace('missing', { v: 1 }, { ifVersion: 1 }), false)
    assert.deepEqual(await idsOf(records), ['a'])
  },

  'delete answers whether the row was there, in the version if one is wanted': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a', 'b')
    await records.replace('a', { v: 2 }, { ifVersion: 1 })
    assert.equal(await records.delete('a', { ifVersion: 1 }), false)
    assert.equal(await records.delete('missing'), false)
    assert.deepEqual(await idsOf(records), ['a', 'b'])
    assert.equal(await records.delete('a', { ifVersion: 2 }), true)
    assert.equal(await records.delete('a'), false)
    assert.equal(await records.delete('b'), true)
    assert.deepEqual(await idsOf(records), [])
  },

  'a deleted id can be taken again, from version 1': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a')
    await records.touch('a', 1)
    await records.replace('a', { v: 2 }, { ifVersion: 1 })
    await records.delete('a')
    await create(records, 'a')
    const found = await records.find('a')
    assert.deepEqual([found?.version, found?.usedAt], [1, null])
  },

  'touch never goes back, and neither the version nor the expiry changes': async (storage) => {
    const records = newThings(storage)
    await records.create({ id: 'a', value: { v: 1 }, expiresAt: 7_000_000_000_000 })
    const usedAt = async () => (await records.find('a'))?.usedAt
    for (const [at, kept] of [
      [1_893_456_000_000, 1_893_456_000_000],
      [5, 1_893_456_000_000],
      [1_893_456_000_001, 1_893_456_000_001],
    ] as const) {
      assert.equal(await records.touch('a', at), true)
      assert.equal(await usedAt(), kept)
    }
    assert.equal(await records.replace('a', { v: 2 }, { ifVersion: 1 }), true)
    assert.equal((await records.find('a'))?.expiresAt, 7_000_000_000_000)
    assert.equal(await records.touch('missing', 1), false)
  },

  'touch makes the row that is not there when it is told what it is to be': async (storage) => {
    const records = newThings(storage)
    const orCreate = { value: { v: 'new' }, parent: 'p' }
    for (const [at, kept] of [
      [100, 100],
      [50, 100],
      [200, 200],
    ] as const) {
      assert.equal(await records.touch('a', at, { orCreate }), true)
      const { value, parent, usedAt, version, expiresAt } = (await records.find('a')) ?? {}
      assert.deepEqual(
        { value, parent, usedAt, version, expiresAt },
        { ...orCreate, usedAt: kept, version: 1, expiresAt: null },
      )
    }
    await records.create({ id: 'b', value: { v: 'old' } })
    assert.equal(await records.touch('b', 7, { orCreate }), true)
    const { value, parent, usedAt } = (await records.find('b')) ?? {}
    assert.deepEqual({ value, parent, usedAt }, { value: { v: 'old' }, parent: null, usedAt: 7 })
    await assert.rejects(async () => records.touch('\0', 1, { orCreate }), TypeError)
  },

  'the store says that it can be read': (storage) => storage.check(),
}
