import { expect, test } from 'bun:test'
import { type Attempt, AttemptLimits, type Block } from '../../src/limits/attempt-limits.ts'
import { failureCounts, knownAddresses } from '../../src/limits/limit-row.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { failingStorage, rowsOf } from '../support/failing-storage.ts'
import { platform, sameLimitKey } from '../support/test-app.ts'

const settings = {
  enabled: true,
  failures_per_client_and_address: 3,
  failures_per_client: 10,
  failures_per_address: 8,
  failures_per_tenant: 40,
  longest_backoff: 900,
}

interface Tried {
  readonly key?: string
  readonly address?: string | undefined
  readonly tenantId?: string
}

/** Several processes over one storage, with one clock. */
function start(changes: Partial<typeof settings> = {}) {
  const storage = failingStorage(createMemoryStorage())
  const faults: unknown[] = []
  let time = 1_893_456_000_000
  const now = () => time
  const newProcess = () => {
    const blocks: Block[] = []
    const { hashing } = platform
    const limits = new AttemptLimits({
      ...{ storage, hashing, now, randomBytes: sameLimitKey, monotonic: now, after: () => () => {} },
      settings: { ...settings, ...changes },
      onError: (cause) => faults.push(cause),
    })
    const open = ({ key = 'app', tenantId = 'acme', ...from }: Tried = {}): Attempt => {
      const address = 'address' in from ? from.address : '192.0.2.1'
      return limits.open({ tenantId, kind: 'client', key, address: () => address }, (block) =>
        blocks.push(block),
      )
    }
    /** Seconds to wait; 0: it was let in, and failed. */
    const fail = async (tried?: Tried): Promise<number> => {
      const attempt = open(tried)
      const wait = await waitOf(attempt)
      if (wait > 0) return wait
      return attempt.fail()?.retryAfterSeconds ?? 0
    }
    /** Whether the right proof is let in. */
    const succeed = async (tried?: Tried): Promise<boolean> => {
      const attempt = open(tried)
      if ((await waitOf(attempt)) > 0) return false
      attempt.succeed()
      return true
    }
    return { fail, succeed, blocks, flush: () => limits.flush(), open }
  }
  const advance = (seconds: number) => {
    time += seconds * 1000
  }
  return { storage, faults, newProcess, advance }
}

async function waitOf(attempt: Attempt): Promise<number> {
  try {
    await attempt.admit()
    return 0
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause
    expect([cause.code, cause.status]).toEqual(['temporarily_unavailable', 429])
    return cause.retryAfterSeconds ?? 0
  }
}

async function failTimes(count: number, fail: (index: number) => Promise<number>): Promise<number[]> {
  const waits: number[] = []
  for (let index = 0; index < count; index++) waits.push(await fail(index))
  return waits
}

test('after its free failures an attempt waits, each failure doubles that, and what waits is not counted', async () => {
  const { newProcess, advance } = start()
  const { fail } = newProcess()
  expect(await failTimes(5, () => fail())).toEqual([0, 0, 0, 1, 1])
  for (const wait of [1, 2, 4, 8, 16]) {
    expect(await fail()).toBe(wait)
    advance(wait)
    expect(await fail()).toBe(0)
  }
  expect(await fail()).toBe(32)
})

test('who waits at one subject and address waits at no other', async () => {
  const { fail, succeed } = start().newProcess()
  await failTimes(5, () => fail())
  expect(await fail()).toBeGreaterThan(0)
  expect(await succeed({ address: '192.0.2.2' })).toBe(true)
  expect(await succeed({ key: 'other' })).toBe(true)
  expect(await succeed({ tenantId: 'beta' })).toBe(true)
})

test('an attack from many addresses leaves each of them one attempt, and a new address its first', async () => {
  const { newProcess, advance } = start({ failures_per_tenant: 10_000 })
  const { fail, succeed, blocks } = newProcess()
  const from = (index: number) => ({ address: `198.51.100.${index}` })
  await failTimes(10, (index) => fail(from(index)))
  expect(blocks.map(({ scope }) => scope)).toEqual(['client'])
  // From now on an address that failed waits at once, as long as the subject says.
  expect(await fail(from(3))).toBeGreaterThan(0)
  expect(await failTimes(10, (index) => fail(from(100 + index)))).toEqual(Array.from({ length: 10 }, () => 0))
  const waits = await failTimes(10, (index) => fail(from(100 + index)))
  expect(Math.min(...waits)).toBeGreaterThan(500)
  expect(Math.max(...waits)).toBeLessThanOrEqual(900)
  expect(await succeed({ address: '203.0.113.7' })).toBe(true)
  advance(900)
  expect(await fail(from(100))).toBe(0)
})

