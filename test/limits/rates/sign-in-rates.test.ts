import { expect, test } from 'bun:test'
import { LimitKey } from '../../../src/limits/limit-key.ts'
import { rateCounts } from '../../../src/limits/rates/rate-row.ts'
import { namesUnder } from '../../../src/limits/rates/rates.ts'
import { SignInRates } from '../../../src/limits/rates/sign-in-rates.ts'
import { OAuthError } from '../../../src/protocol/errors.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { failingStorage, rowsOf } from '../../support/failing-storage.ts'
import { platform, sameLimitKey } from '../../support/test-app.ts'

interface Begun {
  readonly tenantId?: string
  readonly address?: string | undefined
  /** A browser in which people have signed in. */
  readonly known?: string
}

function start(settings: { ofAddress?: number; ofTenant?: number; enabled?: boolean } = {}) {
  const storage = failingStorage(createMemoryStorage())
  let time = 1_893_456_000_000
  const now = () => time
  const newProcess = () => {
    const blocks: number[] = []
    let asked = 0
    const rates = new SignInRates({
      ...{ storage, now, randomBytes: sameLimitKey, after: () => () => {}, onError: () => {} },
      findStoredNames: namesUnder(new LimitKey({ storage, randomBytes: sameLimitKey }), platform.hashing),
      settings: {
        enabled: settings.enabled ?? true,
        sign_ins_per_address: settings.ofAddress ?? 100,
        sign_ins_per_tenant: settings.ofTenant ?? 400,
      },
    })
    /** Seconds to wait; 0: it may begin. */
    const begin = async ({ tenantId = 'acme', known, ...from }: Begun = {}): Promise<number> => {
      const findKnownBrowser = async () => {
        asked++
        return known
      }
      const address = 'address' in from ? from.address : '192.0.2.1'
      try {
        await rates.begin({ tenantId, address, findKnownBrowser }, (seconds) => blocks.push(seconds))
        return 0
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        expect([error.status, error.code]).toEqual([429, 'temporarily_unavailable'])
        return error.retryAfterSeconds ?? 0
      }
    }
    const beginTimes = async (count: number, of?: (index: number) => Begun): Promise<number> => {
      let begun = 0
      for (let index = 0; index < count; index++) if ((await begin(of?.(index))) === 0) begun++
      return begun
    }
    const isBusy = async () =>
      (
        await rates.begin(
          { tenantId: 'acme', address: '192.0.2.1', findKnownBrowser: async () => undefined },
          () => {},
        )
      ).isBusy
    return { begin, beginTimes, isBusy, blocks, flush: () => rates.flush(), asked: () => asked }
  }
  const advance = (seconds: number) => {
    time += seconds * 1000
  }
  return { storage, newProcess, advance }
}

test('one address begins as many as its rate, and others go on', async () => {
  const { newProcess, advance } = start()
  const { begin, beginTimes, blocks } = newProcess()
  expect(await beginTimes(1000)).toBe(100)
  expect(await begin()).toBe(1)
  expect(blocks).toEqual([1])
  expect(await begin({ address: '192.0.2.2' })).toBe(0)
  expect(await begin({ tenantId: 'other' })).toBe(0)
  advance(6)
  expect(await beginTimes(1000)).toBe(10)
})

test('a browser from which people signed in goes on behind the same address, at a small rate of its own', async () => {
  const { newProcess } = start()
  const { begin, beginTimes, asked } = newProcess()
  expect(await beginTimes(100)).toBe(100)
  expect(asked()).toBe(0)
  expect(await begin({ known: 'browser-of-alice' })).toBe(0)
  expect(await begin({ known: 'browser-of-bob' })).toBe(0)
  expect(await beginTimes(100, () => ({ known: 'browser-of-alice' }))).toBe(4)
})

test('a flood of many addresses leaves each address a share, and ends at twice the rate of the tenant', async () => {
  const { newProcess } = start()
  const { begin, beginTimes } = newProcess()
  const from = (index: number) => ({ address: `192.0.${index % 200}.9` })
  const begun = await beginTimes(20_000, from)
  expect(begun).toBe(800)
  expect(await begin({ address: '198.51.100.1' })).toBeGreaterThan(0)
  expect(await begin({ address: '198.51.100.1', known: 'b' })).toBe(0)
  expect(await begin({ address: '198.51.100.1', tenantId: 'other' })).toBe(0)
})

test('above the rate of the tenant a new address has a twentieth of its own', async () => {
  const { newProcess } = start()
  const { beginTimes } = newProcess()
  for (let net = 0; net < 4; net++) await beginTimes(100, () => ({ address: `192.0.2.${net}` }))
  expect(await beginTimes(100, () => ({ address: '198.51.100.1' }))).toBe(5)
})

test('it says when nothing should be kept for long', async () => {
  const { newProcess } = start()
  const { beginTimes, isBusy } = newProcess()
  expect(await isBusy()).toBe(false)
  await beginTimes(60)
  expect(await isBusy()).toBe(true)
})

test('replicas share the counts, in one row that names no address and no browser', async () => {
  const { newProcess, storage } = start()
  const [first, second] = [newProcess(), newProcess()]
  await first.beginTimes(100, () => ({ address: '203.0.113.77' }))
  await first.begin({ address: '203.0.113.77', known: 'browser-of-alice' })
  await first.flush()
  expect(await second.beginTimes(100, () => ({ address: '203.0.113.77' }))).toBeLessThan(60)
  await second.flush()
  expect(await second.begin({ address: '203.0.113.77' })).toBeGreaterThan(0)
  const rows = await rowsOf(storage, 'acme', rateCounts)
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toMatch(/203|alice/)
})

test('with limits off nothing is counted', async () => {
  const { beginTimes } = start({ enabled: false }).newProcess()
  expect(await beginTimes(1000)).toBe(1000)
})
