import { expect, test } from 'bun:test'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { secretUses } from '../../src/clients/client-row.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { type AdminApp, opsYaml, startAdminApp } from './admin-app.ts'

const header = (folder: string) => `data_dir: ${folder}/data${opsYaml}`
const legacy = (clients: string) => `
  legacy:
    name: Legacy
    oauth2: { scopes: { read: Read } }
    api_keys: { allowed_scopes: [read] }
    clients: ${clients}
`
const svc = '{ svc: { secret: svc-secret-value, scopes: [read, "api-keys:manage"] } }'

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const use = async (app: AdminApp, token: string) =>
  (await app.send('/api/v1/protected-resource', { headers: bearer(token) })).status
const secretOf = { client_id: 'svc', client_secret: 'svc-secret-value' }
const settings = { oauth2: { scopes: { read: 'Read' } }, api_keys: { allowed_scopes: ['read'] } }

/** Runs `before` on a server with `legacy` in its config.yaml, and `after` on one without, of the same memory and folder. */
function withRemoved(
  clients: { before: string; after: string | undefined },
  work: (before: AdminApp, after: AdminApp, folder: string) => Promise<void>,
): Promise<void> {
  return withTempFolder(async (folder) => {
    const storage = createMemoryStorage()
    const yaml = header(folder)
    const before = await startAdminApp({ storage }, yaml + legacy(clients.before))
    const { after: left } = clients
    const after = await startAdminApp({ storage }, left === undefined ? yaml : yaml + legacy(left))
    await work(before, after, folder)
    await before.close()
    await after.close()
  })
}

async function makeApiKey(app: AdminApp, token: string): Promise<{ id: string; token: string }> {
  const response = await app.send('/api/v1/tenant/legacy/api-keys/create', {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'K', scopes: ['read'], expires_in_days: 0 }),
  })
  const { id, api_key } = await response.json()
  expect([response.status, typeof id, typeof api_key]).toEqual([201, 'string', 'string'])
  return { id, token: api_key }
}

const makeTenant = (app: AdminApp, id = 'legacy') =>
  app.call('POST', '/tenants', { body: { id, name: 'New', ...settings } })
const makeClient = (app: AdminApp, id = 'legacy') =>
  app.call('POST', `/tenants/${id}/clients`, {
    body: { client_id: 'svc', scopes: ['read', 'api-keys:manage'] },
  })

test('a tenant under the id of one that left config.yaml inherits no token, API key, client, use or signing key', () =>
  withRemoved({ before: svc, after: undefined }, async (before, after, folder) => {
    const token = await before.token('legacy', { ...secretOf, scope: 'read api-keys:manage' })
    const apiKey = await makeApiKey(before, token)
    const body = { client_id: 'stored' }
    const { status } = await before.call('POST', '/tenants/legacy/clients', { body })
    await before.deps.lastUse.flush()
    const [old] = (await before.call('GET', '/tenants/legacy/keys')).body.items
    expect(status).toBe(201)
    expect((await makeTenant(after)).status).toBe(201)
    expect((await after.call('GET', '/tenants/legacy/clients')).body.items).toEqual([])
    expect(await after.deps.storage.of('legacy').of(secretUses).list({ limit: 9 })).toEqual([])
    expect([await use(after, token), await use(after, apiKey.token)]).toEqual([401, 401])
    after.advance(1)
    const { client_secret } = (await makeClient(after)).body
    const fresh = await after.token('legacy', { client_id: 'svc', client_secret })
    const kids = (await after.call('GET', '/tenants/legacy/keys')).body.items.map(
      ({ kid }: { kid: string }) => kid,
    )
    expect([await use(after, fresh), await use(after, token), kids.length]).toEqual([200, 401, 1])
    expect(kids).not.toContain(old.kid)
    expect(await readdir(join(folder, 'data/keys/legacy'))).toEqual([`${kids[0]}.pem`])
  }))

