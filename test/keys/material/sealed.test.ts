import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { FileMaterial } from '../../../src/keys/material/file-material.ts'
import { type MasterKeys, parseMasterKeys } from '../../../src/keys/material/master-key.ts'
import { SealedMaterial } from '../../../src/keys/material/sealed-material.ts'
import { RingStore } from '../../../src/keys/ring/ring-store.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { hour, readRing, startReplica, TestClock } from '../../support/rings.ts'
import { filesBelow, keyHost, planFor } from '../../support/signing.ts'
import { withTempFolder } from '../../support/temp-folder.ts'

const { hashing } = bunPlatform()
const parse = (text: string) => parseMasterKeys(text, { source: 'GRANTD_MASTER_KEY', hashing })
const [one, two] = ['11'.repeat(32), '22'.repeat(32)] as const
const [idOne, idTwo] = [parse(one)[0].id, parse(two)[0].id]

const clock = new TestClock()

function start(storage: Storage, masterKeys: MasterKeys, tenantId = 'acme') {
  const plan = { ...planFor('/nowhere'), tenantId, folder: null, kid: null }
  return startReplica({ plan, storage, material: new SealedMaterial(keyHost, masterKeys), clock }).keyring
}

/** Writes the ring as it is, with its one key changed. */
async function tamper(
  storage: Storage,
  change: (sealed: string) => string,
  tenantId = 'acme',
): Promise<void> {
  const { ring, version } = await readRing(storage, tenantId)
  const keys = ring.keys.map((key) => ({ ...key, sealed: change(key.sealed ?? '') }))
  await new RingStore(storage, clock.now).replace({ tenantId }, { keys }, version)
}

const refusalOf = (keys: Promise<unknown>) => keys.then(() => 'opened', String)

test('a sealed key is a compact JWE of AES-256-GCM that names tenant, key and master key, and not the key itself', async () => {
  const storage = createMemoryStorage()
  const { active } = await start(storage, parse(one)).of('acme')
  const { sealed = '', file } = (await readRing(storage)).ring.keys[0] ?? {}
  expect(file).toBeUndefined()
  const [header = '', ...rest] = sealed.split('.')
  expect(rest).toHaveLength(4)
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
    ...{ alg: 'dir', enc: 'A256GCM', kid: idOne, tenant: 'acme', key: active.kid },
  })
  const jwk = await crypto.subtle.exportKey('jwk', active.publicKey)
  expect(sealed).not.toContain(jwk.x ?? 'x')
  const again = await start(storage, parse(one)).of('acme')
  expect(again.active.jwk).toEqual(active.jwk)
})

test('any change of a sealed key is refused', async () => {
  const storage = createMemoryStorage()
  const { active } = await start(storage, parse(one)).of('acme')
  const sealed = (await readRing(storage)).ring.keys[0]?.sealed ?? ''
  for (const at of [sealed.indexOf('.') + 5, sealed.lastIndexOf('.') - 9, sealed.length - 3]) {
    const other = sealed[at] === 'A' ? 'B' : 'A'
    await tamper(storage, () => sealed.slice(0, at) + other + sealed.slice(at + 1))
    expect(await refusalOf(start(storage, parse(one)).of('acme'))).toContain(
      `Cannot load the signing key of tenant 'acme': ${active.kid} in the database was changed, or is cut off; restore it from a backup`,
    )
  }
  await tamper(storage, () => 'text')
  expect(await refusalOf(start(storage, parse(one)).of('acme'))).toContain(
    'is not encrypted by grantd; restore it from a backup',
  )
})

test('a sealed key that was moved to another tenant does not open there', async () => {
  const storage = createMemoryStorage()
  await start(storage, parse(one)).of('acme')
  await start(storage, parse(one), 'beta').of('beta')
  const moved = (await readRing(storage)).ring.keys[0]?.sealed ?? ''
  await tamper(storage, () => moved, 'beta')
  expect(await refusalOf(start(storage, parse(one), 'beta').of('beta'))).toContain(
    'is the key of another tenant or another kid; restore it from a backup',
  )
})

