import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { usedAt } from '../../../src/limits/rates/rate-level.ts'
import { rateCounts } from '../../../src/limits/rates/rate-row.ts'
import { type RateBlock, TokenRates } from '../../../src/limits/rates/token-rates.ts'
import { OAuthError } from '../../../src/protocol/errors.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { failingStorage, pausesOf, rowsOf } from '../../support/failing-storage.ts'
import { sameLimitKey } from '../../support/test-app.ts'

interface Asked {
  readonly client?: string
  readonly tenant?: string
  readonly ofClient?: number
  readonly ofTenant?: number
}

/** Several processes over one storage, with one clock. */
function start(settings: { ofClient?: number; ofTenant?: number; enabled?: boolean } = {}) {
  const storage = failingStorage(createMemoryStorage())
  const faults: unknown[] = []
  let time = 1_893_456_000_000
  const now = () => time
  const newProcess = () => {
    const blocks: RateBlock[] = []
    const rates = new TokenRates({
      ...{ storage, now, after: () => () => {}, randomBytes: sameLimitKey },
      settings: {
        enabled: settings.enabled ?? true,
        tokens_per_minute_per_client: settings.ofClient ?? null,
        tokens_per_minute_per_tenant: settings.ofTenant ?? null,
      },
      onError: (cause) => faults.push(cause),
    })
    const open = ({ client = 'app', tenant = 'acme', ofClient, ofTenant }: Asked = {}) =>
      rates.open({
        tenant: { id: tenant, tokensPerMinute: ofTenant ?? null },
        client: { id: client, tokensPerMinute: ofClient ?? null },
      })
    /** Seconds to wait; 0: a token was issued. */
    const ask = async (asked?: Asked): Promise<number> => {
      try {
        await open(asked)?.take((block) => blocks.push(block))
        return 0
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        expect([error.status, error.code]).toEqual([429, 'temporarily_unavailable'])
        return error.retryAfterSeconds ?? 0
      }
    }
    /** How many of so many requests get a token. */
    const askTimes = async (count: number, asked?: Asked): Promise<number> => {
      let issued = 0
      for (let index = 0; index < count; index++) if ((await ask(asked)) === 0) issued++
      return issued
    }
    return { open, ask, askTimes, blocks, flush: () => rates.flush() }
  }
  const advance = (seconds: number) => {
    time += seconds * 1000
  }
  return { storage, faults, newProcess, advance }
}

test('a client gets as many as its rate at once, and then one for each share of the minute', async () => {
  const { newProcess, advance } = start({ ofClient: 60 })
  const { ask, askTimes } = newProcess()
  expect(await askTimes(100)).toBe(60)
  expect(await ask()).toBe(1)
  advance(1)
  expect(await askTimes(10)).toBe(1)
  advance(10)
  expect(await askTimes(100)).toBe(10)
  advance(3600)
  expect(await askTimes(100)).toBe(60)
})

test('a rate below one a second makes wait for as long as the next one takes', async () => {
  const { newProcess, advance } = start({ ofClient: 2 })
  const { ask, askTimes } = newProcess()
  expect(await askTimes(3)).toBe(2)
  expect(await ask()).toBe(30)
  advance(29)
  expect(await ask()).toBe(1)
  advance(1)
  expect(await ask()).toBe(0)
})

test('a client that is above its rate takes nothing of another one, of its tenant or of another tenant', async () => {
  const { newProcess } = start({ ofClient: 10, ofTenant: 25 })
  const { askTimes, blocks } = newProcess()
  expect(await askTimes(1000, { client: 'greedy' })).toBe(10)
  expect(await askTimes(10, { client: 'modest' })).toBe(10)
  expect(await askTimes(10, { client: 'third' })).toBe(5)
  expect(await askTimes(10, { client: 'greedy', tenant: 'other' })).toBe(10)
  expect(blocks.map(({ scope }) => scope)).toEqual(['client_rate', 'tenant_rate'])
})

test('the rate of a client and of a tenant replace those of all, also upwards', async () => {
  const { newProcess } = start({ ofClient: 10, ofTenant: 20 })
  const { askTimes } = newProcess()
  expect(await askTimes(100, { ofClient: 15 })).toBe(15)
  expect(await askTimes(100, { tenant: 'big', ofClient: 100, ofTenant: 50 })).toBe(50)
})

test('without a rate nothing is counted', () => {
  expect(start().newProcess().open()).toBeUndefined()
  expect(start({ ofClient: 1, enabled: false }).newProcess().open()).toBeUndefined()
})

test('what was given back can be taken again', async () => {
  const { newProcess } = start({ ofClient: 3 })
  const { open, askTimes } = newProcess()
  for (let index = 0; index < 10; index++) {
    const rate = open()
    await rate?.take(() => {})
    rate?.giveBack()
  }
  expect(await askTimes(10)).toBe(3)
})

test('the answer says the policies, and what is left of the rate of which less is left', async () => {
  const { newProcess, advance } = start({ ofClient: 60, ofTenant: 90 })
  const { open, askTimes } = newProcess()
  expect(open()?.fields()).toEqual({
    policy: '"client";q=60;w=60, "tenant";q=90;w=60',
    limit: '"client";r=60;t=1',
  })
  await askTimes(30)
  expect(open()?.fields().limit).toBe('"client";r=30;t=30')
  await askTimes(60, { client: 'other' })
  expect(open()?.fields().limit).toBe('"tenant";r=0;t=1')
  advance(30)
  expect(open()?.fields().limit).toBe('"tenant";r=45;t=30')
  expect(open({ ofClient: 5, ofTenant: 1_000_000 })?.fields().policy).toBe(
    '"client";q=5;w=60, "tenant";q=1000000;w=60',
  )
})

