import { expect, setDefaultTimeout, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { signJwt, verifyJwt } from '../../src/keys/jwt.ts'
import type { KeyMaterial } from '../../src/keys/key-material.ts'
import { FileMaterial } from '../../src/keys/material/file-material.ts'
import { parseMasterKeys } from '../../src/keys/material/master-key.ts'
import { SealedMaterial } from '../../src/keys/material/sealed-material.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { openPostgres } from '../../src/storage/postgres/postgres.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
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
import { filesBelow, keyHost, planFor } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'

setDefaultTimeout(60_000)

const platform = bunPlatform()
const issuer = 'https://issuer.example'

/** Where rings and keys of the replicas are: one storage for both, or one connection each. */
interface Ground {
  readonly name: string
  open(folder: string): Promise<{ storages: readonly [Storage, Storage]; material: () => KeyMaterial }>
}

const masterKeys = parseMasterKeys('ab'.repeat(32), { source: 'test', hashing: platform.hashing })

const grounds: readonly Ground[] = [
  {
    name: 'memory and files',
    open: async () => {
      const storage = createMemoryStorage()
      return { storages: [storage, storage], material: () => new FileMaterial(keyHost) }
    },
  },
  {
    name: 'SQLite by two connections, and files',
    open: async (folder) => {
      const open = async () => new SqlStorage(await openSqlite(join(folder, 'grantd.db'), platform))
      return { storages: [await open(), await open()], material: () => new FileMaterial(keyHost) }
    },
  },
  {
    name: 'SQLite by two connections, and sealed keys',
    open: async (folder) => {
      const open = async () => new SqlStorage(await openSqlite(join(folder, 'grantd.db'), platform))
      return {
        storages: [await open(), await open()],
        material: () => new SealedMaterial(keyHost, masterKeys),
      }
    },
  },
  {
    name: 'Postgres by two pools',
    open: async () => {
      const url = await (await sharedPostgres()).createDatabase()
      const place = { ...{ url, password: undefined, caCertificate: undefined }, ...longTimes }
      const open = async () => new SqlStorage(await openPostgres(place))
      return {
        storages: [await open(), await open()],
        material: () => new SealedMaterial(keyHost, masterKeys),
      }
    },
  },
]

interface World {
  readonly clock: TestClock
  readonly storage: Storage
  readonly folder: string
  readonly a: Replica
  readonly b: Replica
  /** Another process on the same ground. */
  start(): Replica
}

function withWorld(ground: Ground, work: (world: World) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    const { storages, material } = await ground.open(folder)
    const clock = new TestClock()
    const plan = planFor(folder, { kid: null, rotateEvery: 90 * day, publishAhead: 10 * minute })
    const start = (storage = storages[0]) => startReplica({ plan, storage, material: material(), clock })
    const [a, b] = [start(storages[0]), start(storages[1])]
    await work({ clock, storage: storages[0], folder, a, b, start: () => start() })
    for (const storage of new Set(storages)) await storage.close()
  })
}

const claimsAt = (now: number) => ({ iss: issuer, sub: 'app', iat: now / 1000, exp: now / 1000 + 3600 })

async function sign({ keyring }: Replica, now: number): Promise<string> {
  return signJwt(claimsAt(now), { key: (await keyring.of('acme')).active, typ: 'JWT' })
}

async function verify(token: string, { keyring }: Replica, now: number): Promise<unknown> {
  return verifyJwt(token, { keys: await keyring.of('acme'), issuer, types: ['JWT'], now })
}

test.each(grounds)('over $name, replicas that start at once have one key', (ground) =>
  withWorld(ground, async ({ a, b, storage }) => {
    const [of, too] = await Promise.all([a.keyring.of('acme'), b.keyring.of('acme')])
    expect(too.jwks).toEqual(of.jwks)
    expect(of.jwks.keys).toHaveLength(1)
    expect(await statesOf(storage)).toEqual(['active'])
    expect([...a.events, ...b.events].map(({ kind }) => kind)).toEqual(['first'])
  }),
)

test.each(grounds)('over $name, rotating at the same moment 50 times makes one new key each time', (ground) =>
  withWorld(ground, async ({ a, b, clock, storage }) => {
    await Promise.all([a.keyring.of('acme'), b.keyring.of('acme')])
    for (let round = 1; round <= 50; round++) {
      clock.advance(2 * minute)
      const before = (await readRing(storage)).ring.keys.length
      const outcomes = await Promise.all([a, b].map(({ keyring }) => keyring.rotate('acme', { now: true })))
      const { ring } = await readRing(storage)
      expect(ring.keys).toHaveLength(before + 1)
      expect(ring.keys.filter(({ state }) => state === 'active')).toHaveLength(1)
      expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1)
      const token = await sign(round % 2 === 0 ? a : b, clock.now())
      expect(await verify(token, round % 2 === 0 ? b : a, clock.now())).toMatchObject({ sub: 'app' })
    }
    const made = [...a.events, ...b.events].filter(({ kind }) => kind === 'created')
    expect(made).toHaveLength(50)
  }),
)

