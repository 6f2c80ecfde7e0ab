import { expect, test } from 'bun:test'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import * as jose from 'jose'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { filesBelow, keyringOf, modeOf, openKept, openKey, planFor, putKeyFile } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'

test.each([0o000, 0o022, 0o077, 0o777])(
  'a generated key is a private file in private folders under umask %d',
  (umask) =>
    withTempFolder(async (folder) => {
      const previous = process.umask(umask)
      try {
        await keyringOf(planFor(join(folder, 'data'))).of('acme')
        await keyringOf(planFor(join(folder, 'data2'), { kid: null })).of('acme')
      } finally {
        process.umask(previous)
      }
      const [withKid, withThumbprint] = await filesBelow(folder)
      expect(withKid).toBe('data/keys/acme/k1.pem')
      expect(withThumbprint).toMatch(/^data2\/keys\/acme\/[\w-]{43}\.pem$/)
      for (const file of await filesBelow(folder)) expect(await modeOf(join(folder, file))).toBe('0600')
      for (const data of ['data', 'data2']) {
        for (const sub of ['', 'keys', 'keys/acme'])
          expect(await modeOf(join(folder, data, sub))).toBe('0700')
      }
    }),
)

test('a generated key is a PKCS#8 PEM that other software reads', () =>
  withTempFolder(async (folder) => {
    const { path } = await openKept(planFor(folder))
    const pem = await readFile(path, 'utf8')
    expect(pem).toStartWith('-----BEGIN PRIVATE KEY-----\n')
    expect(pem.trimEnd()).toEndWith('\n-----END PRIVATE KEY-----')
    expect((await jose.importPKCS8(pem, 'ES256')).type).toBe('private')
  }))

test.each(['k1', null])('a second process loads the key of the first byte for byte, with the kid %p', (kid) =>
  withTempFolder(async (folder) => {
    const plan = planFor(folder, { kid })
    const first = await openKept(plan)
    const bytes = await readFile(first.path)
    const second = await openKept(plan)
    expect([first.generated, second.generated]).toEqual([true, false])
    expect(second.path).toBe(first.path)
    expect(JSON.stringify(second.key.jwk)).toBe(JSON.stringify(first.key.jwk))
    expect(await readFile(first.path)).toEqual(bytes)
    expect(await filesBelow(folder)).toHaveLength(1)
  }),
)

test('the default kid is the RFC 7638 thumbprint, and names the file', () =>
  withTempFolder(async (folder) => {
    const { key, path } = await openKept(planFor(folder, { kid: null }))
    const { kty, crv, x, y } = key.jwk
    const thumbprint = await jose.calculateJwkThumbprint({ kty, crv, x, y } as jose.JWK)
    expect(key.kid).toBe(thumbprint)
    expect(path).toBe(join(folder, 'keys/acme', `${thumbprint}.pem`))
    const canonical = JSON.stringify({ crv, kty, x, y })
    expect(thumbprint).toBe(new Bun.CryptoHasher('sha256').update(canonical).digest('base64url'))
  }))

test('the published key has public members only, and finds itself by its kid alone', () =>
  withTempFolder(async (folder) => {
    const keys = await keyringOf(planFor(folder)).of('acme')
    const [jwk, ...more] = keys.jwks.keys
    expect(more).toEqual([])
    expect(Object.keys(jwk ?? {})).toEqual(['kty', 'use', 'kid', 'crv', 'x', 'y', 'alg'])
    expect(jwk).toMatchObject({ kty: 'EC', use: 'sig', kid: 'k1', crv: 'P-256', alg: 'ES256' })
    expect(keys.find('k1')).toBe(keys.active)
    for (const kid of ['k2', 'K1', '', 'constructor']) expect(keys.find(kid)).toBeUndefined()
    expect(keys.active.privateKey.extractable).toBe(false)
  }))

test('many requests at once open a key once', () =>
  withTempFolder(async (folder) => {
    const opened: string[] = []
    const plan = planFor(folder)
    const keyring = keyringOf(plan, {
      onOpened: ({ tenantId }, { generated }) => opened.push(`${tenantId} ${generated}`),
    })
    const keys = await Promise.all(Array.from({ length: 50 }, () => keyring.of('acme')))
    expect(new Set(keys).size).toBe(1)
    expect([await keyring.of('acme')]).toEqual(keys.slice(0, 1))
    expect(opened).toEqual(['acme true'])
    expect(await filesBelow(folder)).toEqual(['keys/acme/k1.pem'])
  }))

test.each(['k1', null])('many openings at once, each on its own, end with one key, with the kid %p', (kid) =>
  withTempFolder(async (folder) => {
    const plan = planFor(folder, { kid })
    const storage = createMemoryStorage()
    const opened = await Promise.all(Array.from({ length: 20 }, () => openKept(plan, { storage })))
    expect(new Set(opened.map(({ key }) => JSON.stringify(key.jwk))).size).toBe(1)
    expect(opened.filter(({ generated }) => generated)).toHaveLength(1)
    expect(await filesBelow(folder)).toHaveLength(1)
  }),
)

test('a tenant without a plan has no key, and nothing is written for it', () =>
  withTempFolder(async (folder) => {
    await expect(keyringOf(planFor(folder)).of('../acme')).rejects.toThrow(
      "Cannot load the signing key of tenant '../acme': there is no tenant of this id",
    )
    expect(await filesBelow(folder)).toEqual([])
  }))

test('a kid that is set makes its own key beside the one that is there', () =>
  withTempFolder(async (folder) => {
    await openKept(planFor(folder))
    const second = await openKept(planFor(folder, { kid: 'k2' }))
    expect(second.generated).toBe(true)
    expect(await filesBelow(folder)).toEqual(['keys/acme/k1.pem', 'keys/acme/k2.pem'])
  }))

test('what a crashed process left behind is no key', () =>
  withTempFolder(async (folder) => {
    const plan = planFor(folder, { kid: null })
    const { path, key } = await openKept(plan)
    await putKeyFile(join(plan.folder, '.k1.pem.0123456789abcdef.tmp'), 'half')
    await writeFile(join(plan.folder, 'README'), 'text')
    const again = await openKept(plan)
    expect([again.path, again.key.kid, again.generated]).toEqual([path, key.kid, false])
  }))

test('an empty folder of the tenant is filled', () =>
  withTempFolder(async (folder) => {
    for (const kid of ['k1', null]) {
      const plan = planFor(join(folder, String(kid)), { kid })
      await mkdir(plan.folder, { recursive: true, mode: 0o700 })
      expect((await openKept(plan)).generated).toBe(true)
    }
  }))

test('without a folder each opening makes a key of its own, and nothing is written', () =>
  withTempFolder(async (folder) => {
    for (const kid of ['k1', null]) {
      const plan = { ...planFor(folder, { kid }), folder: null }
      const [first, second] = await Promise.all([openKey(plan), openKey(plan)])
      expect([first.path, first.generated, second.generated]).toEqual([undefined, true, true])
      expect(first.key.jwk).not.toEqual(second.key.jwk)
    }
    expect(await filesBelow(folder)).toEqual([])
  }))
