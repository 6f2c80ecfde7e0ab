import assert from 'node:assert/strict'
import { Type } from '@sinclair/typebox'
import { indexKind } from '../../../src/storage/kind.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { UniqueIndex } from '../../../src/storage/unique-index.ts'
import { atOnce, type Cases, count, idsOf, newTenant, things } from './case.ts'

const names = indexKind('thing_name', 'thing')

const indexOf = (storage: Storage, tenant: string) => new UniqueIndex(storage.of(tenant), names)

class Taken extends Error {}

/** Runs the work in a transaction; false when a key was taken, and then nothing was written. */
async function unlessTaken(storage: Storage, work: (inside: Storage) => Promise<boolean>): Promise<boolean> {
  try {
    await storage.transaction(async (inside) => {
      if (!(await work(inside))) throw new Taken()
    })
    return true
  } catch (cause) {
    if (cause instanceof Taken) return false
    throw cause
  }
}

/** Makes a thing that has these names. */
function make(storage: Storage, tenant: string, { id, keys }: { id: string; keys: readonly string[] }) {
  return unlessTaken(storage, async (inside) => {
    await inside
      .of(tenant)
      .of(things)
      .create({ id, value: { v: keys } })
    return indexOf(inside, tenant).claim(id, keys)
  })
}

/** A second kind of row by which the rows of a first are found. */
export const indexes: Cases = {
  'a key that is claimed finds its owner, in its own tenant alone': async (storage) => {
    const tenant = newTenant()
    assert.equal(await make(storage, tenant, { id: 'a', keys: ['x', 'y', 'x'] }), true)
    const index = indexOf(storage, tenant)
    assert.deepEqual(
      [await index.find('x'), await index.find('y'), await index.find('z')],
      ['a', 'a', undefined],
    )
    assert.equal(await index.isAnyTaken(['z', 'y']), true)
    assert.equal(await index.isAnyTaken(['z', '\0']), false)
    assert.equal(await index.isAnyTaken([]), false)
    assert.equal(await indexOf(storage, newTenant()).find('x'), undefined)
  },

  'a claim of a taken key undoes the row and the other keys': async (storage) => {
    const tenant = newTenant()
    await make(storage, tenant, { id: 'a', keys: ['x'] })
    assert.equal(await make(storage, tenant, { id: 'b', keys: ['w', 'x', 'y'] }), false)
    assert.deepEqual(await idsOf(storage.of(tenant).of(things)), ['a'])
    assert.deepEqual(await idsOf(storage.of(tenant).of(names)), ['x'])
  },

  'of 50 that claim a key at once, one has it, and only its row is there': async (storage) => {
    const tenant = newTenant()
    const answers = await atOnce(50, (index) =>
      make(storage, tenant, { id: `${index}`, keys: ['x', `${index}`] }),
    )
    assert.equal(count(answers, true), 1)
    const winner = `${answers.indexOf(true)}`
    assert.deepEqual(await idsOf(storage.of(tenant).of(things)), [winner])
    assert.deepEqual(await idsOf(storage.of(tenant).of(names)), [winner, 'x'].sort())
    assert.equal(await indexOf(storage, tenant).find('x'), winner)
  },

  'two that claim the same keys in other orders at once do not wait for each other': async (storage) => {
    const tenant = newTenant()
    const keys = ['p', 'q', 'r', 's']
    const answers = await atOnce(12, (index) =>
      make(storage, tenant, { id: `${index}`, keys: index % 2 === 0 ? keys : keys.toReversed() }),
    )
    assert.equal(count(answers, true), 1)
  },

  'a move frees the old keys, keeps those in both and claims the new ones': async (storage) => {
    const tenant = newTenant()
    await make(storage, tenant, { id: 'a', keys: ['x', 'both'] })
    const move = (inside: Storage) =>
      indexOf(inside, tenant).move('a', { from: ['x', 'both'], to: ['both', 'y'] })
    assert.equal(await unlessTaken(storage, move), true)
    assert.deepEqual(await idsOf(storage.of(tenant).of(names)), ['both', 'y'])
    assert.equal(await make(storage, tenant, { id: 'b', keys: ['x'] }), true)
    const back = (inside: Storage) => indexOf(inside, tenant).move('a', { from: ['y'], to: ['x'] })
    assert.equal(await unlessTaken(storage, back), false)
    assert.equal(await indexOf(storage, tenant).find('y'), 'a')
  },

  'of two that move to the key of the other at once, none has both': async (storage) => {
    const tenant = newTenant()
    await make(storage, tenant, { id: 'a', keys: ['x'] })
    await make(storage, tenant, { id: 'b', keys: ['y'] })
    const move = (owner: string, from: string, to: string) =>
      unlessTaken(storage, (inside) => indexOf(inside, tenant).move(owner, { from: [from], to: [to] }))
    const answers = await Promise.all([move('a', 'x', 'y'), move('b', 'y', 'x')])
    assert.deepEqual(answers, [false, false])
    const index = indexOf(storage, tenant)
    assert.deepEqual([await index.find('x'), await index.find('y')], ['a', 'b'])
  },

  'of 20 that move to one key at once, one has it, and the others keep theirs': async (storage) => {
    const tenant = newTenant()
    for (let at = 0; at < 20; at++) await make(storage, tenant, { id: `${at}`, keys: [`k${at}`] })
    const answers = await atOnce(20, (at) =>
      unlessTaken(storage, (inside) =>
        indexOf(inside, tenant).move(`${at}`, { from: [`k${at}`], to: ['wanted'] }),
      ),
    )
    assert.equal(count(answers, true), 1)
    const winner = answers.indexOf(true)
    const index = indexOf(storage, tenant)
    assert.equal(await index.find('wanted'), `${winner}`)
    const kept = await Promise.all(answers.map((_, at) => index.find(`k${at}`)))
    assert.deepEqual(
      kept,
      answers.map((_, at) => (at === winner ? undefined : `${at}`)),
    )
  },

  'a release leaves the keys of others, and a released key can be claimed': async (storage) => {
    const tenant = newTenant()
    await make(storage, tenant, { id: 'a', keys: ['x'] })
    await make(storage, tenant, { id: 'b', keys: ['y'] })
    await storage.transaction((inside) => indexOf(inside, tenant).release('a', ['x', 'y', 'z', '\0']))
    assert.deepEqual(await idsOf(storage.of(tenant).of(names)), ['y'])
    await storage.transaction((inside) => indexOf(inside, tenant).release('a', []))
    assert.equal(await make(storage, tenant, { id: 'c', keys: ['x'] }), true)
  },

  'a damaged key is taken, and is released with the row that says it has it': async (storage) => {
    const tenant = newTenant()
    await make(storage, tenant, { id: 'a', keys: ['x'] })
    const anything = { name: names.name, schema: Type.Unknown() }
    await storage.of(tenant).of(anything).replace('x', 'no owner', { ifVersion: 1 })
    assert.equal(await make(storage, tenant, { id: 'b', keys: ['x'] }), false)
    await storage.transaction((inside) => indexOf(inside, tenant).release('a', ['x']))
    assert.equal(await make(storage, tenant, { id: 'b', keys: ['x'] }), true)
  },
}
