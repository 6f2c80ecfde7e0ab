import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { openStorage } from '../../src/storage/open.ts'
import { onlyReadable, type Storage } from '../../src/storage/storage.ts'
import { createWithin } from '../../src/tokens/api-keys/api-key-count.ts'
import { revokeApiKey } from '../../src/tokens/api-keys/api-key-records.ts'
import { apiKeyCounts, apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
import { platform, testStart } from '../support/test-app.ts'

/** Two servers of one database; of memory, two users of one server. */
const storages: Record<string, (folder: string) => Promise<readonly [Storage, Storage]>> = {
  memory: async () => {
    const storage = createMemoryStorage()
    return [storage, storage]
  },
  sqlite: async (folder) => {
    const open = () => openStorage({ kind: 'sqlite', path: join(folder, 'grantd.db') }, platform)
    return [await open(), await open()]
  },
  postgres: async () => {
    const url = await (await sharedPostgres()).createDatabase()
    const open = () => openStorage({ kind: 'postgres', url, ...longTimes }, platform)
    return [await open(), await open()]
  },
}

const tenantId = 'acme'
const clientId = 'svc'
const most = 5

function createKey(storage: Storage, id: string): Promise<boolean> {
  const value = {
    name: id,
    scopes: [],
    client_id: clientId,
    created_at: testStart,
    expires_at: null,
    revoked_at: null,
    tokens: [],
  }
  const record = { id, value, parent: clientId }
  return createWithin(most, record, { storage, tenantId, clientId, now: testStart })
}

async function countLive(storage: Storage): Promise<number> {
  const rows = await storage.of(tenantId).of(apiKeys).list({ limit: 1000, parent: clientId })
  return onlyReadable(rows).filter(({ value }) => value.revoked_at === null).length
}

test.each(Object.entries(storages))(
  'in %s, two servers that make and revoke keys of one client at once stay within its number, and count right',
  async (_, prepare) => {
    const folder = await mkdtemp(join(tmpdir(), 'grantd-count-'))
    const pair = await prepare(folder)
    const [storage, twin] = pair
    const made = await Promise.all(
      Array.from({ length: 20 }, (_each, n) => createKey(n % 2 === 0 ? storage : twin, `a${n}`)),
    )
    expect(made.filter((isMade) => isMade)).toHaveLength(most)
    expect(await countLive(twin)).toBe(most)

    const live = (await storage.of(tenantId).of(apiKeys).list({ limit: 10 })).slice(0, 3)
    await Promise.all([
      ...live.map(({ id }, n) =>
        revokeApiKey(n % 2 === 0 ? twin : storage, tenantId, { id, now: testStart }),
      ),
      ...live.map(({ id }) => revokeApiKey(storage, tenantId, { id, now: testStart })),
      ...Array.from({ length: 6 }, (_each, n) => createKey(n % 2 === 0 ? storage : twin, `b${n}`)),
    ])
    while (await createKey(twin, `c${await countLive(twin)}`))
      expect(await countLive(storage)).toBeLessThanOrEqual(most)
    expect(await countLive(storage)).toBe(most)
    expect((await storage.of(tenantId).of(apiKeyCounts).find(clientId))?.value.live).toBe(most)
    await Promise.all([...new Set(pair)].map((each) => each.close()))
    await rm(folder, { recursive: true })
  },
  120_000,
)
