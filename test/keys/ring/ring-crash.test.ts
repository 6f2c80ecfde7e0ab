import { expect, test } from 'bun:test'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyError } from '../../../src/keys/key-plan.ts'
import { FileMaterial } from '../../../src/keys/material/file-material.ts'
import { RotationError } from '../../../src/keys/ring/rotator.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { day, hour, minute, readRing, startReplica, statesOf, TestClock } from '../../support/rings.ts'
import { ecPair, filesBelow, keyHost, pkcs8, planFor, putKeyFile } from '../../support/signing.ts'
import { withTempFolder } from '../../support/temp-folder.ts'

class Killed extends Error {}

/** The process is killed once the file of a new key is written. */
class KilledBeforeRing extends FileMaterial {
  override async keep(...args: Parameters<FileMaterial['keep']>): Promise<never> {
    await super.keep(...args)
    throw new Killed()
  }
}

/** The process is killed once the ring names the new key. */
class KilledAfterRing extends FileMaterial {
  override async settle(): Promise<never> {
    throw new Killed()
  }
}

interface World {
  readonly folder: string
  readonly clock: TestClock
  readonly storage: Storage
  start(material?: FileMaterial): ReturnType<typeof startReplica>
}

function withWorld(work: (world: World) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    const clock = new TestClock()
    const storage = createMemoryStorage()
    const plan = planFor(folder, { rotateEvery: 90 * day })
    const start = (material = new FileMaterial(keyHost)) => startReplica({ plan, storage, material, clock })
    await work({ folder, clock, storage, start })
  })
}

test('a key of a process that was killed before the ring named it is never used, and is cleared away', () =>
  withWorld(async ({ folder, clock, storage, start }) => {
    await start().keyring.of('acme')
    clock.advance(hour)
    const killed = start(new KilledBeforeRing(keyHost))
    await expect(killed.keyring.rotate('acme', { now: false })).rejects.toBeInstanceOf(Killed)
    expect(await statesOf(storage)).toEqual(['active'])
    const [orphan] = (await filesBelow(folder)).filter((file) => file !== 'keys/acme/k1.pem')
    expect(orphan).toMatch(/^keys\/acme\/\.[\w-]{43}\.pem\.made$/)
    const again = start()
    expect((await again.keyring.of('acme')).jwks.keys).toHaveLength(1)
    expect(await again.keyring.rotate('acme', { now: false })).toMatchObject({ outcome: 'announced' })
    expect(await filesBelow(folder)).not.toContain(orphan ?? '')
    expect(await filesBelow(folder)).toHaveLength(2)
  }))

test('a process that was killed after the ring named the key has lost nothing', () =>
  withWorld(async ({ folder, clock, storage, start }) => {
    await start().keyring.of('acme')
    clock.advance(hour)
    const killed = start(new KilledAfterRing(keyHost))
    await expect(killed.keyring.rotate('acme', { now: true })).rejects.toBeInstanceOf(Killed)
    expect(await statesOf(storage)).toEqual(['retiring', 'active'])
    const { active } = await start().keyring.of('acme')
    expect(active.kid).toBe((await readRing(storage)).ring.keys[1]?.kid ?? '')
    expect(await filesBelow(folder)).toEqual([`keys/acme/${active.kid}.pem`, 'keys/acme/k1.pem'].toSorted())
  }))

test('a change that loses leaves no file', () =>
  withWorld(async ({ folder, clock, start }) => {
    const replicas = [start(), start(), start(), start()]
    await replicas[0]?.keyring.of('acme')
    clock.advance(hour)
    await Promise.all(replicas.map(({ keyring }) => keyring.rotate('acme', { now: true })))
    expect(await filesBelow(folder)).toHaveLength(2)
  }))

test('several files of a rotation do not make a start ask which one', () =>
  withWorld(async ({ folder, clock, start }) => {
    await start().keyring.of('acme')
    for (let round = 0; round < 3; round++) {
      clock.advance(hour)
      await start().keyring.rotate('acme', { now: true })
    }
    expect(await filesBelow(folder)).toHaveLength(4)
    expect((await start().keyring.of('acme')).jwks.keys).toHaveLength(4)
  }))

test('the private half of a retired key is destroyed after a day, its public half stays while its tokens live', () =>
  withWorld(async ({ folder, clock, start }) => {
    const { keyring } = start()
    await keyring.of('acme')
    clock.advance(hour)
    await keyring.rotate('acme', { now: true })
    clock.advance(day - 1)
    expect(await keyring.takeDueSteps('acme')).toBe(0)
    clock.advance(1)
    expect(await keyring.takeDueSteps('acme')).toBe(1)
    expect(await filesBelow(folder)).toHaveLength(1)
    expect((await keyring.of('acme')).find('k1')).toBeDefined()
    clock.advance(hour)
    expect(await keyring.takeDueSteps('acme')).toBe(1)
    expect((await keyring.of('acme')).find('k1')).toBeUndefined()
  }))

