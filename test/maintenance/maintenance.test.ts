import { expect, setDefaultTimeout, test } from 'bun:test'
import * as jose from 'jose'
import { signJwt, verifyJwt } from '../../src/keys/jwt.ts'
import type { KeyPlan } from '../../src/keys/key-plan.ts'
import { parseMasterKeys } from '../../src/keys/material/master-key.ts'
import { SealedMaterial } from '../../src/keys/material/sealed-material.ts'
import { Maintenance } from '../../src/maintenance/maintenance.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type Storage, StorageError, systemTenant } from '../../src/storage/storage.ts'
import { tenants } from '../../src/tenants/tenant-row.ts'
import { failingStorage } from '../support/failing-storage.ts'
import {
  day,
  hour,
  minute,
  type Replica,
  readRing,
  startReplica,
  statesOf,
  TestClock,
} from '../support/rings.ts'
import { keyHost, planFor } from '../support/signing.ts'

setDefaultTimeout(120_000)

const platform = bunPlatform()
const issuer = 'https://issuer.example'
const masterKeys = parseMasterKeys('11'.repeat(32), { source: 'test', hashing: platform.hashing })

interface Server extends Replica {
  readonly maintenance: Maintenance
  readonly lines: string[]
  /** The tenants whose keys were opened. */
  readonly opened: string[]
}

interface ServerOptions {
  readonly storage: Storage
  readonly clock: TestClock
  readonly plan?: Partial<KeyPlan>
  readonly tokenLife?: number
  readonly configured?: readonly string[]
}

function startServer({
  storage,
  clock,
  plan = {},
  tokenLife = hour,
  configured = [],
}: ServerOptions): Server {
  const lines: string[] = []
  const opened: string[] = []
  const replica = startReplica({
    storage,
    clock,
    plan: { ...planFor('/nowhere'), folder: null, kid: null, rotateEvery: 90 * day, ...plan },
    material: new SealedMaterial(keyHost, masterKeys),
    changes: {
      longestTokenLife: async () => tokenLife,
      onOpened: ({ tenantId }) => void opened.push(tenantId),
    },
  })
  const maintenance = new Maintenance({
    ...clock,
    ...{ storage, keyring: replica.keyring, configured: () => configured },
    after: () => () => {},
    randomBytes: platform.randomBytes,
    log: (level, message, fields) =>
      void lines.push(`${level} ${message} ${fields?.['reason'] ?? ''}`.trim()),
  })
  return { ...replica, maintenance, lines, opened }
}

/** An API that keeps the JWK Set for its max-age and never asks earlier. */
class CachingVerifier {
  #set: { readonly until: number; readonly find: jose.JWTVerifyGetKey } | undefined

