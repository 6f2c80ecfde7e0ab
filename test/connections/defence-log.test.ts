import { expect, test } from 'bun:test'
import type { Ending, EndReason } from '../../src/connections/choose-endings.ts'
import { DefenceLog } from '../../src/connections/defence-log.ts'
import { connectionOf } from './connection-of.ts'

const record = {
  connection: connectionOf(),
  ...{ wasSeen: true, hasAnswers: false, usedAt: 0, requestSince: undefined, unread: undefined },
}
const endingsOf = (reason: EndReason, count: number, group?: string): Ending[] =>
  Array.from({ length: count }, () => ({ record, reason, ...(group !== undefined && { group }) }))

test('a defence is told when it begins and when it is over, however much it does', () => {
  const lines: unknown[] = []
  const log = new DefenceLog((...line) => lines.push(line))
  for (let second = 0; second < 300; second++) {
    log.note(endingsOf('too_many', 7), { now: second * 1000, open: 90 })
  }
  const begun = { reason: 'too_many', ended: 7, open: 90, address: undefined }
  expect(lines).toEqual([['warn', 'connections are being ended', begun]])
  log.note([], { now: 358_999, open: 1 })
  expect(lines).toHaveLength(1)
  log.note([], { now: 359_000, open: 1 })
  log.note([], { now: 400_000, open: 1 })
  const over = { reason: 'too_many', ended: 2100, seconds: 299 }
  expect(lines.slice(1)).toEqual([['info', 'connections are no longer being ended', over]])
})

test('each reason is told by itself, one address with its group', () => {
  const lines: unknown[] = []
  const log = new DefenceLog((_level, _message, fields) => lines.push(fields))
  const both = [...endingsOf('too_many_per_address', 2, '2001:db8:0:1'), ...endingsOf('slow_request', 1)]
  log.note(both, { now: 0, open: 4 })
  expect(lines).toEqual([
    { reason: 'too_many_per_address', ended: 2, open: 4, address: '2001:db8:0:1' },
    { reason: 'slow_request', ended: 1, open: 4, address: undefined },
  ])
})
