import { expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { composeRegistries } from '../../src/server/compose.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { clientIdOf, renderManyTenants, tenantIdOf } from '../support/many-tenants.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

setDefaultTimeout(60_000)

const publicUrl = 'https://auth.example.com'

/** How often something was unpacked while `act` ran. */
async function countUnpacked(act: () => Promise<unknown>): Promise<number> {
  const parse = spyOn(JSON, 'parse')
  try {
    await act()
    return parse.mock.calls.length
  } finally {
    parse.mockRestore()
  }
}

test('an unknown client id of a tenant in a large file unpacks no client, a known one itself alone and once', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, renderManyTenants({ tenants: 1, clients: 8000 }))
    const loaded = await loadConfig(path, platform)
    const storage = createMemoryStorage()
    const { clients } = composeRegistries(loaded, { storage, publicUrl, hashing: platform.hashing })
    const found = clients.of(tenantIdOf(0))
    expect((await found.find(clientIdOf(1)))?.name).toBe('Service 1 of customer 0')
    expect(await countUnpacked(() => found.find('nobody'))).toBe(0)
    expect(await countUnpacked(() => found.find('__proto__'))).toBe(0)
    expect(await countUnpacked(() => found.find(clientIdOf(7999)))).toBe(1)
    expect(await countUnpacked(() => found.find(clientIdOf(7999)))).toBe(0)
    expect(found.configured).toHaveLength(8000)
  }))

test('clients that have the same scopes have one list of them, whatever tenant they are of', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, renderManyTenants({ tenants: 2, clients: 2 }))
    const storage = createMemoryStorage()
    const loaded = await loadConfig(path, platform)
    const { clients } = composeRegistries(loaded, { storage, publicUrl, hashing: platform.hashing })
    const ask = (tenant: number, client: number) =>
      clients.of(tenantIdOf(tenant)).findConfigured(clientIdOf(client))
    const first = ask(0, 0)
    expect(first?.scopes).not.toHaveLength(0)
    for (const [tenant, client] of [[0, 1] as const, [1, 0] as const, [1, 1] as const])
      expect(ask(tenant, client)?.scopes).toBe(first?.scopes ?? [])
  }))
