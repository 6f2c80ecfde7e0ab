import { expect, test } from 'bun:test'
import { type ClockReading, checkClock } from '../../../src/doctor/checks/check-clock.ts'

const noon = Date.UTC(2030, 0, 1, 12)
const reading = (ahead: number, more: Partial<ClockReading> = {}): ClockReading => ({
  ...{ of: 'https://id.example.com', earliest: noon + ahead, latest: noon + ahead },
  ...{ askedAt: noon, answeredAt: noon, ...more },
})
const stateOf = (each: ClockReading) => checkClock([each])[0]?.state

test('a clock counts as wrong by what the answer cannot explain: its whole seconds, and its way', () => {
  expect(stateOf(reading(2000))).toBe('ok')
  expect(stateOf(reading(-2000))).toBe('ok')
  expect(stateOf(reading(2001))).toBe('warning')
  expect(stateOf(reading(-3000, { latest: noon - 2000 }))).toBe('ok')
  expect(stateOf(reading(5000, { answeredAt: noon + 4000 }))).toBe('ok')
  expect(stateOf(reading(30_001))).toBe('fault')
  expect(stateOf(reading(-30_001))).toBe('fault')
})

test('the sentence names the difference, which way, what is wanted and the next step', () => {
  expect(checkClock([reading(90_000)])[0]?.message).toBe(
    'the clock is 90.0 s behind that of https://id.example.com, wanted at most 2 s: tokens are refused as expired or as too new; let both follow NTP (timedatectl set-ntp true)',
  )
  expect(checkClock([reading(-4000)])[0]?.message).toStartWith('the clock is 4.0 s ahead of that of')
})

test('without another clock nothing is said to be right', () => {
  expect(checkClock([]).map(({ state }) => state)).toEqual(['unknown'])
})
