import { expect, test } from 'bun:test'
import { lost, untilWritten, writeOver } from '../../src/storage/compare-and-swap.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { isDamaged } from '../../src/storage/storage.ts'
import { unchecked } from '../../src/storage/unchecked.ts'
import { walkRows } from '../../src/storage/walk-rows.ts'
import { createText } from '../support/raw-text.ts'
import { things } from './contract/case.ts'

const newThings = () => createMemoryStorage().of('acme').of(things)

test('of many that count in one row at once, each count is kept', async () => {
  const records = newThings()
  const add = () =>
    untilWritten(async () => {
      const found = await records.find('n')
      const value = { v: Number(found?.value.v ?? 0) + 1 }
      return (await writeOver(records, found, { id: 'n', value })) ? value.v : lost
    })
  const counts = await Promise.all(Array.from({ length: 20 }, add))
  expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  expect(await records.find('n')).toMatchObject({ value: { v: 20 }, version: 20 })
})

test('attempts go on while others are faster, and an error ends them at once', async () => {
  let attempts = 0
  expect(await untilWritten(async () => (++attempts < 100 ? lost : attempts))).toBe(100)
  await expect(untilWritten(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  // What an attempt returns is its own, undefined too.
  expect(await untilWritten(async () => undefined)).toBeUndefined()
})

test('a row is written over in its version only, and its expiry stays unless it is given', async () => {
  const records = newThings()
  const write = (version: number | undefined, v: number, expiresAt?: number | null) =>
    writeOver(records, version === undefined ? undefined : { version }, {
      ...{ id: 'a', value: { v } },
      ...(expiresAt !== undefined && { expiresAt }),
    })
  expect(await write(1, 0)).toBe(false)
  expect(await write(undefined, 1, 7)).toBe(true)
  expect(await write(undefined, 2)).toBe(false)
  expect(await write(1, 3)).toBe(true)
  expect(await write(1, 4)).toBe(false)
  expect(await records.find('a')).toMatchObject({ value: { v: 3 }, expiresAt: 7 })
  expect(await write(2, 5, null)).toBe(true)
  expect(await records.find('a')).toMatchObject({ value: { v: 5 }, expiresAt: null })
})

test('a walk meets every row once, in pages of any size, damaged ones too', async () => {
  const records = newThings()
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  for (const id of ids) {
    if (id === 'c') await createText(records, '{}', { id, parent: 'p' })
    else await records.create({ id, value: { v: id }, parent: id < 'c' ? 'p' : null })
  }
  const walk = async (options: { pageSize: number; after?: string; parent?: string }) => {
    const pages: string[][] = []
    for await (const page of walkRows(records, options)) {
      pages.push(page.map((row) => (isDamaged(row) ? row.id.toUpperCase() : row.id)))
    }
    return pages
  }
  expect(await walk({ pageSize: 4 })).toEqual([
    ['a', 'b', 'C', 'd'],
    ['e', 'f'],
  ])
  expect(await walk({ pageSize: 3 })).toEqual([
    ['a', 'b', 'C'],
    ['d', 'e', 'f'],
  ])
  expect(await walk({ pageSize: 100, after: 'd' })).toEqual([['e', 'f']])
  expect(await walk({ pageSize: 2, parent: 'p' })).toEqual([['a', 'b'], ['C']])
  expect(await walk({ pageSize: 2, after: 'f' })).toEqual([])
})

test('an unchecked kind is the same rows, without the schema and without a fallback', () => {
  const safe = { ...things, fallback: { v: 1 } }
  expect(unchecked(safe)).toMatchObject({ name: things.name })
  expect(unchecked(safe)).not.toHaveProperty('fallback')
})