test('an address that tries many subjects waits at all of the tenant, but not where it succeeded before', async () => {
  const { fail, succeed, blocks } = start().newProcess()
  expect(await succeed({ key: 'neighbour' })).toBe(true)
  await failTimes(8, (index) => fail({ key: `unknown-${index}` }))
  expect(blocks.map(({ scope }) => scope)).toEqual(['address'])
  expect(await succeed({ key: 'other' })).toBe(false)
  expect(await succeed({ key: 'neighbour' })).toBe(true)
  expect(await succeed({ key: 'other', address: '192.0.2.2' })).toBe(true)
  expect(await succeed({ key: 'other', tenantId: 'beta' })).toBe(true)
})

test('nobody finds a subject of his own that shares the count of another one, and makes that one wait', async () => {
  const bucketOf = (text: string) => new DataView(platform.hashing.sha256(text).buffer).getUint16(0) % 1024
  const victim = { key: 'app', address: '203.0.113.7' }
  const wanted = bucketOf(`client\0${victim.key}\0${victim.address}`)
  const ids = Array.from({ length: 10_000 }, (_, index) => `unknown-${index}`)
  const key = ids.find((id) => bucketOf(`client\0${id}\x00192.0.2.1`) === wanted)
  if (key === undefined) throw new Error('no id shares the bucket')
  const { fail, succeed } = start().newProcess()
  expect(await failTimes(5, () => fail({ key }))).toEqual([0, 0, 0, 1, 1])
  expect(await succeed(victim)).toBe(true)
})

test('an attack on many subjects from many addresses leaves each address of the tenant one attempt', async () => {
  const { fail, succeed, blocks } = start().newProcess()
  await failTimes(40, (index) => fail({ key: `unknown-${index}`, address: `198.51.100.${index}` }))
  expect(blocks.at(-1)?.scope).toBe('tenant')
  expect(await fail({ key: 'app', address: '198.51.100.3' })).toBeGreaterThan(0)
  expect(await succeed({ key: 'app', address: '203.0.113.7' })).toBe(true)
  expect(await fail({ tenantId: 'beta', address: '198.51.100.3' })).toBe(0)
})

test('a right proof from where it succeeded before never waits, nor does it behind the address of a guesser', async () => {
  const { newProcess } = start()
  const { fail, succeed, flush } = newProcess()
  expect(await succeed()).toBe(true)
  const waits = await failTimes(50, () => fail())
  expect(waits.slice(0, 3)).toEqual([0, 0, 0])
  // Its neighbour who guesses is answered as who waits, though each guess is looked at.
  expect(Math.min(...waits.slice(3))).toBeGreaterThan(0)
  expect(await succeed()).toBe(true)
  // These guesses spoil the address for nobody else.
  expect(await succeed({ key: 'other' })).toBe(true)
  await flush()
})

test.each([2, 3, 7])(
  'of %d addresses from which a busy client asks in turn, none waits once somebody guesses there',
  async (count) => {
    const { newProcess, advance } = start()
    const { fail, succeed } = newProcess()
    const addresses = Array.from({ length: count }, (_, host) => `203.0.113.${host}`)
    for (let left = 100; left > 0; left--) await succeed({ address: '192.0.2.1' })
    for (let second = 0; second < 60; second++) {
      advance(1)
      // A multiple of each count: the first of each second is always from the same address.
      for (let index = 0; index < 84; index++) await succeed({ address: addresses[index % count] })
    }
    for (const address of addresses) {
      await failTimes(20, () => fail({ address }))
      expect(await succeed({ address })).toBe(true)
    }
  },
)

