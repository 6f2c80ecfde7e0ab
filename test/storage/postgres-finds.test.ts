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
  /** One after the other, so that each has a statement of its own. */
  const findApart = async (...ids: string[]) => {
    const apart: { readonly found: Promise<SqlRow[]> }[] = []
    for (const id of ids) {
      apart.push({ found: find(id) })
      await settle()
    }
    return apart
  }
  const rowsOf = ({ values }: Sql): SqlRow[] =>
    (JSON.parse(String(values[0])) as SqlRow[])
      .filter(({ id }) => id !== 'none')
      .map((row) => ({ ...row, version: 1 }))
  return { asked, find, findApart, rowsOf }
}

test('searches that arrive together, or while three are under way, share one statement, and each gets its own rows', async () => {
  const { asked, find, findApart, rowsOf } = makeServer()
  const first = await findApart('1', '2', '3')
  const later = [find('a'), find('b', 'none'), find('none'), find('b', 'a')]
  await settle()
  expect(asked.map(({ statement }) => statement.values)).toEqual([
    ['acme', 'k', '1'],
    ['acme', 'k', '2'],
    ['acme', 'k', '3'],
  ])
  asked[0]?.answer.resolve([{ id: '1' }])
  expect(await first[0]?.found).toEqual([{ id: '1' }])
  await settle()
  expect(asked).toHaveLength(4)
  const shared = asked[3]
  if (shared) shared.answer.resolve(rowsOf(shared.statement))
  const found = await Promise.all(later)
  expect(found.map((rows) => rows.map(({ id }) => id))).toEqual([['a'], ['b'], [], ['b', 'a']])
  for (const { answer } of asked) answer.resolve([])
  await Promise.all(first.map(({ found: rows }) => rows))
})

test('an error is that of each search of the statement, and the next ones go on', async () => {
  const { asked, find } = makeServer()
  const outcomes = ['1', '2'].map((id) => find(id).catch((cause: Error) => cause.message))
  await settle()
  asked[0]?.answer.reject(new Error('away'))
  expect(await Promise.all(outcomes)).toEqual(['away', 'away'])
  await settle()
  const next = find('6')
  await settle()
  asked[1]?.answer.resolve([{ id: '6' }])
  expect(await next).toEqual([{ id: '6' }])
})