test('several processes together let in the rate, and what they let in above is paid back', async () => {
  const { newProcess, advance } = start({ ofClient: 120 })
  const processes = Array.from({ length: 3 }, newProcess)
  let issued = 0
  for (let round = 0; round < 100; round++) for (const { askTimes } of processes) issued += await askTimes(2)
  // Each of the others can let in a quarter before it learns of the rest.
  expect(issued).toBeGreaterThanOrEqual(120)
  expect(issued).toBeLessThanOrEqual(120 + 60)
  for (let minute = 0; minute < 10; minute++) {
    for (let second = 0; second < 60; second++) {
      advance(1)
      for (const { askTimes, flush } of processes) {
        issued += await askTimes(5)
        await flush()
      }
    }
  }
  expect(issued).toBeGreaterThan(120 * 10)
  expect(issued).toBeLessThanOrEqual(120 * 11 + 9)
})

/** Two processes that let in a rate together, whatever a call of the storage waits for: how many got in of 300 in twenties at each. */
async function letInAtOnce(pause: (() => Promise<unknown>) | undefined): Promise<number> {
  const { newProcess, storage, faults } = start({ ofClient: 80 })
  storage.pause = pause
  const processes = [newProcess(), newProcess()]
  const sendIn = async ({ ask, flush }: (typeof processes)[number]) => {
    const waits: number[] = []
    for (let round = 0; round < 15; round++) {
      const some = Array.from({ length: 20 }, () => ask())
      const flushed = round % 3 === 0 ? flush() : undefined
      waits.push(...(await Promise.all(some)))
      await flushed
    }
    return waits.filter((wait) => wait === 0).length
  }
  const issued = await Promise.all(processes.map(sendIn))
  expect(faults).toEqual([])
  return issued.reduce((sum, one) => sum + one, 0)
}

test('many requests at once, while counts are being written, use no more than a quarter in the other process', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 20 }),
      async (ticks) => {
        const issued = await letInAtOnce(pausesOf(ticks))
        expect(issued).toBeGreaterThanOrEqual(80)
        expect(issued).toBeLessThanOrEqual(80 + 20 + 1)
      },
    ),
  ))

test('a process that was not asked knows after its first writes what the others let in, and a new one too', async () => {
  const { newProcess } = start({ ofClient: 64 })
  const [first, second] = [newProcess(), newProcess()]
  expect(await first.askTimes(64)).toBe(64)
  await first.flush()
  // Sixteen are a quarter, for which it asks first.
  expect(await second.askTimes(100)).toBeLessThanOrEqual(16)
})

test('a rate that is hardly used costs no write, and a request none of its own', async () => {
  const { newProcess, storage } = start({ ofClient: 3200, ofTenant: 32_000 })
  const { askTimes, flush } = newProcess()
  for (let index = 0; index < 10; index++) await askTimes(9, { client: `c${index}` })
  await flush()
  expect(storage.calls).toEqual([])
  await askTimes(700, { client: 'busy' })
  expect(storage.calls).toEqual([])
  await flush()
  expect(storage.calls.length).toBeLessThanOrEqual(2)
})

test('what was used long ago is not shared as if it were used now', async () => {
  const { newProcess, advance, storage } = start({ ofClient: 320 })
  const { askTimes, flush } = newProcess()
  for (let round = 0; round < 30; round++) {
    expect(await askTimes(9)).toBe(9)
    advance(600)
  }
  await flush()
  expect(storage.calls).toEqual([])
  expect(await askTimes(1000)).toBe(320)
})

test('while the storage is away each process counts alone, and what it counted is written later', async () => {
  const { newProcess, storage, faults } = start({ ofClient: 40 })
  const { askTimes, flush } = newProcess()
  storage.failing = true
  expect(await askTimes(100)).toBe(40)
  await flush()
  expect(faults).toHaveLength(1)
  storage.failing = false
  await flush()
  const [row] = await rowsOf(storage, 'acme', rateCounts)
  expect(row?.value.counts['c app']?.[0]).toBe(40)
})

test('rows and counts are bounded, whatever number of clients', async () => {
  const { newProcess, storage } = start({ ofClient: 2, ofTenant: 1_000_000_000 })
  const { askTimes, flush } = newProcess()
  for (let index = 0; index < 3000; index++) await askTimes(1, { client: `client-${index}` })
  for (let round = 0; round < 10; round++) await flush()
  const rows = await rowsOf(storage, 'acme', rateCounts)
  expect(rows).toHaveLength(1)
  expect(Object.keys(rows[0]?.value.counts ?? {}).length).toBeLessThanOrEqual(500)
})

test('a clock that goes back or was far ahead locks nobody out', async () => {
  const { newProcess, advance } = start({ ofClient: 10 })
  const { askTimes, ask } = newProcess()
  expect(await askTimes(20)).toBe(10)
  advance(-3600)
  expect(await ask()).toBe(0)
})

test('a bucket never holds less than nothing, and drains in time, however it is looked at', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.integer({ min: 0, max: 120_000 }),
      fc.integer({ min: 0, max: 120_000 }),
      (perMinute, used, first, second) => {
        const level = { used, at: 0 }
        const once = usedAt(level, perMinute, first + second)
        const twice = usedAt({ used: usedAt(level, perMinute, first), at: first }, perMinute, first + second)
        expect(once).toBeGreaterThanOrEqual(0)
        expect(twice).toBeCloseTo(once, 5)
      },
    ),
  )
})
