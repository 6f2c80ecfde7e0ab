import assert from 'node:assert/strict'
import { Type } from '@sinclair/typebox'
import { largestValue } from '../../../src/storage/parse-row.ts'
import { DamagedRowError, isDamaged, type Storage, systemTenant } from '../../../src/storage/storage.ts'
import { unchecked } from '../../../src/storage/unchecked.ts'
import { createText } from '../../support/raw-text.ts'
import { type Cases, create, idsOf, newTenant, newThings, otherThings, things } from './case.ts'

/** Three neighbours with a row of the same id each: another tenant, another kind, and no tenant at all. */
async function makeNeighbours(storage: Storage) {
  const tenant = newTenant()
  const mine = storage.of(tenant).of(things)
  const neighbours = [
    storage.of(newTenant()).of(things),
    storage.of(tenant).of(otherThings),
    storage.of(systemTenant).of({ name: tenant, schema: things.schema }),
  ]
  for (const neighbour of neighbours) await create(neighbour, 'a')
  const before = await Promise.all(neighbours.map((neighbour) => neighbour.find('a')))
  /** Fails when a neighbour's row changed. */
  const check = async () => {
    for (const [index, neighbour] of neighbours.entries()) {
      assert.deepEqual(await neighbour.find('a'), before[index])
      assert.deepEqual(await idsOf(neighbour), ['a'])
    }
  }
  return { mine, check }
}

/** Tenants and kinds apart from each other, and ids that look alike. */
export const walls: Cases = {
  'no verb finds the row of another tenant or kind': async (storage) => {
    const { mine, check } = await makeNeighbours(storage)
    assert.equal(await mine.find('a'), undefined)
    assert.deepEqual(await mine.findMany(['a']), [])
    assert.deepEqual(await mine.list({ limit: 9 }), [])
    assert.equal(await mine.replace('a', { v: 2 }, { ifVersion: 1 }), false)
    assert.equal(await mine.delete('a'), false)
    assert.equal(await mine.delete('a', { ifVersion: 1 }), false)
    assert.equal(await mine.touch('a', 1), false)
    await check()
  },

  'no verb changes the row of another tenant or kind': async (storage) => {
    const { mine, check } = await makeNeighbours(storage)
    await create(mine, 'a')
    await mine.replace('a', { v: 2 }, { ifVersion: 1, expiresAt: 7_000_000_000_000 })
    await mine.touch('a', 2)
    await check()
    await mine.delete('a')
    await check()
  },

  'deleteAll leaves the kinds that it is told and every other tenant': async (storage) => {
    const { check } = await makeNeighbours(storage)
    const tenant = storage.of(newTenant())
    const kinds = ['one', 'two', 'three'].map((name) => ({ name, schema: things.schema }))
    for (const kind of kinds) await create(tenant.of(kind), 'a', 'b')
    const left = () => Promise.all(kinds.map(async (kind) => (await idsOf(tenant.of(kind))).join('')))
    await tenant.deleteAll({ except: ['one', 'three', 'unknown'] })
    assert.deepEqual(await left(), ['ab', '', 'ab'])
    assert.equal(await tenant.hasRows({ except: ['one', 'three'] }), false)
    assert.equal(await tenant.hasRows({ except: ['one', 'two'] }), true)
    await tenant.deleteAll({ except: [] })
    assert.deepEqual(await left(), ['', '', ''])
    assert.equal(await tenant.hasRows({ except: [] }), false)
    await check()
  },

  'ids are compared byte for byte': async (storage) => {
    const records = newThings(storage)
    const ids = [
      'a',
      'A',
      'a ',
      ' a',
      'e\u0301',
      '\u00e9',
      '\u{1f600}',
      'ß',
      'ss',
      'ı',
      'i',
      "'",
      '%',
      '_',
      '\\',
      '$1',
      '?',
    ]
    await create(records, ...ids)
    for (const id of ids) assert.deepEqual((await records.find(id))?.value, { v: id })
    assert.equal((await records.findMany(ids)).length, ids.length)
    for (const id of ids) assert.equal(await records.delete(id), true)
    for (const id of ['E\u0301', 'a\t', 'SS']) assert.equal(await records.find(id), undefined)
  },

  'list follows the order of the bytes of the ids': async (storage) => {
    const records = newThings(storage)
    // By the order of JavaScript, which goes by halves of surrogate pairs, the last would come before U+E000.
    const ids = [
      ' ',
      '0',
      '10',
      '9',
      'A',
      'B',
      'a',
      'a ',
      'a-',
      'aa',
      'b',
      'e\u0301',
      '\u00e9',
      '\ue000',
      '\ufffd',
      '\u{10000}',
    ]
    await create(records, ...ids.toReversed())
    assert.deepEqual(await idsOf(records), ids)
    for (const [index, after] of ids.entries()) {
      const next = await records.list({ after, limit: 1 })
      assert.deepEqual(
        next.map(({ id }) => id),
        ids.slice(index + 1, index + 2),
      )
    }
  },

  'an id that no store can keep is never found': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a', '\ufffd')
    for (const id of ['a\0', '\0', '\ud800', 'x\udc00']) {
      assert.equal(await records.find(id), undefined)
      assert.deepEqual(await records.findMany([id]), [])
      assert.equal((await records.findMany([id, 'a'])).length, 1)
      assert.equal(await records.replace(id, { v: 1 }, { ifVersion: 1 }), false)
      assert.equal(await records.delete(id), false)
      assert.equal(await records.touch(id, 1), false)
      assert.deepEqual(await records.list({ after: id, limit: 9 }), [])
    }
  },

  'creating an id that no store can keep throws, and nothing is created': async (storage) => {
    const records = newThings(storage)
    for (const id of ['a\0', '\ud800']) {
      const value = { v: 1 }
      await assert.rejects(async () => records.create({ id, value }), TypeError)
      await assert.rejects(
        async () =>
          records.createMany([
            { id: 'good', value },
            { id, value },
          ]),
        TypeError,
      )
    }
    assert.deepEqual(await idsOf(records), [])
  },
}

