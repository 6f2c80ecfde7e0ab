import { expect, test } from 'bun:test'
import { isMembers, membersOf, parseJson } from '../../src/protocol/members.ts'

test.each([null, undefined, 'text', 1, true, ['list']])('%p has no members', (value) => {
  expect([isMembers(value), membersOf(value)]).toEqual([false, {}])
})

test('an object has its members, and one without a prototype too', () => {
  for (const value of [{ a: 1 }, Object.assign(Object.create(null), { a: 1 })])
    expect([isMembers(value), membersOf(value)]).toEqual([true, { a: 1 }])
})

test.each(['', '{', 'undefined', undefined, 5])('%p is no JSON text', (text) => {
  expect(parseJson(text)).toBeUndefined()
})
