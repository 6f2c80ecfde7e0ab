import assert from 'node:assert/strict'
import { atOnce, type Cases, count, create, newTenant, newThings, otherThings, things } from './case.ts'

const many = 500
/** Not before the other cases are over (ms). */
const never = 7_000_000_000_000

/** Changes of one turn of the event loop, which stores write together. Each is as if it were alone. */
export const together: Cases = {
  '500 rows replaced at once are all replaced': async (storage) => {
    const records = newThings(storage)
    const ids = Array.from({ length: many }, (_, index) => `${index}`)
    await records.createMany(ids.map((id) => ({ id, value: { v: id }, parent: 'p', expiresAt: never })))
    const answers = await atOnce(many, (index) =>
      records.replace(
        `${index}`,
        { v: index },
        { ifVersion: 1, ...(index % 2 === 0 && { expiresAt: never + index }) },
      ),
    )
    assert.equal(count(answers, true), many)
    const found = await records.findMany(ids)
    for (const { id, value, version, parent, expiresAt } of found)
      assert.deepEqual(
        [value.v, version, parent, expiresAt],
        [Number(id), 2, 'p', never + (Number(id) % 2 === 0 ? Number(id) : 0)],
      )
    assert.equal(found.length, many)
  },

  'replacing rows together, those that are missing, changed, of another kind or another tenant stay': async (
    storage,
  ) => {
    const [tenant, other] = [storage.of(newTenant()), storage.of(newTenant())]
    const records = tenant.of(things)
    await create(records, 'a', 'b', 'c', 'd')
    await create(other.of(things), 'c')
    await create(tenant.of(otherThings), 'd')
    await records.replace('b', { v: 2 }, { ifVersion: 1 })
    const version = { ifVersion: 1 }
    const answers = await Promise.all([
      records.replace('missing', { v: 'new' }, version),
      records.replace('a', { v: 'new' }, version),
      records.replace('b', { v: 'new' }, version),
      other.of(things).replace('c', { v: 'new' }, version),
      other.of(things).replace('a', { v: 'new' }, version),
      tenant.of(otherThings).replace('d', { v: 'new' }, version),
      records.replace('no\0id', { v: 'new' }, version),
    ])
    assert.deepEqual(answers, [false, true, false, true, false, true, false])
    const values = async (each: typeof records) =>
      (await each.findMany(['a', 'b', 'c', 'd', 'missing']))
        .map(({ id, value }) => `${id}: ${value.v}`)
        .sort()
    assert.deepEqual(await values(records), ['a: new', 'b: 2', 'c: c', 'd: d'])
    assert.deepEqual(await values(other.of(things)), ['c: new'])
    assert.deepEqual(await values(tenant.of(otherThings)), ['d: new'])
  },

  'of 500 that replace ten rows at once, ten do, each its own row': async (storage) => {
    const records = newThings(storage)
    const ids = Array.from({ length: 10 }, (_, index) => `${index}`)
    await create(records, ...ids)
    const answers = await atOnce(many, (index) =>
      records.replace(`${index % 10}`, { v: index }, { ifVersion: 1 }),
    )
    const winners = answers.flatMap((won, index) => (won ? [index] : []))
    assert.deepEqual(winners.map((index) => index % 10).sort(), ids.map(Number))
    const found = (await records.findMany(ids)).map(({ value, version }) => [value.v, version])
    assert.deepEqual(found.sort(), winners.map((index): [unknown, number] => [index, 2]).sort())
  },

  'of a row that is replaced and deleted at once by its version, one of both happens': async (storage) => {
    const records = newThings(storage)
    const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
    await create(records, ...ids)
    const [replaced, deleted] = await Promise.all([
      Promise.all(ids.map((id) => records.replace(id, { v: 'new' }, { ifVersion: 1 }))),
      Promise.all(ids.map((id) => records.delete(id, { ifVersion: 1 }))),
    ])
    for (const [index, id] of ids.entries()) {
      assert.equal(replaced[index], !deleted[index])
      assert.equal((await records.find(id))?.value.v, replaced[index] ? 'new' : undefined)
    }
  },

  'a row that is deleted without a version while it is replaced is gone': async (storage) => {
    const records = newThings(storage)
    const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
    await create(records, ...ids)
    const deleted = ids.map((id, index) => {
      const replaced = records.replace(id, { v: 'new' }, { ifVersion: 1 })
      return index % 2 === 0 ? records.delete(id) : replaced.then(() => records.delete(id))
    })
    assert.equal(count(await Promise.all(deleted), true), 50)
    assert.deepEqual(await records.findMany(ids), [])
  },

  'a row that is replaced and touched at once keeps both': async (storage) => {
    const records = newThings(storage)
    const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
    await create(records, ...ids)
    const answers = await Promise.all(
      ids.flatMap((id) => [records.replace(id, { v: 'new' }, { ifVersion: 1 }), records.touch(id, 5)]),
    )
    assert.equal(count(answers, true), 100)
    for (const { value, version, usedAt } of await records.findMany(ids))
      assert.deepEqual([value.v, version, usedAt], ['new', 2, 5])
  },

  'a row that is replaced inside a transaction and outside of it at once is replaced once': async (
    storage,
  ) => {
    const tenant = newTenant()
    const records = storage.of(tenant).of(things)
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`)
    await create(records, ...ids)
    const inside = storage.transaction(async (transaction) => {
      const answers: boolean[] = []
      for (const id of ids)
        answers.push(await transaction.of(tenant).of(things).replace(id, { v: 'inside' }, { ifVersion: 1 }))
      return answers
    })
    const outside = Promise.all(ids.map((id) => records.replace(id, { v: 'outside' }, { ifVersion: 1 })))
    const [insides, outsides] = await Promise.all([inside, outside])
    for (const [index, id] of ids.entries()) {
      assert.equal(insides[index], !outsides[index])
      assert.equal((await records.find(id))?.value.v, insides[index] ? 'inside' : 'outside')
    }
  },
}