/** Texts that stand in the place of the value of a row. */
const damages: Readonly<Record<string, string>> = {
  'no JSON': '{"v":',
  'another type': '[1]',
  'a member that is missing': '{}',
  'too much': JSON.stringify({ v: 'x'.repeat(largestValue) }),
}

const Strict = Type.Object({ v: Type.String() })

/** What is to become of a row that is not what grantd writes. */
export const reading: Cases = Object.fromEntries(
  Object.entries(damages).map(([what, json]) => [
    `a row with ${what} is refused by itself, and a list names it and goes on`,
    async (storage: Storage) => {
      const tenantId = newTenant()
      const strict = storage.of(tenantId).of({ name: things.name, schema: Strict })
      for (const id of ['a', 'c']) await strict.create({ id, value: { v: id } })
      const raw = storage.of(tenantId).of(unchecked(things))
      await createText(raw, json, { id: 'b', parent: 'p', expiresAt: 7_000_000_000_000 })
      const isNamed = (cause: unknown) =>
        cause instanceof DamagedRowError &&
        [tenantId, things.name, 'b'].join() === [cause.key.tenant, cause.key.kind, cause.key.id].join()
      await assert.rejects(async () => strict.find('b'), isNamed)
      await assert.rejects(async () => strict.findMany(['a', 'b']), isNamed)
      const rows = await strict.list({ limit: 9 })
      assert.deepEqual(
        rows.map((row) => (isDamaged(row) ? row.damage.key.id.toUpperCase() : row.value.v)),
        ['a', 'B', 'c'],
      )
      const { id, version, expiresAt, parent } = rows[1] ?? {}
      assert.deepEqual(
        { id, version, expiresAt, parent },
        { id: 'b', version: 1, expiresAt: 7_000_000_000_000, parent: 'p' },
      )
      assert.equal((await strict.findMany(['a', 'c'])).length, 2)
      assert.equal(await strict.touch('b', 9), true)
      assert.equal(await strict.replace('b', { v: 'well' }, { ifVersion: 1 }), true)
      assert.equal((await strict.find('b'))?.value.v, 'well')
    },
  ]),
)
