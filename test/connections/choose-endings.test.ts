import { describe, expect, test } from 'bun:test'
import { chooseEndings } from '../../src/connections/choose-endings.ts'
import type { ConnectionRecord } from '../../src/connections/connection-book.ts'
import { connectionOf } from './connection-of.ts'

const now = 1_000_000
const limits = { most: 10, mostPerAddress: 5, requestTime: 30_000, answerTime: 60_000 }

type Given = Partial<Omit<ConnectionRecord, 'connection'>> & {
  readonly address?: string
  readonly idle?: number
}

let count = 0
function recordOf({ address = `192.0.2.${count}`, idle = 1000, ...given }: Given = {}): ConnectionRecord {
  return {
    connection: connectionOf({ id: ++count, address }),
    wasSeen: true,
    hasAnswers: false,
    usedAt: now - idle,
    requestSince: undefined,
    unread: undefined,
    ...given,
  }
}
const many = (number: number, given: Given = {}) => Array.from({ length: number }, () => recordOf(given))

function choose(records: readonly ConnectionRecord[], busy: readonly ConnectionRecord[] = []) {
  return chooseEndings({
    ...{ records, limits, now },
    isBusy: (record) => busy.includes(record),
    groupOf: ({ connection: { address } }) => (address === 'proxy' ? undefined : address),
  })
}
const idsOf = (records: readonly ConnectionRecord[]) => records.map(({ connection }) => connection.id)
const endedOf = (endings: ReturnType<typeof choose>) => idsOf(endings.map(({ record }) => record))

describe('time', () => {
  test('a request that arrives too slowly is ended, and one that the app has is not', () => {
    const slow = recordOf({ requestSince: now - 30_001 })
    const atWork = recordOf({ requestSince: now - 90_000 })
    const young = recordOf({ requestSince: now - 30_000 })
    const endings = choose([slow, atWork, young], [atWork])
    expect(endings).toEqual([{ record: slow, reason: 'slow_request' }])
  })

  test('an answer that nobody reads is ended, even if the app still makes it', () => {
    const unread = recordOf({ unread: { since: now - 60_001, until: 1 } })
    const read = recordOf({ unread: { since: now - 60_000, until: 1 } })
    expect(choose([unread, read], [unread])).toEqual([{ record: unread, reason: 'unread_answer' }])
  })
})

describe('one address', () => {
  test('has what it may, and loses what is more, the idlest first', () => {
    const fine = many(5, { address: 'a' })
    const fresh = many(4, { address: 'b', idle: 100 })
    const old = many(2, { address: 'b', idle: 5000 })
    // Fewer than all may be, so that only the address counts.
    const endings = choose([...fine.slice(0, 3), ...fresh, ...old])
    expect(endings).toEqual([{ record: old[0], reason: 'too_many_per_address', group: 'b' }] as never)
  })

  test('a proxy, which is in no group, may have as many as all may', () => {
    expect(choose(many(10, { address: 'proxy' }))).toEqual([])
  })
})

describe('all together', () => {
  test('up to the limit, nothing is ended', () => {
    expect(choose(many(10))).toEqual([])
  })

  test('above, room is made for a tenth more', () => {
    const endings = choose(many(12))
    expect(endings).toHaveLength(3)
    expect(new Set(endings.map(({ reason }) => reason))).toEqual(new Set(['too_many']))
  })

  test('those without an answer go first, then those that rest longest', () => {
    const answered = [9000, 8000, 500].map((idle) => recordOf({ idle, hasAnswers: true }))
    const mute = recordOf({ idle: 400 })
    const rest = many(8, { hasAnswers: true, idle: 300 })
    expect(endedOf(choose([...rest, ...answered, mute]))).toEqual(idsOf([mute, ...answered.slice(0, 2)]))
  })

  test('what is new, at work or sending stays, even if too many remain', () => {
    const young = [...many(2, { idle: 500, wasSeen: false }), ...many(2, { idle: 19, hasAnswers: true })]
    const atWork = many(5, { requestSince: now - 1000 })
    const sending = many(5, { unread: { since: now - 500, until: 1 } })
    expect(choose([...young, ...atWork, ...sending], atWork)).toEqual([])
  })

  test('what no look saw before counts among the first, so that others need not go for it', () => {
    const fresh = many(5, { idle: 1, wasSeen: false })
    const answered = many(8, { hasAnswers: true, idle: 300 })
    // Thirteen, of which four go: the next look does that.
    expect(choose([...fresh, ...answered])).toEqual([])
    const next = fresh.map((record): ConnectionRecord => ({ ...record, wasSeen: true }))
    expect(endedOf(choose([...next, ...answered]))).toEqual(idsOf(next.slice(0, 4)))
  })

  test('long work and unread answers go last', () => {
    const atWork = many(11, { requestSince: now - 2500 })
    const unread = recordOf({ unread: { since: now - 2500, until: 1 } })
    const ended = endedOf(choose([...atWork, unread], atWork))
    expect(ended).toHaveLength(3)
    expect(ended[0]).toBe(unread.connection.id)
  })

  test('what is ended for another reason counts no more', () => {
    const slow = many(3, { requestSince: now - 40_000 })
    const endings = choose([...slow, ...many(10)])
    expect(endedOf(endings)).toEqual(idsOf(slow))
  })
})
