import { expect, test } from 'bun:test'
import { WrongCodes } from '../../../src/limits/rates/wrong-codes.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'

test('an address may send as many wrong codes as its failures in a minute, and others go on', () => {
  let time = 1_893_456_000_000
  const blocks: number[] = []
  const codes = new WrongCodes({
    ...{ storage: createMemoryStorage(), now: () => time, after: () => () => {}, onError: () => {} },
    settings: { enabled: true, failures_per_address: 30, failures_per_client: 50 },
  })
  const count = (times: number, address = '192.0.2.1', tenantId = 'acme') =>
    Array.from({ length: times }, () =>
      codes.count({ tenantId, clientId: 'app', address }, (seconds) => blocks.push(seconds)),
    ).filter((refused) => refused !== undefined)
  const refused = count(100)
  expect(refused).toHaveLength(70)
  expect(refused[0]).toMatchObject({ status: 429, code: 'temporarily_unavailable', retryAfterSeconds: 2 })
  expect(blocks).toEqual([2])
  expect(count(1, '192.0.2.2')).toEqual([])
  expect(count(1, '192.0.2.1', 'other')).toEqual([])
  // Above the rate of the client, each address has one.
  for (let host = 10; host < 60; host++) count(1, `192.0.2.${host}`)
  expect(count(5, '198.51.100.1')).toHaveLength(4)
  time += 60_000
  expect(count(100)).toHaveLength(70)
})
