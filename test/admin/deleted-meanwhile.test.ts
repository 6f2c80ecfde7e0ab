import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { keyrings } from '../../src/keys/ring/ring-row.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { type AdminApp, opsYaml, startAdminApp } from './admin-app.ts'

const config = (folder: string) => `data_dir: ${folder}/data${opsYaml}`

/** A storage whose transactions can be held before they begin. */
function createHeldStorage(storage: Storage) {
  let isHolding = false
  let release = () => {}
  let tellHeld = () => {}
  const held: Storage = {
    ...storage,
    name: storage.name,
    of: (tenantId) => storage.of(tenantId),
    deleteExpired: (before, limit) => storage.deleteExpired(before, limit),
    findLastExpiry: (before) => storage.findLastExpiry(before),
    tidy: () => storage.tidy(),
    check: () => storage.check(),
    readClock: () => storage.readClock(),
    close: async () => {},
    transaction: async (work) => {
      if (isHolding) {
        isHolding = false
        await new Promise<void>((resolve) => {
          release = resolve
          tellHeld()
        })
      }
      return storage.transaction(work)
    },
  }
  /** Starts `work` and waits until its next transaction is held; what it answers goes on with it. */
  const holdIn = async <T>(work: () => Promise<T>): Promise<() => Promise<T>> => {
    const isHeld = new Promise<void>((resolve) => {
      tellHeld = resolve
    })
    isHolding = true
    const done = work()
    await isHeld
    return () => {
      release()
      return done
    }
  }
  return { held, holdIn }
}

interface Two {
  /** Its transactions can be held. */
  readonly slow: AdminApp
  readonly quick: AdminApp
  readonly holdIn: ReturnType<typeof createHeldStorage>['holdIn']
  /** The key files that are there, and those that the ring names. */
  readonly files: () => Promise<{ there: string[]; named: string[] }>
}

function withTwo(work: (two: Two) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    const storage = createMemoryStorage()
    const { held, holdIn } = createHeldStorage(storage)
    const slow = await startAdminApp({ storage: held }, config(folder))
    const quick = await startAdminApp({ storage }, config(folder))
    const files = async () => {
      const ring = await storage.of('made').of(keyrings).find('ring')
      const named = (ring?.value.keys ?? []).flatMap(({ file }) => file ?? []).sort()
      const there = await readdir(join(folder, 'data/keys/made')).catch(() => [])
      return { there: there.sort(), named }
    }
    await quick.tokenOf('root')
    await slow.tokenOf('root')
    await work({ slow, quick, holdIn, files })
    await slow.close()
    await quick.close()
  })
}

async function make({ call }: AdminApp): Promise<void> {
  const body = { id: 'made', name: 'Made', oauth2: {}, signing: { algorithm: 'ES256' } }
  expect((await call('POST', '/tenants', { body })).status).toBe(201)
}

async function remove({ call }: AdminApp): Promise<void> {
  await call('PATCH', '/tenants/made', { body: { active: false }, ifMatch: '*' })
  expect((await call('DELETE', '/tenants/made')).status).toBe(204)
}

async function makeAgain({ slow, quick }: Pick<Two, 'slow' | 'quick'>): Promise<void> {
  await remove(quick)
  quick.advance(1)
  slow.advance(1)
  await make(quick)
}

const jwksOf = async ({ send }: AdminApp) => {
  const response = await send('/api/v1/tenant/made/.well-known/jwks.json')
  return { status: response.status, text: await response.text() }
}
const rotate = (app: AdminApp, now: boolean) =>
  app.call('POST', '/tenants/made/keys/rotate', { body: { now } })

/** What a process that begins now finds. */
async function expectWhole({ quick, slow, files }: Two): Promise<void> {
  const { there, named } = await files()
  expect(there).toEqual(named)
  for (const app of [quick, slow]) expect((await jwksOf(app)).status).toBe(200)
  quick.deps.keyring.forget('made')
  expect((await jwksOf(quick)).status).toBe(200)
  const after = await files()
  expect([after.there, after.named.length > 0]).toEqual([after.named, true])
}

test('a first key that is made while its tenant is deleted and made again is none of the new tenant', () =>
  withTwo(async (two) => {
    await make(two.quick)
    const goOn = await two.holdIn(() => jwksOf(two.slow))
    await makeAgain(two)
    expect((await goOn()).status).toBe(503)
    await expectWhole(two)
  }))

for (const now of [false, true])
  test(`a rotation (now: ${now}) that meets the deletion of its tenant changes no key of the one made again`, () =>
    withTwo(async (two) => {
      await make(two.quick)
      await jwksOf(two.quick)
      two.quick.advance(120)
      two.slow.advance(120)
      const goOn = await two.holdIn(() => rotate(two.slow, now))
      await makeAgain(two)
      const before = await jwksOf(two.quick)
      expect((await goOn()).status).toBe(503)
      expect(await jwksOf(two.quick)).toEqual(before)
      await expectWhole(two)
    }))

test('a key that is made while its tenant is deleted does not outlive it', () =>
  withTwo(async (two) => {
    await make(two.quick)
    await two.slow.call('PATCH', '/tenants/made', { body: { active: false }, ifMatch: '*' })
    // The keys are destroyed before the row is deleted.
    const goOn = await two.holdIn(() => two.slow.call('DELETE', '/tenants/made'))
    expect((await rotate(two.quick, false)).status).toBe(200)
    expect((await goOn()).status).toBe(204)
    expect(await two.files()).toEqual({ there: [], named: [] })
  }))

test('a key that is made for a tenant that is gone stays nowhere', () =>
  withTwo(async (two) => {
    await make(two.quick)
    const goOn = await two.holdIn(() => rotate(two.slow, false))
    await remove(two.quick)
    expect((await goOn()).status).toBe(503)
    expect(await two.files()).toEqual({ there: [], named: [] })
  }))
