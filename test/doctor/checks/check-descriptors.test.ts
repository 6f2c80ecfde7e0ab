import { expect, test } from 'bun:test'
import { checkDescriptors, type Descriptors } from '../../../src/doctor/checks/check-descriptors.ts'

const settings = {
  most: null,
  most_per_address: null,
  request_time: 30,
  answer_time: 60,
} as Descriptors['settings']
const check = (mostDescriptors: number, more: Partial<Descriptors> = {}) =>
  checkDescriptors({ settings, server: { openDescriptors: 30, mostDescriptors }, own: 1024, ...more })[0]

test('the limit of the server counts, and without one that of the shell', () => {
  expect(check(20_000)).toEqual({
    state: 'ok',
    message: 'the limit of open files is 20,000 descriptors (of the server), which gives 19,948 connections',
  })
  expect(check(0, { server: undefined })?.message).toContain(
    '1,024 descriptors (of this shell; no server answers)',
  )
  expect(check(0, { server: undefined, own: undefined })?.state).toBe('unknown')
})

test('fewer than are configured, nearly none left, and few in all are warned of', () => {
  expect(check(1024, { settings: { ...settings, most: 5000 } })?.state).toBe('warning')
  expect(check(2000, { server: { openDescriptors: 1900, mostDescriptors: 2000 } })?.state).toBe('warning')
  expect(check(256)?.state).toBe('warning')
})
