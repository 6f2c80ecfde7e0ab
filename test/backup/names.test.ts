import { expect, test } from 'bun:test'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeBackup } from '../../src/backup/make-backup.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'
import { makeDataDir, restore } from './backup-kit.ts'

const plain = { tenants: [], leftOut: [], version: 'grantd test', protection: { kind: 'plain' } } as const

test('every name that a tenant, a key and a file of the configuration may have comes back', () =>
  withTempFolder(async (folder) => {
    const [dataDir, to, into] = [join(folder, 'data'), join(folder, 'b'), join(folder, 'new')]
    await makeDataDir(dataDir, 'one')
    const keys = ['keys/a..b/c..d.pem', 'keys/a../-..pem', `keys/${'t'.repeat(64)}/${'k'.repeat(128)}.pem`]
    for (const name of keys) {
      await mkdir(dirname(join(dataDir, name)), { recursive: true })
      await writeFile(join(dataDir, name), name)
    }
    const config = join(folder, 'config.yaml')
    await writeFile(config, 'tenants: {}\n')
    const configFiles = ['config.yaml', 'tenants.d/a..b.yaml'].map((name) => ({ name, path: config }))
    await makeBackup({ ...plain, dataDir, to, configFiles }, platform)
    await restore({ path: to, into })
    for (const name of keys) expect(await readFile(join(into, name), 'utf8')).toBe(name)
    expect(await readdir(join(into, 'restored-config/tenants.d'))).toEqual(['a..b.yaml'])
  }))

test('a backup that no restore would take is not written', () =>
  withTempFolder(async (folder) => {
    const [dataDir, to] = [join(folder, 'data'), join(folder, 'b')]
    await makeDataDir(dataDir, 'one')
    const configFiles = [{ name: '../config.yaml', path: join(dataDir, 'grantd.db') }]
    await expect(makeBackup({ ...plain, dataDir, to, configFiles }, platform)).rejects.toThrow(
      'The backup has a wrong manifest.json',
    )
    expect(await readdir(folder)).toEqual(['data'])
  }))
