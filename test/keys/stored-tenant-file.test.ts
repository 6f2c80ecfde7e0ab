import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/load.ts'
import { composeKeyring } from '../../src/server/compose-keys.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { systemTenant } from '../../src/storage/storage.ts'
import { storedTenant } from '../../src/tenants/tenant.ts'
import { tenants } from '../../src/tenants/tenant-row.ts'
import { patchTenantSettings } from '../../src/tenants/tenant-settings.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform, testStart } from '../support/test-app.ts'

test('with Postgres a key file is taken into the database for a tenant of config.yaml and never for a stored one', () =>
  withTempFolder(async (folder) => {
    const text = `data_dir: ${folder}\nstorage: postgres://u:p@db.example/d\ntenants: { configured: { name: C, signing: { algorithm: ES256 } } }\n`
    const loaded = await parseConfig({ file: 'config.yaml', text, folder }, platform)
    const storage = createMemoryStorage()
    for (const id of ['configured', 'stored']) {
      const pem = await platform.generateKeyPem({ kty: 'EC', crv: 'P-256' }, 0)
      await platform.files.makePrivateFolder(join(folder, 'keys', id))
      await platform.files.createPrivate(join(folder, 'keys', id, 'planted.pem'), pem)
    }
    const settings = patchTenantSettings(
      {},
      { name: 'S', signing: { algorithm: 'ES256' } },
      { id: 'stored', publicUrl: 'https://id.example' },
    )
    const value = storedTenant(settings, testStart)
    await storage.of(systemTenant).of(tenants).create({ id: 'stored', value })
    const keyring = await composeKeyring(
      loaded,
      { ...platform, environment: () => '11'.repeat(32) },
      {
        ...{ storage, now: () => testStart, monotonic: () => 0, log: () => {} },
        audit: { record: () => {} },
        onOpened: ({ tenantId }, { generated }) => void opened.set(tenantId, generated),
      },
    )
    const opened = new Map<string, boolean>()
    for (const id of ['configured', 'stored']) await keyring.of(id)
    expect([settings.oauth2, settings.api_keys, Object.fromEntries(opened)]).toEqual([
      null,
      null,
      { configured: false, stored: true },
    ])
  }))