test('the wrong master key is refused by its id', async () => {
  const storage = createMemoryStorage()
  await start(storage, parse(one)).of('acme')
  expect(await refusalOf(start(storage, parse(two)).of('acme'))).toContain(
    `is encrypted with the master key ${idOne}, and ${idTwo} is given; give that one too, after a comma`,
  )
})

test('a master key is changed by a list: the first seals what any of them opens', async () => {
  const storage = createMemoryStorage()
  const { active } = await start(storage, parse(one)).of('acme')
  const kidOf = async () => {
    const [header = ''] = ((await readRing(storage)).ring.keys[0]?.sealed ?? '').split('.')
    return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
  }
  await start(storage, parse(`${one},${two}`)).of('acme')
  expect(await kidOf()).toBe(idOne)
  await start(storage, parse(`${two}\n${one}\n`)).of('acme')
  expect(await kidOf()).toBe(idTwo)
  expect((await start(storage, parse(two)).of('acme')).active.jwk).toEqual(active.jwk)
})

test('a key file of before is taken into the database, and stays where it is', () =>
  withTempFolder(async (folder) => {
    const plan = planFor(folder)
    const files = startReplica({
      plan,
      storage: createMemoryStorage(),
      material: new FileMaterial(keyHost),
      clock,
    })
    const { jwks } = await files.keyring.of('acme')
    const storage = createMemoryStorage()
    const material = () => new SealedMaterial(keyHost, parse(one))
    const sealed = startReplica({ plan, storage, material: material(), clock })
    expect((await sealed.keyring.of('acme')).jwks).toEqual(jwks)
    expect(await filesBelow(folder)).toEqual(['keys/acme/k1.pem'])
    await Bun.file(join(folder, 'keys/acme/k1.pem')).delete()
    const elsewhere = startReplica({ plan, storage, material: material(), clock })
    expect((await elsewhere.keyring.of('acme')).jwks).toEqual(jwks)
  }))

test('a replica that did not see the shared rings for a day stops signing, and goes on verifying', async () => {
  const memory = createMemoryStorage()
  const shared: Storage = new Proxy(memory, {
    get: (target, name) => {
      if (name === 'name') return 'postgres'
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  for (const [storage, stops] of [
    [shared, true],
    [memory, false],
  ] as const) {
    const keyring = start(storage, parse(one))
    const keys = await keyring.of('acme')
    const { kid } = keys.active
    clock.advance(24 * hour)
    expect(keys.active.kid).toBe(kid)
    clock.advance(1)
    if (stops) expect(() => keys.active).toThrow('were not seen for a day, so no key signs')
    else expect(keys.active.kid).toBe(kid)
    expect(keys.find(kid)).toBeDefined()
    await keyring.lookForNews()
    expect(keys.active.kid).toBe(kid)
  }
})

const made = 'make one with: openssl rand -base64 32'

test('a master key in any spelling is the same key', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => 255 - index)
  const spellings = [
    bytes.toHex(),
    bytes.toHex().toUpperCase(),
    bytes.toBase64(),
    bytes.toBase64({ alphabet: 'base64url', omitPadding: true }),
    `\n ${bytes.toBase64()} \n`,
  ]
  expect(new Set(spellings.map((text) => parse(text)[0].id)).size).toBe(1)
  for (const text of spellings) expect(parse(text)[0].bytes).toEqual(bytes)
})

test.each([
  ['abc=', 'has 2 bytes'],
  ['ab'.repeat(31), 'has 46 bytes'],
  ['?'.repeat(9), 'has 9 characters that are neither'],
  [`${one},${'A'.repeat(40)}`, 'number 2 in GRANTD_MASTER_KEY has 30 bytes'],
])('the master key %p is refused without being repeated', (text, complaint) => {
  const refused = () => parse(text)
  expect(refused).toThrow(complaint)
  expect(refused).toThrow(made)
  try {
    refused()
  } catch (error) {
    expect(String(error)).not.toContain(text)
    expect(String(error)).not.toContain(text.slice(-20) || 'x')
  }
})

test('a master key that is not there is asked for', () => {
  expect(() => parse(' ,\n')).toThrow(`GRANTD_MASTER_KEY holds no master key; ${made}`)
})