test('a key file that lies under the id of a tenant that is made is not adopted', () =>
  withRemoved({ before: svc, after: undefined }, async (before, after, folder) => {
    const pem = await before.deps.keyring.of('ops')
    const keys = join(folder, 'data/keys')
    await mkdir(join(keys, 'planted'), { mode: 0o700 })
    const from = join(keys, 'ops', `${pem.active.kid}.pem`)
    await Bun.write(join(keys, 'planted', 'planted.pem'), Bun.file(from), { mode: 0o600 })
    await Bun.write(join(keys, 'planted', '.other.pem.made'), Bun.file(from), { mode: 0o600 })
    expect((await makeTenant(after, 'planted')).status).toBe(201)
    expect(await readdir(keys)).not.toContain('planted')
    const { client_secret } = (await makeClient(after, 'planted')).body
    const fresh = await after.token('planted', { client_id: 'svc', client_secret })
    expect(await use(after, fresh)).toBe(200)
  }))

test('a tenant that is refused leaves the keys of the id alone', () =>
  withRemoved({ before: svc, after: undefined }, async (before, after, folder) => {
    await before.token('legacy', { ...secretOf, scope: 'read' })
    const names = () => readdir(join(folder, 'data/keys/legacy'))
    const kept = await names()
    const taken = { id: 'legacy', name: 'N', issuer: 'http://localhost:3000/api/v1/tenant/ops' }
    expect((await after.call('POST', '/tenants', { body: taken })).status).toBe(409)
    const own = { name: 'N', issuer: 'https://issuer.example/own' }
    expect((await after.call('POST', '/tenants', { body: { id: 'first', ...own } })).status).toBe(201)
    expect((await after.call('POST', '/tenants', { body: { id: 'legacy', ...own } })).status).toBe(409)
    expect((await makeTenant(before)).status).toBe(409)
    expect(await names()).toEqual(kept)
  }))

test('a client under the id of one that left config.yaml inherits no token, API key or use', () =>
  withRemoved({ before: svc, after: '{}' }, async (before, after) => {
    const token = await before.token('legacy', { ...secretOf, scope: 'read api-keys:manage' })
    const apiKey = await makeApiKey(before, token)
    await before.deps.lastUse.flush()
    after.advance(1)
    expect([await use(after, token), await use(after, apiKey.token)]).toEqual([401, 401])
    const made = await makeClient(after)
    expect([made.status, made.body.secrets[0].last_used]).toEqual([201, null])
    expect(await after.deps.storage.of('legacy').of(secretUses).list({ limit: 9 })).toEqual([])
    expect([await use(after, token), await use(after, apiKey.token)]).toEqual([401, 401])
    const { client_secret } = made.body
    const fresh = await after.token('legacy', { client_id: 'svc', client_secret, scope: 'read' })
    expect(await use(after, fresh)).toBe(200)
  }))

test('a server that has the keys of a tenant signs with those of the one that another server made in its place', () =>
  withTempFolder(async (folder) => {
    const storage = createMemoryStorage()
    const [one, two] = [
      await startAdminApp({ storage }, header(folder)),
      await startAdminApp({ storage }, header(folder)),
    ]
    const makeBoth = async () => {
      expect((await makeTenant(one, 'made')).status).toBe(201)
      const { client_secret } = (await makeClient(one, 'made')).body
      return { client_id: 'svc', client_secret }
    }
    const old = await two.token('made', await makeBoth())
    expect(await use(one, old)).toBe(200)
    await one.call('PATCH', '/tenants/made', { body: { active: false }, ifMatch: '*' })
    expect((await one.call('DELETE', '/tenants/made')).status).toBe(204)
    one.advance(1)
    two.advance(1)
    const credentials = await makeBoth()
    // The two know nothing of each other but what is in the storage, and nobody has looked for news.
    const fresh = await two.token('made', credentials)
    expect([await use(one, fresh), await use(two, fresh)]).toEqual([200, 200])
    const other = await one.token('made', credentials)
    expect([await use(two, other), await use(two, old)]).toEqual([200, 401])
    await one.close()
    await two.close()
  }))
