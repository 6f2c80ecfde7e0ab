import { expect, test } from 'bun:test'
import { LimitKey } from '../../../src/limits/limit-key.ts'
import { namesUnder } from '../../../src/limits/rates/rates.ts'
import { WrongCodes } from '../../../src/limits/rates/wrong-codes.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { platform, sameLimitKey } from '../../support/test-app.ts'

test('an address may send as many wrong codes as its failures in a minute, and others go on', () => {
  let time = 1_893_456_000_000
  const blocks: number[] = []
  const codes = new WrongCodes({
    ...{ storage: createMemoryStorage(), now: () => time, after: () => () => {}, onError: () => {} },
    randomBytes: sameLimitKey,
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

test('who sent wrong codes at one process is known at another that writes of its own, and has none for free there', async () => {
  const storage = createMemoryStorage()
  const newProcess = () => {
    const codes = new WrongCodes({
      ...{
        storage,
        now: () => 1_893_456_000_000,
        after: () => () => {},
        onError: () => {},
        randomBytes: sameLimitKey,
      },
      findStoredNames: namesUnder(new LimitKey({ storage, randomBytes: sameLimitKey }), platform.hashing),
      settings: { enabled: true, failures_per_address: 30, failures_per_client: 50 },
    })
    /** How many of them are answered as wrong. */
    const count = (address: string, times = 1) =>
      Array.from({ length: times }, () =>
        codes.count({ tenantId: 'acme', clientId: 'app', address }, () => {}),
      ).filter((refused) => refused === undefined).length
    return { count, flush: () => codes.flush() }
  }
  const [first, second] = [newProcess(), newProcess()]
  const hosts = Array.from({ length: 20 }, (_, host) => `192.0.2.${host}`)
  first.count('198.51.100.1', 100)
  first.count('198.51.100.2', 100)
  // Above the rate of the client, each address has one.
  expect(hosts.map((host) => first.count(host, 2))).toEqual(hosts.map(() => 1))
  await first.flush()
  second.count('198.51.100.3', 100)
  second.count('198.51.100.4', 100)
  await second.flush()
  expect(hosts.map((host) => second.count(host))).toEqual(hosts.map(() => 0))
})
