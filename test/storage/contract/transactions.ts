import assert from 'node:assert/strict'
import { type Storage, StorageError } from '../../../src/storage/storage.ts'
import { atOnce, type Cases, create, idsOf, newTenant, things } from './case.ts'

class Refusal extends Error {}

function setUp(storage: Storage) {
  const tenant = newTenant()
  return { records: storage.of(tenant).of(things), inside: (store: Storage) => store.of(tenant).of(things) }
}

/** Adds one to the number in row `n`, as somebody who reads and then writes. */
async function increment(storage: Storage, tenant: string): Promise<void> {
  const records = storage.of(tenant).of(things)
  const found = await records.find('n')
  await records.replace('n', { v: Number(found?.value.v) + 1 }, { ifVersion: found?.version ?? 0 })
}

export const transactions: Cases = {
  'a transaction answers what its work does, sees its own writes, and they stay': async (storage) => {
    const { records, inside } = setUp(storage)
    const answer = await storage.transaction(async (store) => {
      assert.equal(store.name, storage.name)
      await create(inside(store), 'a', 'b')
      await inside(store).delete('a')
      return await idsOf(inside(store))
    })
    assert.deepEqual(answer, ['b'])
    assert.deepEqual(await idsOf(records), ['b'])
  },

  'of a transaction that throws nothing stays, and its error comes out': async (storage) => {
    const { records, inside } = setUp(storage)
    await create(records, 'kept', 'changed')
    const refusal = new Refusal()
    const failing = storage.transaction(async (store) => {
      await create(inside(store), 'new')
      await inside(store).delete('kept')
      await inside(store).replace('changed', { v: 2 }, { ifVersion: 1 })
      await inside(store).touch('changed', 1)
      throw refusal
    })
    await assert.rejects(failing, (cause) => cause === refusal)
    assert.deepEqual(await idsOf(records), ['changed', 'kept'])
    const found = await records.find('changed')
    assert.deepEqual([found?.version, found?.usedAt, found?.value], [1, null, { v: 'changed' }])
  },

  'of a transaction that a store refuses nothing stays': async (storage) => {
    const { records, inside } = setUp(storage)
    await create(records, 'taken')
    const failing = storage.transaction(async (store) => {
      await create(inside(store), 'new')
      await inside(store).createMany([{ id: 'taken', value: { v: 2 } }])
    })
    await assert.rejects(failing, StorageError)
    assert.deepEqual(await idsOf(records), ['taken'])
  },

  'a transaction that a store refused a part of does not go through, though its work went on': async (
    storage,
  ) => {
    const { records, inside } = setUp(storage)
    await create(records, 'taken')
    const failing = storage.transaction(async (store) => {
      await create(inside(store), 'new')
      await assert.rejects(inside(store).createMany([{ id: 'taken', value: { v: 2 } }]), StorageError)
      return 'went on'
    })
    await assert.rejects(failing, StorageError)
    assert.deepEqual(await idsOf(records), ['taken'])
  },

  'a transaction inside another is a part of it': async (storage) => {
    const { records, inside } = setUp(storage)
    const failing = storage.transaction(async (store) => {
      await create(inside(store), 'a')
      await store.transaction(async (nested) => {
        assert.deepEqual(await idsOf(inside(nested)), ['a'])
        await create(inside(nested), 'b')
      })
      throw new Refusal()
    })
    await assert.rejects(failing, Refusal)
    assert.deepEqual(await idsOf(records), [])
  },

  'nobody outside sees what a transaction wrote until it is through': async (storage) => {
    const { records, inside } = setUp(storage)
    await create(records, 'old')
    const written = Promise.withResolvers<void>()
    const seen = Promise.withResolvers<void>()
    const running = storage.transaction(async (store) => {
      await create(inside(store), 'new')
      await inside(store).replace('old', { v: 2 }, { ifVersion: 1 })
      written.resolve()
      await seen.promise
    })
    await written.promise
    assert.deepEqual(await idsOf(records), ['old'])
    assert.deepEqual((await records.find('old'))?.value, { v: 'old' })
    seen.resolve()
    await running
    assert.deepEqual(await idsOf(records), ['new', 'old'])
    assert.deepEqual((await records.find('old'))?.value, { v: 2 })
  },

  '50 transactions at once that read and then write lose no update': async (storage) => {
    const tenant = newTenant()
    await storage
      .of(tenant)
      .of(things)
      .create({ id: 'n', value: { v: 0 } })
    await atOnce(50, () => storage.transaction((store) => increment(store, tenant)))
    assert.deepEqual((await storage.of(tenant).of(things).find('n'))?.value, { v: 50 })
  },

  'two transactions at once that each rely on what the other changes do not both go through unseen': async (
    storage,
  ) => {
    const { records, inside } = setUp(storage)
    for (let round = 0; round < 10; round++) {
      const ids = [`${round}-one`, `${round}-two`]
      for (const id of ids) await records.create({ id, value: { v: 'on' } })
      // Each turns its own off as long as the other is on.
      await atOnce(2, (own) =>
        storage.transaction(async (store) => {
          const found = await inside(store).findMany(ids)
          if (found.some(({ value }) => value.v === 'off')) return
          await inside(store).replace(ids[own] ?? '', { v: 'off' }, { ifVersion: 1 })
        }),
      )
      const states = (await records.findMany(ids)).map(({ value }) => value.v)
      assert.deepEqual(states.sort(), ['off', 'on'])
    }
  },

  'writes beside a transaction are kept': async (storage) => {
    const { records, inside } = setUp(storage)
    await atOnce(20, async (index) =>
      index % 2 === 0
        ? records.create({ id: `w${index}`, value: { v: index } })
        : storage.transaction((store) => inside(store).create({ id: `t${index}`, value: { v: index } })),
    )
    assert.equal((await idsOf(records)).length, 20)
  },
}

/** Run last, and on a store that nobody needs any more. */
export const closing: Cases = {
  'a store that was closed throws StorageError at every verb': async (storage) => {
    const { records } = setUp(storage)
    await create(records, 'a')
    await storage.close()
    await storage.close()
    const verbs: (() => Promise<unknown>)[] = [
      () => records.find('a'),
      () => records.findMany(['a']),
      () => records.list({ limit: 1 }),
      () => records.create({ id: 'b', value: { v: 1 } }),
      () => records.createMany([{ id: 'b', value: { v: 1 } }]),
      () => records.replace('a', { v: 1 }, { ifVersion: 1 }),
      () => records.delete('a'),
      () => records.touch('a', 1),
      () => storage.of('x').deleteAll({ except: [] }),
      () => storage.transaction(async () => 1),
      () => storage.deleteExpired(1, 1),
      () => storage.check(),
    ]
    for (const verb of verbs) await assert.rejects(async () => verb(), StorageError, String(verb))
  },
}
