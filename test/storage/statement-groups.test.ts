import { expect, test } from 'bun:test'
import { type Grouped, StatementGroups } from '../../src/storage/postgres/statement-groups.ts'
import { settle } from '../support/wait-for.ts'

test('requests that come together share a statement, which goes at once, and those that come meanwhile share the next one', async () => {
  const statements: number[][] = []
  const ends: (() => void)[] = []
  const run = async (group: readonly Grouped<number, number>[]) => {
    statements.push(group.map(({ wanted }) => wanted))
    await new Promise<void>((resolve) => ends.push(resolve))
    for (const { wanted, resolve } of group) resolve(wanted * 2)
  }
  const groups = new StatementGroups<number, number>(1, run)
  const first = [1, 2].map((wanted) => groups.ask(wanted))
  await Promise.resolve()
  expect(statements).toEqual([[1, 2]])
  const later = [groups.ask(3), Promise.resolve().then(() => groups.ask(4))]
  await settle()
  expect(statements).toEqual([[1, 2]])
  ends[0]?.()
  expect(await Promise.all(first)).toEqual([2, 4])
  await settle()
  expect(statements).toEqual([
    [1, 2],
    [3, 4],
  ])
  ends[1]?.()
  expect(await Promise.all(later)).toEqual([6, 8])
})

test('a statement has 500 requests at most, and as many run at once as allowed', async () => {
  const sizes: number[] = []
  const ends: (() => void)[] = []
  const groups = new StatementGroups<number, void>(2, (group) => {
    sizes.push(group.length)
    return new Promise((resolve) => ends.push(resolve))
  })
  for (let at = 0; at < 1200; at++) void groups.ask(at)
  await settle()
  expect(sizes).toEqual([500, 500])
  for (const end of ends.splice(0)) end()
  await settle()
  expect(sizes).toEqual([500, 500, 200])
})
