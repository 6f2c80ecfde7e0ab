import { expect, test } from 'bun:test'
import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyError, type KeyPlan } from '../../src/keys/key-plan.ts'
import type { Keyring } from '../../src/keys/keyring.ts'
import { FileMaterial } from '../../src/keys/material/file-material.ts'
import { nodeFiles } from '../../src/platform/node/node-files.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { Died, type Doom, doomedFiles, doomedStorage, Fate } from '../support/doomed.ts'
import { day, hour, minute, readRing, startReplica, TestClock } from '../support/rings.ts'
import { filesBelow, keyHost, planFor } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'

/** A machine on which processes run one after the other: what they keep outlives them. */
class Machine {
  readonly clock = new TestClock()
  readonly storage: Storage = createMemoryStorage()
  readonly plan: KeyPlan & { folder: string }
  readonly #folder: string

  constructor(folder: string, kid: string | null) {
    this.#folder = folder
    this.plan = planFor(folder, { kid, rotateEvery: 90 * day })
  }

  start(fate = new Fate()): Keyring {
    const host = { ...keyHost, files: doomedFiles(fate) }
    const storage = doomedStorage(this.storage, fate)
    const { plan, clock } = this
    const changes = { host, findPlan: () => (this.isThere ? plan : undefined) }
    return startReplica({ plan, storage, material: new FileMaterial(host), clock, changes }).keyring
  }

  files(): Promise<readonly string[]> {
    return filesBelow(this.#folder)
  }

  /** Whether the tenant is one of config.yaml or of the storage. */
  isThere = true
  /** A file that somebody took away, and that a ring may name still. */
  lost: string | undefined

  /** The files that the ring names, and no other, are there. */
  async expectWhole(): Promise<void> {
    const { ring } = await readRing(this.storage)
    const named = ring.keys.flatMap(({ file }) => (file === undefined ? [] : [`keys/acme/${file}`]))
    expect(await this.files()).toEqual(named.filter((file) => file !== this.lost).toSorted())
    expect(ring.discarded).toBeUndefined()
    expect(ring.keys.filter(({ state }) => state === 'active')).toHaveLength(1)
  }
}

interface Story {
  readonly what: string
  readonly kid: string | null
  readonly prepare: (machine: Machine) => Promise<unknown>
  readonly act: (keyring: Keyring, machine: Machine) => Promise<unknown>
}

const open = (machine: Machine) => machine.start().of('acme')

async function openAndWait(machine: Machine): Promise<void> {
  await open(machine)
  machine.clock.advance(hour)
}

async function loseNext(machine: Machine): Promise<void> {
  await openAndWait(machine)
  await machine.start().rotate('acme', { now: false })
  const next = (await readRing(machine.storage)).ring.keys.find(({ state }) => state === 'next')
  machine.lost = `keys/acme/${next?.file}`
  await rm(join(machine.plan.folder, next?.file ?? ''))
}

/** What a start of an earlier build leaves that is killed, and an empty file of a full disk. */
async function leaveOfBefore(machine: Machine): Promise<void> {
  const { folder } = machine.plan
  const aside = join(folder, '../.acme.0123456789abcdef.tmp')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await mkdir(aside, { mode: 0o700 })
  await writeFile(join(aside, `${'a'.repeat(43)}.pem`), 'a key', { mode: 0o600 })
  for (const name of [
    `.${'b'.repeat(43)}.pem.made`,
    `..${'c'.repeat(43)}.pem.made.0123456789abcdef.tmp`,
    `.${'d'.repeat(43)}.pem.0123456789abcdef.tmp`,
    '.probe.0123456789abcdef.tmp',
  ])
    await writeFile(join(folder, name), '', { mode: 0o600 })
}

const dueSteps = async (keyring: Keyring, { clock }: Machine) => {
  clock.advance(90 * day)
  await keyring.takeDueSteps('acme')
  clock.advance(hour)
  await keyring.takeDueSteps('acme')
  clock.advance(3 * day)
  await keyring.takeDueSteps('acme')
}

const rotations: readonly Story[] = [
  { what: 'the first start', kid: null, prepare: async () => {}, act: (keyring) => keyring.of('acme') },
  {
    what: 'the first start with a kid',
    kid: 'k1',
    prepare: async () => {},
    act: (keyring) => keyring.of('acme'),
  },
  {
    what: 'a start after what earlier builds left',
    kid: null,
    prepare: leaveOfBefore,
    act: (keyring) => keyring.of('acme'),
  },
  {
    what: 'a start that finds a ring and what earlier builds left',
    kid: 'k1',
    prepare: async (machine) => {
      await open(machine)
      await leaveOfBefore(machine)
    },
    act: (keyring) => keyring.of('acme'),
  },
  {
    what: 'a rotation that announces',
    kid: 'k1',
    prepare: openAndWait,
    act: (keyring) => keyring.rotate('acme', { now: false }),
  },
  {
    what: 'a rotation at once',
    kid: null,
    prepare: openAndWait,
    act: (keyring) => keyring.rotate('acme', { now: true }),
  },
  {
    what: 'a rotation that drops the old keys',
    kid: 'k1',
    prepare: openAndWait,
    act: (keyring) => keyring.rotate('acme', { now: true, dropOld: true }),
  },
  {
    what: 'a rotation in place of a next key that is lost',
    kid: null,
    prepare: loseNext,
    act: (keyring) => keyring.rotate('acme', { now: false }),
  },
  { what: 'the steps of a year', kid: 'k1', prepare: openAndWait, act: dueSteps },
]

/** Runs the story once for every call that it makes, with this doom at it; answers how many that were. */
async function atEveryCall(
  { kid, prepare, act }: Story,
  by: Doom['by'],
  check: (machine: Machine, before: readonly string[]) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at++) {
    const fate = new Fate({ at, by })
    await withTempFolder(async (folder) => {
      const machine = new Machine(folder, kid)
      await prepare(machine)
      const before = await machine.files()
      const keyring = machine.start(fate)
      const outcome = await act(keyring, machine).catch((cause: unknown) => cause)
      // Every other error is a fault of ours.
      if (outcome instanceof Error && !(outcome instanceof Died || outcome instanceof KeyError)) throw outcome
      await check(machine, before)
    })
    if (!fate.isMet) return at - 1
  }
}