test('while somebody fails at a tenant, an address of a busy client is known at its first success', async () => {
  const { newProcess } = start()
  const { fail, succeed } = newProcess()
  for (let left = 1000; left > 0; left--) await succeed({ address: '203.0.113.1' })
  expect(await fail()).toBe(0)
  expect(await succeed({ address: '203.0.113.2' })).toBe(true)
  await failTimes(20, () => fail({ address: '203.0.113.2' }))
  expect(await succeed({ address: '203.0.113.2' })).toBe(true)
})

test('after the free failures one long check runs at a time, and that of a client that is known there beside it', async () => {
  const { newProcess, advance } = start()
  const [first, second] = [newProcess(), newProcess()]
  expect(await first.succeed({ key: 'neighbour' })).toBe(true)
  await first.flush()
  await failTimes(8, (index) => second.fail({ key: `unknown-${index}` }))
  advance(1)
  const end = Promise.withResolvers<string>()
  const running = second.open({ key: 'other' }).runSlowly(() => end.promise)
  const run = (key: string, address = '192.0.2.1') =>
    second
      .open({ key, address })
      .runSlowly(async () => 'it ran')
      .catch((cause) => cause.status)
  expect(await run('third')).toBe(429)
  expect(await run('neighbour')).toBe('it ran')
  expect(await run('third', '192.0.2.2')).toBe('it ran')
  end.resolve('it ended')
  expect(await running).toBe('it ended')
  expect(await run('third')).toBe('it ran')
})

test('processes share their counts, and what they know, once they have written', async () => {
  const { newProcess } = start()
  const [a, b] = [newProcess(), newProcess()]
  expect(await a.succeed({ address: '203.0.113.7' })).toBe(true)
  await failTimes(3, () => a.fail())
  await a.flush()
  // The other one has not looked yet: its first failure makes it look.
  expect(await b.fail()).toBe(0)
  await b.flush()
  expect(await b.fail()).toBe(2)
  expect(await b.succeed({ address: '203.0.113.7' })).toBe(true)
  // What a restart knows.
  const restarted = newProcess()
  expect(await restarted.fail()).toBe(0)
  await restarted.flush()
  expect(await restarted.fail()).toBe(4)
  await failTimes(10, (index) => restarted.fail({ address: `198.51.100.${index}` }))
  await restarted.flush()
  expect(await restarted.succeed({ address: '203.0.113.7' })).toBe(true)
})

test('processes that write at once lose no failure', async () => {
  const { newProcess, storage } = start({ failures_per_tenant: 1000 })
  const processes = Array.from({ length: 4 }, newProcess)
  for (let round = 0; round < 5; round++) {
    for (const [number, { fail }] of processes.entries())
      await failTimes(4, (index) => fail({ key: `k${round} ${index}`, address: `192.0.${number}.${round}` }))
    await Promise.all(processes.map(({ flush }) => flush()))
  }
  for (const { flush } of processes) await flush()
  const [row] = await rowsOf(storage, 'acme', failureCounts)
  expect(row?.value.counts['t']?.[0]).toBe(80)
})

test('rows and counts are bounded, whatever ids and addresses are tried', async () => {
  const { newProcess, storage } = start({ failures_per_tenant: 1_000_000, failures_per_address: 1_000_000 })
  const { fail, flush } = newProcess()
  let looked = 0
  for (let index = 0; index < 20_000; index++) {
    const address = `2001:db8:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::1`
    if ((await fail({ key: `unknown-${index}`, address })) === 0) looked++
  }
  await flush()
  const rows = await rowsOf(storage, 'acme', failureCounts)
  expect(rows).toHaveLength(1)
  expect(Object.keys(rows[0]?.value.counts ?? {}).length).toBeLessThanOrEqual(1024 + 512 + 512 + 1)
  expect(JSON.stringify(rows).length).toBeLessThan(100_000)
  expect(JSON.stringify(rows)).not.toMatch(/unknown|2001/)
  // Who fills every count has no new address left: few of them were looked at.
  expect(looked).toBeLessThan(6000)
})

test('an attack on many tenants becomes a bounded number of writes', async () => {
  const { newProcess, storage } = start()
  const { fail, flush } = newProcess()
  for (let index = 0; index < 500; index++) await fail({ tenantId: `tenant-${index}` })
  await failTimes(100, () => fail())
  storage.calls.length = 0
  await flush()
  expect(storage.calls.filter((call) => call.endsWith('create'))).toHaveLength(100)
})

