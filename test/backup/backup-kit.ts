import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { Opener, Protection } from '../../src/backup/encryption.ts'
import { makeBackup } from '../../src/backup/make-backup.ts'
import type { Manifest } from '../../src/backup/manifest.ts'
import { type Restored, restoreBackup } from '../../src/backup/restore-backup.ts'
import { consents } from '../../src/consents/consent-row.ts'
import type { Files } from '../../src/platform/files.ts'
import { nodeFiles } from '../../src/platform/node/node-files.ts'
import { openStorage } from '../../src/storage/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { filesBelow } from '../support/signing.ts'
import { platform } from '../support/test-app.ts'

export const keyName = `keys/acme/${'k'.repeat(43)}.pem`

/** A pair of a recipient and what opens a backup to it, which costs no time as a passphrase does. */
export async function ageKeys(): Promise<{ protection: Protection; opener: Opener }> {
  const identity = await generateX25519Identity()
  const recipients = [await identityToRecipient(identity)]
  return { protection: { kind: 'recipients', recipients }, opener: { identities: [identity] } }
}

export async function withStorageOf<T>(dataDir: string, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage({ kind: 'sqlite', path: join(dataDir, 'grantd.db') }, platform)
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

const row = (scopes: readonly string[]) => ({
  id: 'ann web',
  parent: 'ann',
  value: { scopes: [...scopes], given_at: 1 },
})

/** Makes a data_dir whose database and key file have a mark. */
export async function makeDataDir(dataDir: string, mark: string): Promise<void> {
  await withStorageOf(
    dataDir,
    async (storage) =>
      void (await storage
        .of('acme')
        .of(consents)
        .create(row([mark]))),
  )
  await nodeFiles.makePrivateFolder(join(dataDir, 'keys/acme'))
  await writeFile(join(dataDir, keyName), `key ${mark}`, { mode: 0o600 })
}

/** The mark of a data_dir, as a start finds it: undefined: it has nothing. Throws where database and key differ. */
export async function readMark(dataDir: string): Promise<string | undefined> {
  const names = await nodeFiles.list(dataDir)
  if (!names.includes('grantd.db') && !names.includes('grantd.restore')) return undefined
  return withStorageOf(dataDir, async (storage) => {
    const found = await storage.of('acme').of(consents).find('ann web')
    const mark = found?.value.scopes[0]
    const key = await readFile(join(dataDir, keyName), 'utf8')
    if (key !== `key ${mark}`) throw new Error(`the database is of '${mark}', and the key says '${key}'`)
    return mark
  })
}

interface BackUpOptions {
  readonly dataDir: string
  readonly to: string
  readonly protection?: Protection
  readonly files?: Files
}

export function backUp({
  dataDir,
  to,
  protection = { kind: 'plain' },
  files = nodeFiles,
}: BackUpOptions): Promise<Manifest> {
  const given = {
    tenants: ['acme', 'configured'],
    configFiles: [],
    leftOut: ['/etc/key.pem'],
    version: 'grantd test',
  }
  return makeBackup({ ...given, dataDir, to, protection }, { ...platform, files })
}

interface RestoreOptions {
  readonly path: string
  readonly into: string
  readonly opener?: Opener
  readonly force?: boolean
  readonly files?: Files
}

export function restore({
  path,
  into,
  opener = {},
  force = false,
  files = nodeFiles,
}: RestoreOptions): Promise<Restored> {
  return restoreBackup({ path, opener, into, force, prepare: async () => {} }, { ...platform, files })
}

/** All files of a folder with their bytes as hex, to see that nothing changed. */
export async function snapshotOf(folder: string): Promise<Record<string, string>> {
  const paths = await filesBelow(folder)
  const all = await Promise.all(
    paths.map(async (path) => [path, (await readFile(join(folder, path))).toHex()] as const),
  )
  return Object.fromEntries(all)
}