const killed = ['before', 'after', 'half'] as const
const ways = rotations.flatMap((story) => killed.map((by) => [story.what, by, story] as const))

test.each(ways)(
  '%s, killed %s any of its calls: the next start signs and leaves what the ring names',
  async (_, by, story) => {
    const calls = await atEveryCall(story, by, async (machine) => {
      const keyring = machine.start()
      expect((await keyring.of('acme')).active.kid).not.toBe('')
      // A server looks for these every second: a key is destroyed before the ring forgets where it was.
      await keyring.takeDueSteps('acme')
      await machine.expectWhole()
    })
    expect(calls).toBeGreaterThan(8)
  },
)

test.each(ways)('%s, killed %s any of its calls: the next rotation clears up too', async (_, by, story) => {
  await atEveryCall(story, by, async (machine) => {
    machine.clock.advance(2 * minute)
    const keyring = machine.start()
    await keyring.rotate('acme', { now: true, force: true })
    await keyring.takeDueSteps('acme')
    await machine.expectWhole()
  })
})

test.each(killed)(
  'a tenant that nobody uses is cleared up too, killed %s any call of its rotation',
  async (by) => {
    const story = rotations.find(({ what }) => what === 'a rotation that drops the old keys')
    if (!story) throw new TypeError('There is no such story')
    await atEveryCall(story, by, async (machine) => {
      await machine.start().survey('acme')
      await machine.expectWhole()
    })
  },
)

const deletion: Story = {
  what: 'a deletion',
  kid: 'k1',
  prepare: async (machine) => {
    await openAndWait(machine)
    await machine.start().rotate('acme', { now: true })
    await machine.start().rotate('acme', { now: false })
    await leaveOfBefore(machine)
  },
  act: (keyring) => keyring.destroy('acme'),
}