const again = 'or make a new key: grantd keys rotate --now --tenant acme'

test('an active key whose file is lost or another one is refused, and rotating is the way out', () =>
  withWorld(async ({ folder, clock, start }) => {
    await start().keyring.of('acme')
    const path = join(folder, 'keys/acme/k1.pem')
    await rename(path, `${path}.away`)
    await expect(start().keyring.of('acme')).rejects.toThrow(
      `Cannot load the signing key of tenant 'acme': ${path} does not exist; restore it from a backup, ${again}`,
    )
    await putKeyFile(path, pkcs8(ecPair().privateKey))
    const refused = await start()
      .keyring.of('acme')
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(KeyError)
    expect(String(refused)).toContain(
      `${path} is not the key that the database knows as k1; restore it from a backup, ${again}`,
    )
    clock.advance(2 * minute)
    const { keyring } = start()
    await keyring.rotate('acme', { now: true })
    expect((await keyring.of('acme')).jwks.keys.map(({ kid }) => kid)[1]).toBe('k1')
  }))

test('a next key that is lost never takes over: the active one signs on, until somebody rotates', () =>
  withWorld(async ({ folder, clock, storage, start }) => {
    const { keyring } = start()
    await keyring.of('acme')
    clock.advance(hour)
    await keyring.rotate('acme', { now: false })
    const next = (await readRing(storage)).ring.keys[1]?.kid ?? ''
    await rm(join(folder, `keys/acme/${next}.pem`))
    clock.advance(10 * minute)
    await expect(keyring.takeDueSteps('acme')).rejects.toThrow(`${next}.pem does not exist; restore it`)
    expect((await start().keyring.of('acme')).active.kid).toBe('k1')
    expect(await keyring.rotate('acme', { now: false })).toMatchObject({ outcome: 'announced' })
    const { ring } = await readRing(storage)
    expect(ring.keys.map(({ kid, state }) => [kid === 'k1', kid === next, state])).toEqual([
      [true, false, 'active'],
      [false, false, 'next'],
    ])
  }))

test('a new active key that cannot be had leaves the last one signing for a day, no longer', () =>
  withWorld(async ({ folder, clock, storage, start }) => {
    const [a, b] = [start(), start()]
    await Promise.all([a.keyring.of('acme'), b.keyring.of('acme')])
    clock.advance(hour)
    await a.keyring.rotate('acme', { now: true })
    const { kid } = (await a.keyring.of('acme')).active
    const path = join(folder, `keys/acme/${kid}.pem`)
    const pem = await readFile(path)
    await rm(path)
    await expect(b.keyring.lookForNews()).rejects.toThrow('does not exist')
    const keys = await b.keyring.of('acme')
    expect(keys.active.kid).toBe('k1')
    expect(keys.jwks.keys.map((key) => key.kid)).toEqual([kid, 'k1'])
    clock.advance(day + 1)
    expect(() => keys.active).toThrow('does not exist')
    await writeFile(path, pem, { mode: 0o600 })
    await b.keyring.lookForNews()
    expect((await b.keyring.of('acme')).active.kid).toBe(kid)
    expect(await statesOf(storage)).toEqual(['retiring', 'active'])
  }))

test('a rotation within a minute is the same one, unless it is forced; a waiting key is told', () =>
  withWorld(async ({ clock, start }) => {
    const { keyring } = start()
    const outcome = async (options: object) =>
      (await keyring.rotate('acme', { now: true, ...options })).outcome
    await keyring.of('acme')
    expect(await outcome({})).toBe('too-soon')
    clock.advance(minute)
    expect(await outcome({})).toBe('rotated')
    expect(await outcome({})).toBe('too-soon')
    expect(await outcome({ force: true })).toBe('rotated')
    expect(await outcome({ now: false })).toBe('announced')
    expect(await outcome({ now: false })).toBe('waiting')
    clock.advance(minute)
    expect(await outcome({})).toBe('rotated')
    expect(await outcome({ now: false })).toBe('announced')
  }))

test('a key of the operator is not rotated, and the refusal says what to do', () =>
  withTempFolder(async (folder) => {
    const file = await putKeyFile(join(folder, 'own.pem'), pkcs8(ecPair().privateKey))
    const plan = planFor(folder, { file })
    const storage = createMemoryStorage()
    const { keyring } = startReplica({
      plan,
      storage,
      material: new FileMaterial(keyHost),
      clock: new TestClock(),
    })
    await keyring.of('acme')
    const refused = await keyring.rotate('acme', { now: true }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(RotationError)
    expect(String(refused)).toContain(`The key of tenant 'acme' is yours (${file})`)
    expect(await keyring.takeDueSteps('acme')).toBe(0)
    await rm(file)
    await keyring.lookForNews()
    expect((await keyring.of('acme')).active.kid).toBe('k1')
    expect(await filesBelow(folder)).toEqual([])
  }))
