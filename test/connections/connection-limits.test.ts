import { expect, test } from 'bun:test'
import { limitsFor, limitsForSidePort } from '../../src/connections/connection-limits.ts'
import { connectionSettings } from '../support/server-settings.ts'

const limitsOf = (settings: Partial<typeof connectionSettings>, most = 20_000, others = 30) =>
  limitsFor({ ...connectionSettings, ...settings }, { most, others })

test('what is automatic follows the descriptors that the system allows', () => {
  expect(limitsOf({})).toEqual({
    most: 19_938,
    mostPerAddress: 4984,
    requestTime: 30_000,
    answerTime: 60_000,
  })
  expect(limitsOf({}, 1_000_000).most).toBe(20_000)
  expect(limitsOf({}, 128)).toMatchObject({ most: 66, mostPerAddress: 16 })
})

test('what is set counts, but no more than the descriptors allow', () => {
  const set = { most: 500, most_per_address: 50, request_time: 1, answer_time: 2 }
  expect(limitsOf(set)).toEqual({ most: 500, mostPerAddress: 50, requestTime: 1000, answerTime: 2000 })
  expect(limitsOf({ most: 500 }, 128).most).toBe(66)
  expect(limitsOf({ most: 100_000 }, 200_000).most).toBe(100_000)
})

test('however few descriptors are left, some connections are possible', () => {
  expect(limitsOf({}, 32, 31)).toMatchObject({ most: 8, mostPerAddress: 2 })
})

test('a port beside the main one has an eighth, and the main one keeps the rest', () => {
  const sideOf = (settings: Partial<typeof connectionSettings>, most: number, others = 30) =>
    limitsForSidePort({ ...connectionSettings, ...settings }, { most, others })
  expect(sideOf({}, 256)).toMatchObject({ most: 32, mostPerAddress: 8 })
  expect(sideOf({}, 1_000_000).most).toBe(2500)
  expect(sideOf({ most: 10 }, 1024).most).toBe(10)
  expect(sideOf({}, 32, 31).most).toBe(8)
  expect(limitsOf({}, 256, 30 + sideOf({}, 256).most).most).toBe(162)
})