test.each(killed)(
  'a deletion, killed %s any of its calls: asked for again it leaves nothing, and a new tenant signs',
  async (by) => {
    await atEveryCall(deletion, by, async (machine) => {
      await machine.start().destroy('acme')
      expect(await nodeFiles.list(join(machine.plan.folder, '..'))).toEqual([])
      await open(machine)
      await machine.expectWhole()
    })
  },
)

test.each(killed)(
  'a deletion, killed %s any of its calls: a tenant that stays gets keys, and no other is there',
  async (by) => {
    await atEveryCall(deletion, by, async (machine) => {
      const keyring = machine.start()
      await keyring.survey('acme')
      expect((await keyring.of('acme')).active.kid).not.toBe('')
      await machine.expectWhole()
    })
  },
)

test.each(killed)('what is made anew clears what was left, killed %s any of its calls', async (by) => {
  const making: Story = {
    what: 'a tenant of an id that was used',
    kid: null,
    prepare: async (machine) => {
      await leaveOfBefore(machine)
      await writeFile(join(machine.plan.folder, `${'e'.repeat(43)}.pem`), 'the key of another', {
        mode: 0o600,
      })
    },
    act: (keyring, machine) => {
      machine.isThere = false
      return keyring.clear('acme')
    },
  }
  await atEveryCall(making, by, async (machine) => {
    await machine.start().clear('acme')
    expect(await nodeFiles.list(join(machine.plan.folder, '..'))).toEqual([])
    machine.isThere = true
    await open(machine)
    await machine.expectWhole()
  })
})

test.each([
  ...rotations.map((story) => [story.what, 'ENOSPC', story] as const),
  ...rotations.map((story) => [story.what, 'EIO', story] as const),
])(
  '%s, with a disk that is full or broken (%s) from any of its calls on, leaves nothing and signs on',
  async (_, by, story) => {
    await atEveryCall(story, by, async (machine, before) => {
      // Nobody has started anew yet: no more is there than before, but for what a ring names.
      const stored = await readRing(machine.storage).catch(() => undefined)
      const named = (stored?.ring.keys ?? []).flatMap(({ file }) => file ?? [])
      const more = (await machine.files()).filter((file) => !before.includes(file))
      expect(more.length).toBeLessThanOrEqual(named.length)
      const keyring = machine.start()
      expect((await keyring.of('acme')).active.kid).not.toBe('')
      await keyring.takeDueSteps('acme')
      await machine.expectWhole()
    })
  },
)

test('each rotation on a full disk leaves the folder as it was', () =>
  withTempFolder(async (folder) => {
    const machine = new Machine(folder, null)
    await openAndWait(machine)
    const before = await machine.files()
    for (let round = 0; round < 3; round++) {
      const keyring = machine.start(new Fate({ at: 1, by: 'ENOSPC' }))
      await expect(keyring.rotate('acme', { now: true })).rejects.toThrow('ENOSPC; make room on the disk')
      expect(await machine.files()).toEqual(before)
    }
  }))

test('what is not of grantd stays, whatever it is and whatever happens', () =>
  withTempFolder(async (folder) => {
    const machine = new Machine(folder, 'k1')
    await openAndWait(machine)
    const foreign = [
      'README',
      'old.pem',
      'k2.pem',
      '.old.pem.swp',
      '.k1.pem.tmp',
      'k1.pem.made',
      '.acme.tmp',
      `${'f'.repeat(43)}.pem.bak`,
    ]
    for (const name of foreign) await writeFile(join(machine.plan.folder, name), 'mine')
    // A database that was restored from a backup does not know the newest key.
    const unknown = `${'g'.repeat(43)}.pem`
    await writeFile(join(machine.plan.folder, unknown), 'mine')
    await open(machine)
    await machine.start().rotate('acme', { now: true, dropOld: true })
    const names = (await machine.files()).map((file) => file.replace('keys/acme/', ''))
    expect(names).toEqual(expect.arrayContaining([...foreign, unknown]))
    await machine.start().destroy('acme')
    expect((await machine.files()).map((file) => file.replace('keys/acme/', ''))).toEqual(foreign.toSorted())
  }))

