import { expect, test } from 'bun:test'
import { Surveyor } from '../../src/maintenance/surveyor.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { tenants } from '../../src/storage/records.ts'
import { systemTenant } from '../../src/storage/storage.ts'

const hour = 3_600_000

async function start(configured: number, stored: number) {
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
  const pauses: number[] = []
  let time = 0
  const surveyor = new Surveyor({
    storage,
    configured: Array.from({ length: configured }, (_, index) => `c${index}`),
    keyring: { survey: async (id) => void seen.push(id) },
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
