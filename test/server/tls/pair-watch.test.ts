import { expect, test } from 'bun:test'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readTlsPair } from '../../../src/config/rules/tls-files.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { PairWatch } from '../../../src/server/tls/pair-watch.ts'
import { type Certified, createAuthority } from '../../support/certificates.ts'
import { withTempFolder } from '../../support/temp-folder.ts'

const authority = createAuthority('Test CA')
const [first, second, third] = [1, 2, 3].map(() => authority.certify('id.example.com')) as [
  Certified,
  Certified,
  Certified,
]
const settings = { cert_file: 'cert.pem', key_file: 'key.pem' }

async function writePair(folder: string, { certificate, key }: Certified): Promise<void> {
  await writeFile(join(folder, 'cert.pem'), certificate)
  await writeFile(join(folder, 'key.pem'), key)
}

/** A watch of the files in a folder, whose looks the test calls for. */
async function watch(folder: string, { now = Date.UTC(2030, 0, 1) } = {}) {
  const logged: unknown[] = []
  const found: string[] = []
  const platform = { ...bunPlatform(), now: () => now, after: () => () => {} }
  const host = {
    platform,
    resolve: (path: string) => join(folder, path),
    log: (...line: unknown[]) => void logged.push(line),
  }
  const read = await readTlsPair(settings, host)
  if (!('pair' in read)) throw new Error(read.fault)
  const pairs = new PairWatch(settings, host, {
    first: read,
    onPair: async ({ pair }) => void found.push(pair.certificate),
    onLook: () => {},
  })
  return { pairs, found, logged }
}

test('a new pair is found once both of its files are there, and one file alone never counts', () =>
  withTempFolder(async (folder) => {
    await writePair(folder, first)
    const { pairs, found, logged } = await watch(folder)
    await pairs.look()
    await writeFile(join(folder, 'cert.pem'), second.certificate)
    await pairs.look()
    expect(found).toEqual([])
    await writeFile(join(folder, 'key.pem'), second.key.slice(0, 60))
    await pairs.look()
    expect(found).toEqual([])
    await writeFile(join(folder, 'key.pem'), second.key)
    await pairs.look()
    await pairs.look()
    expect(found).toEqual([second.certificate])
    expect(logged).toEqual([])
    expect(pairs.failures).toBe(0)
  }))

test('a pair is found through the swap of a symbolic link above it, as cert-manager does, and through a rename', () =>
  withTempFolder(async (folder) => {
    for (const [name, pair] of [
      ['one', first],
      ['two', second],
    ] as const) {
      await mkdir(join(folder, name))
      await writePair(join(folder, name), pair)
    }
    await symlink('one', join(folder, '..data'))
    for (const file of ['cert.pem', 'key.pem']) await symlink(`..data/${file}`, join(folder, file))
    const { pairs, found } = await watch(folder)
    await symlink('two', join(folder, '..tmp'))
    await rename(join(folder, '..tmp'), join(folder, '..data'))
    await pairs.look()
    expect(found).toEqual([second.certificate])
    await mkdir(join(folder, 'three'))
    await writePair(join(folder, 'three'), third)
    for (const file of ['cert.pem', 'key.pem']) await rename(join(folder, 'three', file), join(folder, file))
    await pairs.look()
    expect(found).toEqual([second.certificate, third.certificate])
  }))

test('a bad pair that stays is told of once with its cause, and the next good one is taken', () =>
  withTempFolder(async (folder) => {
    await writePair(folder, first)
    const { pairs, found, logged } = await watch(folder)
    await writeFile(join(folder, 'key.pem'), second.key)
    for (let looks = 0; looks < 4; looks++) await pairs.look()
    expect(logged).toEqual([])
    for (let looks = 0; looks < 20; looks++) await pairs.look()
    expect(logged).toEqual([
      [
        'error',
        'the new certificate cannot be used, the old one stays',
        {
          setting: 'server.tls.key_file',
          file: 'key.pem',
          reason: 'is not the key of the certificate in cert_file; name the two files of one certificate',
        },
      ],
    ])
    expect(pairs.failures).toBe(1)
    expect(pairs.latest.pair.certificate).toBe(first.certificate)
    await writePair(folder, second)
    await pairs.look()
    expect(found).toEqual([second.certificate])
  }))

test('a pair that has expired does not replace one that is good, and replaces one that has expired longer', () =>
  withTempFolder(async (folder) => {
    const ended = (year: number) =>
      authority.certifyFor(['id.example.com'], { from: Date.UTC(2020, 0, 1), until: Date.UTC(year, 0, 1) })
    const [older, newer] = [ended(2027), ended(2028)]
    await writePair(folder, first)
    const good = await watch(folder)
    await writePair(folder, older)
    for (let looks = 0; looks < 9; looks++) await good.pairs.look()
    expect(good.found).toEqual([])
    expect(good.logged).toHaveLength(1)
    const bad = await watch(folder)
    await writePair(folder, newer)
    await bad.pairs.look()
    expect(bad.found).toEqual([newer.certificate])
  }))

test('files that are gone for a while leave the old pair in force', () =>
  withTempFolder(async (folder) => {
    await writePair(folder, first)
    const { pairs, found, logged } = await watch(folder)
    await rename(join(folder, 'cert.pem'), join(folder, 'elsewhere.pem'))
    await pairs.look()
    await rename(join(folder, 'elsewhere.pem'), join(folder, 'cert.pem'))
    await pairs.look()
    expect([found, logged]).toEqual([[], []])
  }))