test('all addresses of one IPv6 network are one, however they are written, and IPv4 in IPv6 is IPv4', async () => {
  const { fail } = start().newProcess()
  for (const host of ['::1', ':a:b:c:d', '::ffff'])
    expect(await fail({ address: `2001:db8:0:1${host}` })).toBe(0)
  expect(await fail({ address: '2001:DB8::1:1:2:3:4' })).toBe(1)
  expect(await fail({ address: '2001:db8:0:2::1' })).toBe(0)
  for (let index = 0; index < 3; index++) expect(await fail({ key: 'b', address: '192.0.2.9' })).toBe(0)
  expect(await fail({ key: 'b', address: '::ffff:192.0.2.9' })).toBe(1)
  expect(await fail({ key: 'b', address: '::ffff:192.0.2.8' })).toBe(0)
})

test('a success reads and writes nothing before it is answered, and is written once', async () => {
  const { newProcess, storage } = start()
  const { open, flush } = newProcess()
  const attempt = open()
  expect(attempt.admit()).toBeUndefined()
  attempt.succeed()
  expect(storage.calls).toEqual([])
  await flush()
  const written = storage.calls.length
  expect(written).toBeGreaterThan(0)
  for (let index = 0; index < 100; index++) open().succeed()
  await flush()
  expect(storage.calls).toHaveLength(written)
})

test('no address and no key of a subject is in a row', async () => {
  const { newProcess, storage } = start()
  const { succeed, fail, flush } = newProcess()
  await succeed({ key: 'my-client', address: '203.0.113.77' })
  await fail({ key: 'my-client', address: '203.0.113.77' })
  await flush()
  const rows = [await rowsOf(storage, 'acme', failureCounts), await rowsOf(storage, 'acme', knownAddresses)]
  expect(rows.flat()).toHaveLength(2)
  expect(JSON.stringify(rows)).not.toMatch(/my-client|203\.0/)
})

test('of a subject that succeeds from ever new addresses the last eight are known, after months none', async () => {
  const { newProcess, advance } = start()
  const writer = newProcess()
  for (let index = 0; index < 30; index++) {
    await writer.succeed({ address: `203.0.113.${index}` })
    await writer.flush()
    advance(86_400)
  }
  const known = async () => {
    const { open } = newProcess()
    const all = Array.from({ length: 30 }, (_, index) => open({ address: `203.0.113.${index}` }).isKnown())
    return (await Promise.all(all)).flatMap((isKnown, index) => (isKnown ? [index] : []))
  }
  expect(await known()).toEqual([22, 23, 24, 25, 26, 27, 28, 29])
  advance(100 * 86_400)
  expect(await known()).toEqual([])
})

test('while the storage is away counts hold in this process, and are written when it is back', async () => {
  const { newProcess, storage, faults } = start()
  const { fail, succeed, flush } = newProcess()
  await succeed({ address: '203.0.113.7' })
  storage.failing = true
  await failTimes(5, () => fail())
  for (let tries = 0; tries < 3; tries++) await flush()
  expect(faults.length).toBeGreaterThan(0)
  expect(faults.length).toBeLessThan(4)
  expect(await fail()).toBeGreaterThan(0)
  expect(await succeed({ address: '203.0.113.7' })).toBe(true)
  storage.failing = false
  await flush()
  const other = newProcess()
  await other.fail()
  await other.flush()
  expect(await other.fail()).toBe(2)
  expect(await other.succeed({ address: '203.0.113.7' })).toBe(true)
})

test('an address that is not known is one that all such share', async () => {
  const { fail } = start().newProcess()
  expect(await failTimes(4, () => fail({ address: undefined }))).toEqual([0, 0, 0, 1])
})

test('where limits are off nobody waits and nothing is written', async () => {
  const { newProcess, storage } = start({ enabled: false })
  const { fail, succeed, flush } = newProcess()
  expect(await failTimes(100, () => fail())).toEqual(Array.from({ length: 100 }, () => 0))
  await succeed()
  await flush()
  expect(storage.calls).toEqual([])
})
