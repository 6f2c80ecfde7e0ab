import assert from 'node:assert/strict'
import { onlyReadable, StorageError } from '../../../src/storage/storage.ts'
import { atOnce, type Cases, count, create, idsOf, newTenant, newThings, things } from './case.ts'

const callers = 50

/** Many callers at once, and many rows. */
export const races: Cases = {
  'of 50 that create an id at once, one does, and its value stays': async (storage) => {
    const records = newThings(storage)
    const answers = await atOnce(callers, (index) => records.create({ id: 'a', value: { v: index } }))
    assert.equal(count(answers, true), 1)
    assert.deepEqual((await records.find('a'))?.value, { v: answers.indexOf(true) })
  },

  'of 50 that replace a version at once, one does': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a')
    const answers = await atOnce(callers, (index) => records.replace('a', { v: index }, { ifVersion: 1 }))
    assert.equal(count(answers, true), 1)
    const found = await records.find('a')
    assert.deepEqual([found?.value, found?.version], [{ v: answers.indexOf(true) }, 2])
  },

  'of 50 that delete a row at once, one does': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a')
    assert.equal(count(await atOnce(callers, () => records.delete('a')), true), 1)
  },

  '50 touches at once keep the latest': async (storage) => {
    const records = newThings(storage)
    await create(records, 'a')
    await atOnce(callers, (index) => records.touch('a', 1000 + ((index * 17) % callers)))
    assert.equal((await records.find('a'))?.usedAt, 1000 + callers - 1)
  },

  'createMany creates all, or none when one is taken': async (storage) => {
    const records = newThings(storage)
    const many = (...ids: string[]) =>
      ids.map((id) => ({ id, value: { v: id }, parent: 'p', expiresAt: 7_000_000_000_000 }))
    await records.createMany(many('a', 'b'))
    const { id: _, value: __, ...rest } = (await records.find('b')) ?? {}
    assert.deepEqual(rest, { version: 1, usedAt: null, parent: 'p', expiresAt: 7_000_000_000_000 })
    await assert.rejects(async () => records.createMany(many('c', 'b', 'd')), StorageError)
    await assert.rejects(async () => records.createMany(many('c', 'd', 'c')), StorageError)
    await records.createMany([])
    assert.deepEqual(await idsOf(records), ['a', 'b'])
  },

  'of several createMany at once that share an id, one creates all its rows and the others none': async (
    storage,
  ) => {
    const records = newThings(storage)
    const answers = await atOnce(8, (index) =>
      records
        .createMany([
          { id: `${index}`, value: { v: index } },
          { id: 'shared', value: { v: index } },
        ])
        .then(
          () => true,
          (cause: unknown) => !(cause instanceof StorageError) && Promise.reject(cause),
        ),
    )
    assert.equal(count(answers, true), 1)
    assert.deepEqual(await idsOf(records), [`${answers.indexOf(true)}`, 'shared'])
  },

  'a value of 1 MB comes back whole': async (storage) => {
    const records = newThings(storage)
    const v = 'é\u{1f600}"\\'.repeat(110_000)
    await records.create({ id: 'a', value: { v } })
    assert.equal((await records.find('a'))?.value.v, v)
    assert.equal(await records.replace('a', { v: `${v}!` }, { ifVersion: 1 }), true)
    assert.equal(onlyReadable(await records.list({ limit: 1 }))[0]?.value.v, `${v}!`)
  },

  '5000 rows are listed in pages, each row once and in order': async (storage) => {
    const tenant = storage.of(newTenant())
    const records = tenant.of(things)
    const ids = Array.from({ length: 5000 }, (_, index) => `${(index * 7919) % 5000}`.padStart(4, '0'))
    for (let start = 0; start < ids.length; start += 500) {
      const page = ids.slice(start, start + 500)
      await records.createMany(
        page.map((id) => ({ id, value: { v: id }, parent: id.endsWith('7') ? 'p' : null })),
      )
    }
    for (const [parent, wanted] of [
      [undefined, ids.toSorted()],
      ['p', ids.filter((id) => id.endsWith('7')).sort()],
    ] as const) {
      const found: string[] = []
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page: { id: string }[] = await records.list({ after, limit: 700, ...(parent && { parent }) })
        found.push(...page.map(({ id }) => id))
        after = page.at(-1)?.id
      }
      assert.deepEqual(found, wanted)
    }
    assert.equal((await records.findMany(ids.slice(0, 1000))).length, 1000)
    await tenant.deleteAll({ except: [] })
  },
}