  async verify(token: string, { keyring }: Replica, now: number): Promise<void> {
    if (!this.#set || now >= this.#set.until) {
      const { jwks, jwksMaxAge } = await keyring.of('acme')
      const copy = JSON.parse(JSON.stringify(jwks))
      this.#set = { until: now + jwksMaxAge * 1000, find: jose.createLocalJWKSet(copy) }
    }
    await jose.jwtVerify(token, this.#set.find, { issuer, currentDate: new Date(now) })
  }
}

test('keys rotate under load for a day: no verifier that keeps the JWK Set for its max-age refuses a token, ever', async () => {
  const clock = new TestClock()
  const storage = createMemoryStorage()
  const life = 20 * minute
  const plan = { rotateEvery: 2 * hour, publishAhead: 10 * minute, jwksMaxAge: 300 }
  const servers = [1, 2].map(() => startServer({ storage, clock, plan, tokenLife: life }))
  const [one, two] = servers
  if (!one || !two) throw new TypeError('two servers')
  const verifiers = [0, 1, 2, 3].map(() => new CachingVerifier())
  const waiting: { token: string; exp: number }[] = []
  const kids = new Set<string>()
  for (const { maintenance } of servers) await maintenance.start()
  const end = clock.now() + day
  for (let step = 0; clock.now() < end; step++) {
    // Each server looks on its own beat, the second one half a beat later.
    if (step % 2 === 0) await one.maintenance.runNow()
    else await two.maintenance.runNow()
    const [signer, other] = step % 3 === 0 ? [one, two] : [two, one]
    const exp = clock.now() / 1000 + life / 1000
    const key = (await signer.keyring.of('acme')).active
    kids.add(key.kid)
    const token = await signJwt({ iss: issuer, sub: 'a', iat: clock.now() / 1000, exp }, { key, typ: 'JWT' })
    waiting.push({ token, exp })
    const verifier = verifiers[step % 4]
    await verifier?.verify(token, other, clock.now())
    await verifyJwt(token, { keys: await other.keyring.of('acme'), issuer, types: ['JWT'], now: clock.now() })
    while ((waiting[0]?.exp ?? Number.POSITIVE_INFINITY) * 1000 <= clock.now() + 15_000)
      await verifier?.verify(waiting.shift()?.token ?? '', signer, clock.now())
    clock.advance(10_000)
  }
  expect(kids.size).toBe(12)
  const made = servers.flatMap(({ events }) => events).filter(({ kind }) => kind === 'activated')
  expect(made).toHaveLength(11)
  expect(servers.flatMap(({ lines }) => lines)).toEqual([])
})

test('a clock that jumps by a year rotates, destroys and removes nothing for a day, and then one step at a time', async () => {
  const clock = new TestClock()
  const storage = createMemoryStorage()
  const server = startServer({ storage, clock })
  const round = async () => {
    clock.advance(30_000)
    await server.maintenance.runNow()
  }
  await server.maintenance.start()
  await server.keyring.of('acme')
  clock.advance(2 * minute)
  await server.keyring.rotate('acme', { now: true })
  await round()
  clock.jump(400 * day)
  const before = await readRing(storage)
  for (let step = 0; step < 10; step++) await round()
  expect(await readRing(storage)).toEqual(before)
  expect(server.lines).toEqual([
    'warn the clock jumped: no key is rotated and nothing is deleted for a day; set the clock right',
  ])
  clock.advance(day)
  await round()
  expect(await statesOf(storage)).toEqual(['active', 'next'])
  clock.jump(-400 * day)
  const after = await readRing(storage)
  for (let step = 0; step < 10; step++) await round()
  expect(await readRing(storage)).toEqual(after)
})

test('keys of stored tenants that nobody uses go on as well', async () => {
  const clock = new TestClock()
  const storage = createMemoryStorage()
  const first = startServer({ storage, clock })
  await first.keyring.rotate('acme', { now: false })
  const oauth2 = { audience: null, access_token_ttl: 60, access_token_typ: 'JWT' as const, scopes: {} }
  const signing = {
    ...{ algorithm: 'ES256' as const, modulus_length: 2048 },
    ...{ rotate_every: null, publish_ahead: null, jwks_max_age: 300 },
  }
  const value = { name: 'A', active: true, issuer: null, oauth2, oidc: false, signing, created_at: 0 }
  await storage.of(systemTenant).of(tenants).create({ id: 'acme', value })
  const later = startServer({ storage, clock })
  await later.maintenance.start()
  clock.advance(11 * minute)
  await later.maintenance.runNow()
  expect(await statesOf(storage)).toEqual(['retiring', 'active'])
})

test('keys of tenants of the file that nobody uses go on as well, and are not opened for it', async () => {
  const clock = new TestClock()
  const storage = createMemoryStorage()
  const first = startServer({ storage, clock })
  await first.keyring.rotate('acme', { now: false })
  const later = startServer({ storage, clock, configured: ['acme'] })
  await later.maintenance.start()
  await later.maintenance.runNow()
  expect(await statesOf(storage)).toEqual(['active', 'next'])
  clock.advance(11 * minute)
  await later.maintenance.runNow()
  expect(await statesOf(storage)).toEqual(['retiring', 'active'])
  expect(later.opened).toEqual([])
  expect(later.lines).toEqual([])
})

test('what another server changes of a tenant that is not opened is known, too', async () => {
  const clock = new TestClock()
  const storage = createMemoryStorage()
  const first = startServer({ storage, clock, plan: { rotateEvery: null } })
  const later = startServer({ storage, clock, configured: ['acme'], plan: { rotateEvery: null } })
  await first.keyring.of('acme')
  await later.maintenance.start()
  await later.maintenance.runNow()
  await first.keyring.rotate('acme', { now: false })
  await later.maintenance.runNow()
  clock.advance(11 * minute)
  await later.maintenance.runNow()
  expect(await statesOf(storage)).toEqual(['retiring', 'active'])
})

test('what fails is logged once, does not stop the rest, and is logged again when it works', async () => {
  const clock = new TestClock()
  const storage = failingStorage(createMemoryStorage())
  const server = startServer({ storage, clock })
  await server.maintenance.start()
  const keys = await server.keyring.of('acme')
  storage.failing = true
  for (let step = 0; step < 20; step++) {
    clock.advance(30_000)
    await server.maintenance.runNow()
  }
  expect(keys.active.kid).toBe((await server.keyring.of('acme')).active.kid)
  const failures = server.lines.filter((line) => line.startsWith('error looking for changed keys failed'))
  expect(failures).toHaveLength(1)
  storage.failing = false
  clock.advance(30_000)
  await server.maintenance.runNow()
  expect(server.lines).toContain('info looking for changed keys works again')
  expect(server.lines.filter((line) => line.startsWith('error'))).toHaveLength(
    new Set(server.lines.filter((line) => line.startsWith('error'))).size,
  )
})

test('a quiet server looks once each time, and asks for no tenant', async () => {
  const clock = new TestClock()
  const storage = failingStorage(createMemoryStorage())
  const server = startServer({ storage, clock })
  await server.maintenance.start()
  await server.keyring.of('acme')
  clock.advance(30_000)
  await server.maintenance.runNow()
  storage.calls.length = 0
  clock.advance(5000)
  await server.maintenance.runNow()
  expect(storage.calls).toEqual(['tidy', ' change find'])
})

test('stopping waits for what runs, and nothing runs after it', async () => {
  const clock = new TestClock()
  const storage = createMemoryStorage()
  const server = startServer({ storage, clock })
  await server.maintenance.start()
  await server.keyring.of('acme')
  clock.advance(90 * day)
  const running = server.maintenance.runNow()
  await server.maintenance.stop()
  await running
  const before = await readRing(storage)
  await server.maintenance.runNow()
  expect(await readRing(storage)).toEqual(before)
})

test('a database that is lost while it is in use is told of once, and again when it is another complaint', async () => {
  const clock = new TestClock()
  const inner = createMemoryStorage()
  let complaint: string | undefined
  const storage: Storage = {
    name: inner.name,
    of: (tenant) => inner.of(tenant),
    transaction: (work) => inner.transaction(work),
    deleteExpired: (before, limit) => inner.deleteExpired(before, limit),
    findLastExpiry: (before) => inner.findLastExpiry(before),
    check: () => inner.check(),
    readClock: () => inner.readClock(),
    close: () => inner.close(),
    tidy: async () => {
      if (complaint !== undefined) throw new StorageError(complaint)
    },
  }
  const server = startServer({ storage, clock })
  await server.maintenance.start()
  for (const each of [undefined, 'replaced', 'replaced', 'full', undefined]) {
    complaint = each
    await server.maintenance.runNow()
  }
  expect(server.lines.map((line) => line.replace('StorageError: ', ''))).toEqual([
    'error looking after the database failed replaced',
    'error looking after the database failed full',
    'info looking after the database works again',
  ])
})
