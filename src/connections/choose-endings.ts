import type { ConnectionRecord } from './connection-book.ts'
import type { ConnectionLimits } from './connection-limits.ts'

/** Why a connection is ended. */
export type EndReason = 'slow_request' | 'unread_answer' | 'too_many_per_address' | 'too_many'

export interface Ending {
  readonly record: ConnectionRecord
  readonly reason: EndReason
  /** The group of addresses that has too many. */
  readonly group?: string
}

export interface Situation {
  readonly records: readonly ConnectionRecord[]
  readonly limits: ConnectionLimits
  /** On the clock of the records. */
  readonly now: number
  /** Whether a request of the connection waits for its answer. */
  readonly isBusy: (record: ConnectionRecord) => boolean
  /** The group that a connection counts in; undefined: in none. */
  readonly groupOf: (record: ConnectionRecord) => string | undefined
}

/** The next request may be on its way within this time (ms) after an answer, so the connection is no idle one yet. */
const youth = 20
/** A request that takes longer than this (ms) may be ended to make room: nearly all take milliseconds, but for a body that is slow. */
const longWork = 2000

/** The connections to end, each once. */
export function chooseEndings(situation: Situation): readonly Ending[] {
  const late = situation.records.flatMap((record) => findLate(record, situation) ?? [])
  const ended = new Set(late.map(({ record }) => record))
  const stay = situation.records.filter((record) => !ended.has(record))
  const perAddress = makeRoomPerAddress(stay, situation)
  for (const { record } of perAddress) ended.add(record)
  return [
    ...late,
    ...perAddress,
    ...makeRoom(
      stay.filter((record) => !ended.has(record)),
      situation,
    ),
  ]
}

function findLate(record: ConnectionRecord, { limits, now, isBusy }: Situation): Ending | undefined {
  const { unread, requestSince } = record
  if (unread && now - unread.since > limits.answerTime) return { record, reason: 'unread_answer' }
  // The app itself refuses a body that is late, with an answer.
  const isSlow = requestSince !== undefined && now - requestSince > limits.requestTime && !isBusy(record)
  return isSlow ? { record, reason: 'slow_request' } : undefined
}

function makeRoomPerAddress(records: readonly ConnectionRecord[], situation: Situation): readonly Ending[] {
  const { mostPerAddress } = situation.limits
  if (records.length <= mostPerAddress) return []
  const groups = Map.groupBy(records, situation.groupOf)
  return [...groups].flatMap(([group, members]) => {
    if (group === undefined || members.length <= mostPerAddress) return []
    const excess = takeIdlest(members, members.length - mostPerAddress, situation)
    return excess.map((record): Ending => ({ record, reason: 'too_many_per_address', group }))
  })
}

/** Frees a tenth more than necessary, so that the next connection does not need this again. */
function makeRoom(records: readonly ConnectionRecord[], situation: Situation): readonly Ending[] {
  const { most } = situation.limits
  if (records.length <= most) return []
  const excess = takeIdlest(records, records.length - Math.floor(most * 0.9), situation)
  return excess.map((record): Ending => ({ record, reason: 'too_many' }))
}

/**
 * The `count` connections that are missed least: first those that never got an answer, then those whose last answer is oldest, and last
 * those whose request takes long. Those that no look saw before count among the first, and the next look ends them if they still do.
 */
function takeIdlest(
  records: readonly ConnectionRecord[],
  count: number,
  situation: Situation,
): readonly ConnectionRecord[] {
  const ranked = records.flatMap((record) => {
    const rank = rankOf(record, situation)
    return rank === undefined ? [] : [{ record, rank }]
  })
  ranked.sort((a, b) => a.rank - b.rank || a.record.usedAt - b.record.usedAt)
  const least = ranked.slice(0, count).map(({ record }) => record)
  return least.filter(({ wasSeen }) => wasSeen)
}

/** Undefined: this one stays. */
function rankOf(record: ConnectionRecord, { now, isBusy }: Situation): number | undefined {
  if (record.hasAnswers && now - record.usedAt < youth) return undefined
  if (isBusy(record)) {
    return record.requestSince !== undefined && now - record.requestSince > longWork ? 3 : undefined
  }
  if (record.unread) return now - record.unread.since > longWork ? 2 : undefined
  return record.hasAnswers ? 1 : 0
}
