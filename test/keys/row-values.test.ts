import { expect, test } from 'bun:test'
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/load.ts'
import { KeyError } from '../../src/keys/key-plan.ts'
import { FileMaterial } from '../../src/keys/material/file-material.ts'
import { keyrings } from '../../src/keys/ring/ring-row.ts'
import type { RingKey } from '../../src/keys/ring/rotation.ts'
import { nodePlatform } from '../../src/platform/node/node-process.ts'
import { composeKeyring } from '../../src/server/compose-keys.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { type Storage, StorageError, systemTenant } from '../../src/storage/storage.ts'
import { storedTenant } from '../../src/tenants/tenant.ts'
import { tenants } from '../../src/tenants/tenant-row.ts'
import { patchTenantSettings } from '../../src/tenants/tenant-settings.ts'
import { day, hour, readRing, startReplica, TestClock } from '../support/rings.ts'
import { filesBelow, keyHost, planFor } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform, testStart } from '../support/test-app.ts'

const host = nodePlatform()

const evil = [
  '../../../../victim.txt',
  '../../victim.txt',
  '../other/k1.pem',
  '/etc/passwd',
  '..',
  '.',
  '',
  '.hidden.pem',
  'sub/k1.pem',
  'sub\\k1.pem',
  'k1.pem\n',
  'k1.pem\0',
  'k1',
  `${'a'.repeat(300)}.pem`,
]

/** Changes what the ring says of its first key, as somebody with a way into the database can. */
async function forge(storage: Storage, change: Partial<RingKey>): Promise<void> {
  const { ring, version } = await readRing(storage)
  const keys = ring.keys.map((key, index) => (index === 0 ? { ...key, ...change } : key))
  await storage.of('acme').of(keyrings).replace('ring', { keys }, { ifVersion: version })
}

interface World {
  readonly folder: string
  readonly storage: Storage
  readonly clock: TestClock
  readonly start: () => ReturnType<typeof startReplica>
}

/** A tenant with a key in `folder/deep/data/keys/acme`, beside the key of another one, and files that nobody may touch. */
async function withWorld(storage: Storage, folder: string, work: (world: World) => Promise<void>) {
  const data = join(folder, 'deep/data')
  const plan = planFor(data, { rotateEvery: 90 * day })
  const clock = new TestClock()
  const start = () => startReplica({ plan, storage, material: new FileMaterial(keyHost), clock })
  await start().keyring.of('acme')
  await mkdir(join(data, 'keys/other'))
  await writeFile(join(data, 'keys/other/k1.pem'), 'a key of others')
  for (const place of ['', 'deep', 'deep/data'])
    await writeFile(join(folder, place, 'victim.txt'), 'precious')
  await work({ folder, storage, clock, start })
}

/** Everything that a server does with the keys of a tenant. */
function attemptsOf({ clock, start }: World): (() => Promise<unknown>)[] {
  return [
    () => start().keyring.of('acme'),
    () => start().keyring.rotate('acme', { now: true, force: true, dropOld: true }),
    () => start().keyring.rotate('acme', { now: false }),
    () => start().keyring.destroy('acme'),
    async () => {
      clock.advance(3 * day)
      await start().keyring.takeDueSteps('acme')
    },
  ]
}

test.each(evil)('a ring that names the key file %j is refused as a row, and no file goes', (file) =>
  withTempFolder(async (folder) => {
    const storage = new SqlStorage(await openSqlite(join(folder, 'db/grantd.db'), host))
    await withWorld(storage, folder, async (world) => {
      await forge(storage, { file })
      const before = await filesBelow(join(folder, 'deep'))
      for (const attempt of attemptsOf(world)) {
        const outcome = await attempt().catch((error: unknown) => error)
        expect(outcome).toBeInstanceOf(StorageError)
        expect(String(outcome)).toContain('The row "ring" of kind keyring of tenant')
      }
      const { keys, complaint } = await world.start().keyring.report('acme', { withPrivate: true })
      expect([keys, complaint]).toEqual([[], expect.stringContaining('The row "ring" of kind keyring')])
      expect(await filesBelow(join(folder, 'deep'))).toEqual(before)
      expect(await readFile(join(folder, 'victim.txt'), 'utf8')).toBe('precious')
    })
    await storage.close()
  }),
)