test.each(grounds)('over $name, steps that are due at both are made once, 20 times', (ground) =>
  withWorld(ground, async ({ a, b, clock, storage }) => {
    await Promise.all([a.keyring.of('acme'), b.keyring.of('acme')])
    const both = () => Promise.all([a, b].map(({ keyring }) => keyring.takeDueSteps('acme')))
    for (let round = 1; round <= 20; round++) {
      clock.advance(90 * day - 10 * minute)
      await both()
      expect((await statesOf(storage)).toSorted()).toEqual(['active', 'next'])
      clock.advance(10 * minute)
      await both()
      expect((await statesOf(storage)).toSorted()).toEqual(['active', 'retiring'])
      clock.advance(day + hour)
      await both()
      await both()
      expect(await statesOf(storage)).toEqual(['active'])
    }
    const kinds = [...a.events, ...b.events].map(({ kind }) => kind)
    for (const kind of ['created', 'activated', 'retired', 'removed'] as const)
      expect(kinds.filter((one) => one === kind)).toHaveLength(20)
  }),
)

test.each(grounds)(
  'over $name, a token of a key that one replica made a moment ago verifies at the other',
  (ground) =>
    withWorld(ground, async ({ a, b, clock }) => {
      await b.keyring.of('acme')
      clock.advance(hour)
      await a.keyring.rotate('acme', { now: true })
      const token = await sign(a, clock.now())
      expect((await b.keyring.of('acme')).jwks.keys).toHaveLength(1)
      expect(await verify(token, b, clock.now())).toMatchObject({ sub: 'app' })
      expect((await b.keyring.of('acme')).jwks).toEqual((await a.keyring.of('acme')).jwks)
    }),
)

test.each(grounds)('over $name, the other replica signs with the new key once it looked for news', (ground) =>
  withWorld(ground, async ({ a, b, clock }) => {
    await b.keyring.lookForNews()
    const old = (await b.keyring.of('acme')).active.kid
    clock.advance(hour)
    await a.keyring.rotate('acme', { now: true })
    const token = await sign(b, clock.now())
    expect(await verify(token, a, clock.now())).toMatchObject({ sub: 'app' })
    await b.keyring.lookForNews()
    const keys = await b.keyring.of('acme')
    expect(keys.active.kid).toBe((await a.keyring.of('acme')).active.kid)
    expect(keys.jwks.keys.map(({ kid }) => kid)).toEqual([keys.active.kid, old])
  }),
)

test.each(grounds)('over $name, a restart keeps keys and states', (ground) =>
  withWorld(ground, async ({ a, clock, start }) => {
    await a.keyring.of('acme')
    clock.advance(hour)
    await a.keyring.rotate('acme', { now: true })
    await a.keyring.rotate('acme', { now: false })
    const token = await sign(a, clock.now())
    const again = start()
    const { jwks, active } = await again.keyring.of('acme')
    expect(jwks).toEqual((await a.keyring.of('acme')).jwks)
    expect(jwks.keys).toHaveLength(3)
    expect(active.kid).toBe((await a.keyring.of('acme')).active.kid)
    expect(await verify(token, again, clock.now())).toMatchObject({ sub: 'app' })
    expect(again.events).toEqual([])
  }),
)

test.each(grounds)(
  'over $name, what a dropped key signed is refused everywhere once the news are there',
  (ground) =>
    withWorld(ground, async ({ a, b, clock, folder }) => {
      const token = await sign(a, clock.now())
      await b.keyring.lookForNews()
      await verify(token, b, clock.now())
      clock.advance(2 * minute)
      await a.keyring.rotate('acme', { now: false })
      expect(await a.keyring.rotate('acme', { now: true, dropOld: true })).toMatchObject({
        outcome: 'rotated',
      })
      await b.keyring.lookForNews()
      for (const replica of [a, b]) {
        expect((await replica.keyring.of('acme')).jwks.keys).toHaveLength(1)
        await expect(verify(token, replica, clock.now())).rejects.toThrow('another key')
      }
      const pems = (await filesBelow(folder)).filter((file) => file.endsWith('.pem'))
      expect(pems.length).toBeLessThanOrEqual(1)
    }),
)

test.each(grounds)('over $name, a deleted tenant of the same id is another one', (ground) =>
  withWorld(ground, async ({ a, b, clock, folder }) => {
    const token = await sign(a, clock.now())
    await verify(token, b, clock.now())
    await a.keyring.destroy('acme')
    expect((await filesBelow(folder)).filter((file) => file.includes('.pem'))).toEqual([])
    await expect(verify(token, a, clock.now())).rejects.toThrow('another key')
    await b.keyring.lookForNews()
    await expect(verify(token, b, clock.now())).rejects.toThrow('another key')
  }),
)

test('a new process finds the files of a database that is new: a first key as before rotation', () =>
  withTempFolder(async (folder) => {
    const plan = planFor(folder)
    const clock = new TestClock()
    const material = new FileMaterial(keyHost)
    const first = startReplica({ plan, storage: createMemoryStorage(), material, clock })
    const { jwks } = await first.keyring.of('acme')
    const storage = createMemoryStorage()
    const again = startReplica({ plan, storage, material, clock })
    expect((await again.keyring.of('acme')).jwks).toEqual(jwks)
    expect((await readRing(storage)).ring.keys).toMatchObject([
      { kid: 'k1', state: 'active', file: 'k1.pem', activated_at: clock.now(), token_life: hour },
    ])
    await rm(join(folder, 'keys'), { recursive: true })
    expect((await again.keyring.of('acme')).jwks).toEqual(jwks)
  }))
