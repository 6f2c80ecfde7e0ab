import { expect, test } from 'bun:test'
import { type Grouped, StatementGroups } from '../../src/storage/postgres/statement-groups.ts'

test('a request goes at once, and those that come meanwhile share the next statement', async () => {
  const statements: number[][] = []
  const ends: (() => void)[] = []
  const run = async (group: readonly Grouped<number, number>[]) => {
    statements.push(group.map(({ wanted }) => wanted))
    await new Promise<void>((resolve) => ends.push(resolve))
    for (const { wanted, resolve } of group) resolve(wanted * 2)
  }
  const groups = new StatementGroups<number, number>(1, run)
  const answers = [1, 2, 3].map((wanted) => groups.ask(wanted))
  expect(statements).toEqual([[1]])
  ends[0]?.()
  expect(await answers[0]).toBe(2)
  await Promise.resolve()
  expect(statements).toEqual([[1], [2, 3]])
  ends[1]?.()
  expect(await Promise.all(answers)).toEqual([2, 4, 6])
})

test('a statement has 500 requests at most, and as many run at once as allowed', async () => {
  const sizes: number[] = []
  const ends: (() => void)[] = []
  const groups = new StatementGroups<number, void>(2, (group) => {
    sizes.push(group.length)
    return new Promise((resolve) => ends.push(resolve))
  })
  for (let at = 0; at < 702; at++) void groups.ask(at)
  expect(sizes).toEqual([1, 1])
  for (const end of ends.splice(0)) end()
  await new Promise<void>((resolve) => setImmediate(resolve))
  expect(sizes).toEqual([1, 1, 500, 200])
})
