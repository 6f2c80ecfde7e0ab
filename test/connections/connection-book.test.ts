import { expect, test } from 'bun:test'
import { ConnectionBook } from '../../src/connections/connection-book.ts'
import { connectionOf } from './connection-of.ts'

const start = 100_000

/** Notes looks at one connection, a second apart, and returns the last record. */
function follow(...looks: Parameters<typeof connectionOf>[0][]) {
  const book = new ConnectionBook()
  const records = looks.map((look, index) => book.note([connectionOf(look)], start + index * 1000)[0])
  const last = records.at(-1)
  if (!last) throw new Error('Wanted a look')
  return last
}

test('a connection that says nothing has no request, and is used since its beginning', () => {
  const silent = { sinceSent: 3000, sinceReceived: 3000 }
  expect(follow(silent)).toMatchObject({ hasAnswers: false, requestSince: undefined, usedAt: start - 3000 })
})

test('a request is under way since its first look, however its bytes trickle', () => {
  const first = { received: 10, sinceReceived: 200, sinceSent: 900 }
  const later = { received: 11, sinceReceived: 0, sinceSent: 1900 }
  expect(follow(first, later, { ...later, received: 12 }).requestSince).toBe(start - 200)
})

test('an answer ends a request, and the next one begins with its bytes', () => {
  const asked = { received: 100, sinceReceived: 100, sinceSent: 900 }
  const answered = { received: 100, sent: 500, sinceReceived: 1100, sinceSent: 900 }
  expect(follow(asked, answered)).toMatchObject({ requestSince: undefined, hasAnswers: true })
  const again = { received: 150, sent: 500, sinceReceived: 50, sinceSent: 1900 }
  expect(follow(asked, answered, again).requestSince).toBe(start + 1950)
})

test('a request whose bytes open the connection is under way', () => {
  expect(follow({ received: 1, sinceReceived: 40, sinceSent: 40 }).requestSince).toBe(start - 40)
})

test('a request that was answered in the same millisecond is no longer under way', () => {
  expect(follow({ received: 10, sent: 10, sinceReceived: 5, sinceSent: 5 }).requestSince).toBeUndefined()
})

test('bytes that come within the millisecond of an answer begin a request when they grow', () => {
  const quick = { received: 10, sent: 10, sinceReceived: 5, sinceSent: 5 }
  expect(follow(quick, { ...quick, received: 11 }).requestSince).toBe(start + 995)
})

const stuck = { isSending: true, sent: 1000, waiting: 500, acknowledged: 201, sinceSent: 300 }

test('an answer is unread since its last bytes left, until all that waited then is acknowledged', () => {
  expect(follow(stuck).unread).toEqual({ since: start - 300, until: 1501 })
  expect(follow(stuck, { ...stuck, acknowledged: 1500 }).unread?.since).toBe(start - 300)
  expect(follow(stuck, { ...stuck, acknowledged: 1501, sent: 3000 }).unread).toEqual({
    since: start + 1000,
    until: 3501,
  })
  expect(follow(stuck, { ...stuck, isSending: false }).unread).toBeUndefined()
})

test('a reader that takes nothing more, with nothing on the way, is waited for by its next byte', () => {
  expect(follow({ ...stuck, waiting: 0, acknowledged: 1001 }).unread?.until).toBe(1002)
})

test('a connection that is gone is forgotten', () => {
  const book = new ConnectionBook()
  book.note([connectionOf({ received: 1, sinceReceived: 0, sinceSent: 10 })], start)
  expect(book.note([], start + 1)).toEqual([])
  const [again] = book.note([connectionOf({ received: 1, sinceReceived: 0, sinceSent: 10 })], start + 2)
  expect(again?.requestSince).toBe(start + 2)
})
