import { expect, test } from 'bun:test'
import { Surveyor } from '../../src/maintenance/surveyor.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { systemTenant } from '../../src/storage/storage.ts'
import { tenants } from '../../src/tenants/tenant-row.ts'

const hour = 3_600_000

async function start(configured: number, stored: number, folders: readonly string[] = []) {
  const storage = createMemoryStorage()
  const oauth2 = { audience: null, access_token_ttl: 60, access_token_typ: 'JWT' as const, scopes: {} }
  const signing = {
    ...{ algorithm: 'ES256' as const, modulus_length: 2048 },
    ...{ rotate_every: null, publish_ahead: null, jwks_max_age: 300 },
  }
  const value = { name: 'A', active: true, issuer: null, oauth2, oidc: false, signing, created_at: 0 }
  for (let index = 0; index < stored; index++)
    await storage
      .of(systemTenant)
      .of(tenants)
      .create({ id: `s${String(index).padStart(4, '0')}`, value })
  const seen: string[] = []
  const orphans = {
    list: async () => folders,
    clear: async (id: string) => void seen.push(`folder ${id}`),
  }
  const pauses: number[] = []
  let time = 0
  const surveyor = new Surveyor({
    storage,
    configured: () => Array.from({ length: configured }, (_, index) => `c${index}`),
    keyring: { survey: async (id) => void seen.push(id), orphans },
    monotonic: () => time,
    pause: async (milliseconds) => void pauses.push(milliseconds),
  })
  const look = async () => {
    seen.length = 0
    await surveyor.look(() => false)
    return seen.length
  }
  const wait = (milliseconds: number) => {
    time += milliseconds
  }
  return { look, seen, pauses, wait, surveyor }
}

test('every tenant is looked at once, 200 a round with pauses, those of the file first', async () => {
  const { look, seen, pauses } = await start(250, 70)
  expect([await look(), pauses.length]).toEqual([200, 9])
  expect(await look()).toBe(120)
  expect(new Set(seen).size).toBe(120)
  expect([seen[0], seen.at(-1)]).toEqual(['c200', 's0069'])
  expect(await look()).toBe(0)
})

test('after an hour all are looked at again', async () => {
  const { look, wait } = await start(3, 4)
  expect(await look()).toBe(7)
  wait(hour - 1)
  expect(await look()).toBe(0)
  wait(1)
  expect(await look()).toBe(7)
})

test('a server that stops looks at no more', async () => {
  const { surveyor, seen } = await start(100, 0)
  await surveyor.look(() => seen.length >= 20)
  expect(seen).toHaveLength(20)
})

test('after the tenants come the folders of keys, as paced, and again after an hour', async () => {
  const folders = Array.from({ length: 250 }, (_, index) => `f${index}`)
  const { look, seen, pauses, wait } = await start(3, 4, folders)
  expect(await look()).toBe(7 + 160)
  expect(seen.slice(0, 8)).toEqual(['c0', 'c1', 'c2', 's0000', 's0001', 's0002', 's0003', 'folder f0'])
  expect(pauses.length).toBeGreaterThan(6)
  expect([await look(), seen.at(-1)]).toEqual([90, 'folder f249'])
  expect(await look()).toBe(0)
  wait(hour)
  expect(await look()).toBe(167)
})
