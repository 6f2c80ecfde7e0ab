import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { BoundedMap } from '../src/bounded-map.ts'

const fill = (map: BoundedMap<number>, from: number, to: number) => {
  for (let key = from; key < to; key++) map.set(String(key), key)
}

describe('a bounded map', () => {
  test('returns what was set last, and undefined for what was never set or was deleted', () => {
    const map = new BoundedMap<number>({ most: 3 })
    map.set('a', 1)
    map.set('a', 2)
    map.set('b', 0)
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([2, 0, undefined, 2])
    map.delete('a')
    map.delete('c')
    expect([map.get('a'), map.has('a'), map.has('b'), map.size]).toEqual([undefined, false, true, 1])
  })

  test('keeps the entries that were used last, and drops the others', () => {
    const map = new BoundedMap<number>({ most: 3 })
    fill(map, 0, 3)
    fill(map, 3, 5)
    expect(map.get('0')).toBe(0)
    fill(map, 5, 6)
    expect([map.has('0'), map.has('1'), map.has('2'), map.has('5')]).toEqual([true, false, false, true])
  })

  test('does not count a look with has or values as a use', () => {
    const map = new BoundedMap<number>({ most: 2 })
    fill(map, 0, 3)
    expect([map.has('0'), map.values().sort()]).toEqual([true, [0, 1, 2]])
    fill(map, 3, 5)
    expect(map.has('0')).toBe(false)
  })

  test('deletes an entry of the old generation, and a new value replaces an old one', () => {
    const map = new BoundedMap<number>({ most: 2 })
    fill(map, 0, 3)
    map.delete('0')
    map.set('1', 10)
    expect([map.has('0'), map.get('1'), map.values().sort()]).toEqual([false, 10, [10, 2]])
  })

  test('does not drop others for an entry that is replaced', () => {
    const map = new BoundedMap<number>({ most: 2 })
    fill(map, 0, 2)
    for (let round = 0; round < 10; round++) fill(map, 0, 2)
    expect(map.size).toBe(2)
  })

  test('has a bound of weight, and takes an entry that is heavier than that', () => {
    const map = new BoundedMap<number>({
      most: 100,
      weigh: (key, value) => key.length + value,
      mostWeight: 10,
    })
    map.set('a', 4)
    map.set('b', 4)
    map.set('c', 4)
    expect(map.size).toBe(3)
    map.set('d', 1000)
    expect(map.values()).toEqual([4, 1000])
    map.set('e', 4)
    expect(map.values()).toEqual([1000, 4])
  })

  test('whatever is done, holds the right values, the last ones of them all, and at most twice as many', () => {
    const most = 4
    const step = fc.record({
      kind: fc.constantFrom('get', 'set', 'delete'),
      key: fc.integer({ min: 0, max: 12 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new BoundedMap<number>({ most })
        const model = new Map<string, number>()
        for (const [at, { kind, key }] of steps.entries()) {
          const name = String(key)
          const wanted = model.get(name)
          const isLate = [...model.keys()].slice(-most).includes(name)
          if (kind === 'get') {
            const found = map.get(name)
            if (found !== undefined || isLate) expect(found).toBe(wanted)
            if (found === undefined) model.delete(name)
          }
          if (kind === 'set') map.set(name, at)
          if (kind === 'delete') map.delete(name)
          const value = kind === 'set' ? at : model.get(name)
          model.delete(name)
          if (kind !== 'delete' && value !== undefined) model.set(name, value)
          expect(map.size).toBeLessThanOrEqual(2 * most)
          expect(new Set(map.values()).size).toBe(map.size)
        }
      }),
    )
  })
})