test('a folder in which something else was left blocks no first key', () =>
  withTempFolder(async (folder) => {
    for (const kid of [null, 'k1']) {
      const machine = new Machine(join(folder, String(kid)), kid)
      await leaveOfBefore(machine)
      await writeFile(join(machine.plan.folder, 'README'), 'mine')
      expect((await open(machine)).active.kid).not.toBe('')
      const { ring } = await readRing(machine.storage)
      expect(await machine.files()).toEqual(
        ['keys/acme/README', `keys/acme/${ring.keys[0]?.file}`].toSorted(),
      )
    }
  }))

/** Runs `onKept` once a new key is kept and not yet in the ring. */
class Interrupted extends FileMaterial {
  readonly #onKept: () => Promise<unknown>
  #isDone = false

  constructor(onKept: () => Promise<unknown>) {
    super(keyHost)
    this.#onKept = onKept
  }

  override async keep(...args: Parameters<FileMaterial['keep']>) {
    const kept = await super.keep(...args)
    if (!this.#isDone) {
      this.#isDone = true
      await this.#onKept()
    }
    return kept
  }
}

const others: readonly [what: string, act: (keyring: Keyring) => Promise<unknown>][] = [
  ['starts', (keyring) => keyring.of('acme')],
  ['looks at tenants that nobody uses', (keyring) => keyring.survey('acme')],
  ['rotates', (keyring) => keyring.rotate('acme', { now: false })],
]

test.each(others)(
  'a key that is being made while another process %s gets into the ring with its file, or not at all',
  (_, act) =>
    withTempFolder(async (folder) => {
      const machine = new Machine(folder, null)
      await openAndWait(machine)
      const { plan, storage, clock } = machine
      const material = new Interrupted(() => act(machine.start()))
      const { keyring } = startReplica({ plan, storage, material, clock })
      const { outcome } = await keyring.rotate('acme', { now: false })
      expect(['announced', 'waiting']).toContain(outcome)
      expect((await readRing(storage)).ring.keys.map(({ state }) => state)).toEqual(['active', 'next'])
      await machine.expectWhole()
    }),
)

test.each([null, 'k1'])(
  'of two first starts, one inside of the other, the loser leaves nothing and uses the key of the winner (kid %p)',
  (kid) =>
    withTempFolder(async (folder) => {
      const machine = new Machine(folder, kid)
      const { plan, storage, clock } = machine
      const material = new Interrupted(() => open(machine))
      const { keyring } = startReplica({ plan, storage, material, clock })
      const { active } = await keyring.of('acme')
      expect(active.jwk).toEqual((await open(machine)).active.jwk)
      await machine.expectWhole()
    }),
)

test('a rotation that a deletion overtakes leaves nothing behind the tenant', () =>
  withTempFolder(async (folder) => {
    const machine = new Machine(folder, null)
    await openAndWait(machine)
    const { plan, storage, clock } = machine
    const material = new Interrupted(() => machine.start().destroy('acme'))
    const { keyring } = startReplica({ plan, storage, material, clock })
    await expect(keyring.rotate('acme', { now: true })).rejects.toBeInstanceOf(KeyError)
    expect(await nodeFiles.list(join(plan.folder, '..'))).toEqual([])
  }))

/** What a round of the maintenance does with the folders of keys. */
async function clearFolders(machine: Machine): Promise<void> {
  const { orphans } = machine.start()
  for (const id of await orphans.list()) await orphans.clear(id)
}

/** What is beside or in folders of keys, but for the files that the ring names. */
async function expectNothingLeft(machine: Machine): Promise<void> {
  const stored = await readRing(machine.storage).catch(() => undefined)
  if (stored) return machine.expectWhole()
  expect(await nodeFiles.list(join(machine.plan.folder, '..'))).toEqual([])
}

const firstStarts = rotations
  .slice(0, 3)
  .flatMap((story) => killed.map((by) => [story.what, by, story] as const))

test.each(firstStarts)(
  '%s, killed %s any of its calls: nothing unfinished stays of a tenant that is gone then',
  async (_, by, story) => {
    await atEveryCall(story, by, async (machine) => {
      machine.isThere = false
      await clearFolders(machine)
      await expectNothingLeft(machine)
    })
  },
)

