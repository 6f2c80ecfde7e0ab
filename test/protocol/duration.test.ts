import { expect, test } from 'bun:test'
import { parseDuration } from '../../src/protocol/duration.ts'

test.each([
  ['0', 0],
  ['90', 90],
  ['30s', 30],
  ['15m', 900],
  ['1h', 3600],
  ['7d', 604_800],
  ['007', 7],
])('%p is %p seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

test.each([
  '',
  's',
  '1 h',
  ' 1h',
  '1h ',
  '1h\n',
  '1H',
  '1w',
  '1.5h',
  '-1',
  '+1',
  '1e3',
  '1h30m',
  '0x10',
  '٣',
  '1234567890123',
])('%p is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
