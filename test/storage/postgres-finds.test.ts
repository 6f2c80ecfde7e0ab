import { expect, test } from 'bun:test'
import { PostgresFinds } from '../../src/storage/postgres/postgres-finds.ts'
import type { Sql, SqlRow } from '../../src/storage/sql.ts'
import { settle } from '../support/wait-for.ts'

/** A server that answers when the test says so, and has every row but `none`. */
function makeServer() {
  const asked: { statement: Sql; answer: PromiseWithResolvers<SqlRow[]> }[] = []
  const finds = new PostgresFinds((statement) => {
    const answer = Promise.withResolvers<SqlRow[]>()
    asked.push({ statement, answer })
    return answer.promise
  })
  const find = (...ids: string[]) => finds.find({ tenant: 'acme', kind: 'k', ids })
  const rowsOf = ({ values }: Sql): SqlRow[] =>
    (JSON.parse(String(values[0])) as SqlRow[])
      .filter(({ id }) => id !== 'none')
      .map((row) => ({ ...row, version: 1 }))
  return { asked, find, rowsOf }
}

test('searches that arrive while three are under way share one statement, and each gets its own rows', async () => {
  const { asked, find, rowsOf } = makeServer()
  const first = ['1', '2', '3'].map((id) => find(id))
  const later = [find('a'), find('b', 'none'), find('none'), find('b', 'a')]
  expect(asked.map(({ statement }) => statement.values)).toEqual([
    ['acme', 'k', '1'],
    ['acme', 'k', '2'],
    ['acme', 'k', '3'],
  ])
  asked[0]?.answer.resolve([{ id: '1' }])
  expect(await first[0]).toEqual([{ id: '1' }])
  await settle()
  expect(asked).toHaveLength(4)
  const shared = asked[3]
  if (shared) shared.answer.resolve(rowsOf(shared.statement))
  const found = await Promise.all(later)
  expect(found.map((rows) => rows.map(({ id }) => id))).toEqual([['a'], ['b'], [], ['b', 'a']])
  for (const { answer } of asked) answer.resolve([])
  await Promise.all(first)
})

test('an error is that of each search of the statement, and the next ones go on', async () => {
  const { asked, find } = makeServer()
  const outcomes = ['1', '2', '3', '4', '5'].map((id) => find(id).catch((cause: Error) => cause.message))
  for (const { answer } of [...asked]) answer.resolve([])
  await Promise.all(outcomes.slice(0, 3))
  await settle()
  asked[3]?.answer.reject(new Error('away'))
  expect(await Promise.all(outcomes.slice(3))).toEqual(['away', 'away'])
  await settle()
  const next = find('6')
  asked[4]?.answer.resolve([{ id: '6' }])
  expect(await next).toEqual([{ id: '6' }])
})
