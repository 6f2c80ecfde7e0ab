import { expect, test } from 'bun:test'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { secretUses } from '../../../src/clients/client-row.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { openStorage } from '../../../src/storage/open.ts'
import { startServed } from '../../support/served.ts'
import { withTempFolder } from '../../support/temp-folder.ts'

const secret = 'a-secret-of-the-service-that-goes'
const tenant = (id: string) =>
  `  ${id}: { name: T, oauth2: {}, signing: { algorithm: ES256 }, clients: { svc: { secret: ${secret} } } }\n`

test('the last use of a secret is not written once its tenant is out of config.yaml', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, `tenants:\n${tenant('stays')}${tenant('goes')}`)
    await chmod(path, 0o600)
    const server = await startServed(folder)
    for (const id of ['stays', 'goes']) {
      const form = { grant_type: 'client_credentials', client_id: 'svc', client_secret: secret }
      const url = `${server.url}/api/v1/tenant/${id}/oauth/token`
      expect((await fetch(url, { method: 'POST', body: new URLSearchParams(form) })).status).toBe(200)
    }
    await writeFile(path, `tenants:\n${tenant('stays')}`)
    expect(await server.ask({ command: 'reload' })).toMatchObject({ reload: { isTaken: true } })
    await server.stop()
    const place = { kind: 'sqlite', path: join(folder, 'data/grantd.db') } as const
    const storage = await openStorage(place, bunPlatform(), { onDamaged: () => {} })
    const used = async (id: string) => (await storage.of(id).of(secretUses).list({ limit: 10 })).length
    expect([await used('stays'), await used('goes')]).toEqual([1, 0])
    await storage.close()
  }))