test.each(evil)(
  'whoever keeps keys does not use the file name %j, whatever the storage lets through',
  (file) =>
    withTempFolder(async (folder) => {
      const storage = createMemoryStorage()
      await withWorld(storage, folder, async ({ clock }) => {
        const plan = planFor(join(folder, 'deep/data'))
        const [good] = (await readRing(storage)).ring.keys
        if (!good) throw new TypeError('There is no key')
        const key = { ...good, file }
        await forge(storage, { file })
        const material = new FileMaterial(keyHost)
        const before = await filesBelow(folder)
        for (const use of [
          material.load(plan, key),
          material.destroy(plan, key),
          material.settle(plan, key),
        ]) {
          const error = await use.catch((cause: unknown) => cause)
          expect(error).toBeInstanceOf(KeyError)
          expect(String(error)).toContain(
            `its row ring of kind keyring in the database names the key file ${JSON.stringify(file)}`,
          )
        }
        const { keyring } = startReplica({ plan, storage, material, clock })
        expect((await keyring.report('acme', { withPrivate: true })).keys).toEqual([])
        expect(await filesBelow(folder)).toEqual(before)
      })
    }),
)

test.each(['../../victim', 'a/b', '', 'a b', 'x"y', 'k\u001b[2J', `${'k'.repeat(129)}`])(
  'a ring with the kid %j is refused',
  (kid) =>
    withTempFolder(async (folder) => {
      const storage = new SqlStorage(await openSqlite(join(folder, 'db/grantd.db'), host))
      await withWorld(storage, folder, async ({ start }) => {
        await forge(storage, { kid })
        await expect(start().keyring.of('acme')).rejects.toBeInstanceOf(StorageError)
      })
      await storage.close()
    }),
)

test('a stored tenant whose id would leave the folder of the keys gets none, and nothing is made or removed', () =>
  withTempFolder(async (folder) => {
    const text = `data_dir: ${folder}/deep/data\ntenants: {}\n`
    const loaded = await parseConfig({ file: 'config.yaml', text, folder }, platform)
    const storage = createMemoryStorage()
    const settings = patchTenantSettings({}, { name: 'S' }, { id: 'x', publicUrl: 'https://id.example' })
    const id = '../../../outside'
    await storage
      .of(systemTenant)
      .of(tenants)
      .create({ id, value: storedTenant(settings, testStart) })
    await mkdir(join(folder, 'outside'))
    await writeFile(join(folder, 'outside/k1.pem'), 'precious')
    const keyring = await composeKeyring(loaded, platform, {
      ...{ storage, now: () => testStart, monotonic: () => 0, log: () => {} },
      audit: { record: () => {} },
    })
    for (const attempt of [
      () => keyring.of(id),
      () => keyring.rotate(id, { now: true }),
      () => keyring.destroy(id),
      () => keyring.report(id, { withPrivate: true }),
    ])
      await expect(attempt()).rejects.toThrow(
        `Cannot load the signing key of tenant '${id}': there is no tenant of this id`,
      )
    expect(await keyring.takeDueSteps(id)).toBe(0)
    await keyring.survey(id)
    expect(await filesBelow(folder)).toEqual(['outside/k1.pem'])
  }))

test('a link in the place of the folder of a tenant is refused: nothing is written or removed through it', () =>
  withTempFolder(async (folder) => {
    const storage = createMemoryStorage()
    const clock = new TestClock()
    const plan = planFor(folder)
    const start = () => startReplica({ plan, storage, material: new FileMaterial(keyHost), clock })
    await mkdir(join(folder, 'keys'), { recursive: true })
    await mkdir(join(folder, 'elsewhere'))
    await start().keyring.of('acme')
    await rename(plan.folder, join(folder, 'elsewhere/acme'))
    await symlink(join(folder, 'elsewhere/acme'), plan.folder)
    const before = await filesBelow(join(folder, 'elsewhere'))
    // It may be read: what signs today signs tomorrow.
    expect((await start().keyring.of('acme')).active.kid).toBe('k1')
    clock.advance(hour)
    for (const attempt of [
      () => start().keyring.rotate('acme', { now: true }),
      () => start().keyring.rotate('acme', { now: true, dropOld: true }),
      () => start().keyring.destroy('acme'),
    ]) {
      await expect(attempt()).rejects.toThrow(
        `${plan.folder} is a symbolic link, and grantd writes and removes nothing through it`,
      )
    }
    expect(await filesBelow(join(folder, 'elsewhere'))).toEqual(before)
    expect((await start().keyring.of('acme')).active.kid).toBe('k1')
  }))

test('a link in the place of a key file goes, and what it names stays', () =>
  withTempFolder(async (folder) => {
    const storage = createMemoryStorage()
    const clock = new TestClock()
    const plan = planFor(folder)
    const { keyring } = startReplica({ plan, storage, material: new FileMaterial(keyHost), clock })
    await keyring.of('acme')
    await rename(join(plan.folder, 'k1.pem'), join(folder, 'mine.pem'))
    await symlink(join(folder, 'mine.pem'), join(plan.folder, 'k1.pem'))
    await keyring.destroy('acme')
    expect(await filesBelow(folder)).toEqual(['mine.pem'])
  }))