test.each(firstStarts)(
  '%s, killed %s any of its calls: an hour later nothing unfinished stays of a tenant that nobody uses',
  async (_, by, story) => {
    await atEveryCall(story, by, async (machine) => {
      const hasRing = await readRing(machine.storage).then(
        () => true,
        () => false,
      )
      // The clock of these machines is years ahead of the files.
      await clearFolders(machine)
      if (!hasRing) expect(await nodeFiles.list(machine.plan.folder)).toEqual([])
      await open(machine)
      await machine.expectWhole()
    })
  },
)

test.each(killed)(
  'a deletion, killed %s any of its calls: nothing stays once the tenant is gone',
  async (by) => {
    await atEveryCall(deletion, by, async (machine) => {
      machine.isThere = false
      const isWhole = await readRing(machine.storage).then(
        ({ ring }) => ring.keys.length > 0,
        () => false,
      )
      await clearFolders(machine)
      const names = (await machine.files()).map((file) => file.replace('keys/acme/', ''))
      if (!isWhole) return expect(await nodeFiles.list(join(machine.plan.folder, '..'))).toEqual([])
      // It may as well have left config.yaml, and come back.
      const { ring } = await readRing(machine.storage)
      expect(names).toEqual(ring.keys.flatMap(({ file }) => file ?? []).toSorted())
    })
  },
)

test('of a tenant without a ring, what is younger than an hour stays: somebody may be at work', () =>
  withTempFolder(async (folder) => {
    const machine = new Machine(folder, null)
    await leaveOfBefore(machine)
    machine.clock.jump(Date.now() + minute - machine.clock.now())
    const before = await machine.files()
    await clearFolders(machine)
    expect(await machine.files()).toEqual(before)
    // A time that somebody sets says nothing about it.
    for (const file of before) await utimes(join(folder, file), 0, 0)
    await clearFolders(machine)
    expect(await machine.files()).toEqual(before)
    machine.clock.advance(hour)
    await clearFolders(machine)
    expect(await nodeFiles.list(machine.plan.folder)).toEqual([])
  }))

test('of a tenant that is gone, what grantd did not make stays, and nothing goes through a link', () =>
  withTempFolder(async (folder) => {
    const machine = new Machine(folder, null)
    const { folder: place } = machine.plan
    machine.isThere = false
    await leaveOfBefore(machine)
    const foreign = ['.old.pem.swp', 'README', `${'e'.repeat(43)}.pem`, 'k1.pem'].toSorted()
    for (const name of foreign) await writeFile(join(place, name), 'mine')
    await mkdir(join(folder, 'elsewhere'))
    const [linked, orphan] = [join(folder, 'keys/linked'), `.${'b'.repeat(43)}.pem.made`]
    await writeFile(join(folder, 'elsewhere', orphan), 'mine')
    await symlink(join(folder, 'elsewhere'), linked)
    await writeFile(join(folder, 'keys/afile'), 'mine')
    const { orphans } = startReplica({
      ...machine,
      material: new FileMaterial(keyHost),
      changes: { findPlan: () => undefined, folderOf: (id) => join(folder, 'keys', id) },
    }).keyring
    const ids = await orphans.list()
    expect(ids).toEqual(['acme', 'afile', 'linked'])
    for (const id of ids) await orphans.clear(id)
    expect(await nodeFiles.list(place)).toEqual(foreign)
    expect(await nodeFiles.list(linked)).toEqual([orphan])
    expect(await nodeFiles.list(join(folder, 'keys'))).toEqual(['acme', 'afile', 'linked'])
  }))

test.each([null, 'k1'])(
  'a first start that stood still while its file was cleared makes another key (kid %p)',
  (kid) =>
    withTempFolder(async (folder) => {
      const machine = new Machine(folder, kid)
      const { plan, storage, clock } = machine
      const material = new Interrupted(() => clearFolders(machine))
      const { keyring, events } = startReplica({ plan, storage, material, clock })
      const { active } = await keyring.of('acme')
      expect((await open(machine)).active.jwk).toEqual(active.jwk)
      expect(events.map(({ kind, kid: made }) => [kind, made])).toEqual([['first', active.kid]])
      await machine.expectWhole()
    }),
)
