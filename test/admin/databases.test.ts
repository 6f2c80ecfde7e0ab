import { expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage } from '../../src/storage/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
import { callProtected, platform } from '../support/test-app.ts'
import { adminConfig, startAdminApp, twinOf } from './admin-app.ts'

/** Opens one database, as often as it is called. */
type Open = () => Promise<Storage>

const databases: Record<string, (folder: string) => Promise<Open>> = {
  sqlite: async (folder) => () => openStorage({ kind: 'sqlite', path: join(folder, 'grantd.db') }, platform),
  postgres: async () => {
    const url = await (await sharedPostgres()).createDatabase()
    return () => openStorage({ kind: 'postgres', url, ...longTimes }, platform)
  },
}

/** The main story, of two servers that share a database. */
test.each(Object.entries(databases))(
  'with %s, what one server makes another one knows at once',
  async (_, prepare) => {
    const folder = await mkdtemp(join(tmpdir(), 'grantd-admin-'))
    const masterKey = join(folder, 'master.key')
    await writeFile(masterKey, 'ab'.repeat(32), { mode: 0o600 })
    const open = await prepare(folder)
    const [storage, twin] = [await open(), await open()]
    const app = await startAdminApp({ storage }, `master_key_file: ${masterKey}\n${adminConfig}`)
    const other = twinOf(app, twin)

    const tenant = await app.call('POST', '/tenants', {
      body: { id: 'made', name: 'Made', oauth2: { scopes: { read: 'R', constructor: 'C' } } },
    })
    expect(tenant.status).toBe(201)
    const client = await app.call('POST', '/tenants/made/clients', {
      body: { client_id: 'a/b __proto__', scopes: ['read'] },
    })
    expect(client.status).toBe(201)
    const path = `/tenants/made/clients/${encodeURIComponent('a/b __proto__')}`
    const seen = await other.call('GET', path)
    expect([seen.status, seen.etag, seen.body.secrets]).toEqual([200, client.etag, client.body.secrets])

    const race = await Promise.all(
      [app, other, app, other].map((each, index) =>
        each.call('PATCH', path, { body: { name: `n${index}` }, ifMatch: client.etag ?? '' }),
      ),
    )
    expect(race.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412])
    const creations = await Promise.all(
      [app, other, app, other].map((each) =>
        each.call('POST', '/tenants/made/clients', { body: { client_id: 'raced' } }),
      ),
    )
    expect(creations.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409])

    const added = await other.call('POST', `${path}/secrets`, {
      body: { id: 'next', old_ends_in_seconds: 60 },
    })
    const form = { client_id: 'a/b __proto__', client_secret: added.body.client_secret }
    const token = await app.token('made', form)
    await app.deps.lastUse.flush()
    expect((await other.call('GET', `${path}/secrets`)).body.items).toMatchObject([
      { expires_at: '2030-01-01T00:01:00.000Z', last_used: null },
      { id: 'next', last_used: '2030-01-01T00:00:00.000Z' },
    ])
    const revoked = await other.call('POST', '/tenants/made/tokens/revoke', {
      body: { client_id: 'a/b __proto__' },
    })
    expect(revoked.status).toBe(200)
    const used = await callProtected(app, token)
    expect(used.status).toBe(401)

    const again = await open()
    const restarted = twinOf(app, again)
    expect((await restarted.call('GET', '/tenants/made')).body).toEqual(tenant.body)
    const listed = (await restarted.call('GET', '/tenants/made/clients')).body.items
    expect(listed.map(({ client_id }: { client_id: string }) => client_id)).toEqual([
      'a/b __proto__',
      'raced',
    ])

    await restarted.call('PATCH', '/tenants/made', { body: { active: false }, ifMatch: '*' })
    const deletions = await Promise.all(
      [restarted, other].map((each) => each.call('DELETE', '/tenants/made')),
    )
    expect(deletions.map(({ status }) => status).toSorted()).toEqual([204, 404])
    expect((await other.call('GET', '/tenants/made')).status).toBe(404)

    await app.close()
    for (const each of [storage, twin, again]) await each.close()
    await rm(folder, { recursive: true, force: true })
  },
)

test.each(Object.entries(databases))('with %s, no client outlives its tenant', async (_, prepare) => {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-admin-'))
  const masterKey = join(folder, 'master.key')
  await writeFile(masterKey, 'ab'.repeat(32), { mode: 0o600 })
  const open = await prepare(folder)
  const [storage, twin] = [await open(), await open()]
  const app = await startAdminApp({ storage }, `master_key_file: ${masterKey}\n${adminConfig}`)
  const other = twinOf(app, twin)
  await app.tokenOf('root')
  for (let round = 0; round < 8; round++) {
    await app.call('POST', '/tenants', { body: { id: 'torn', name: 'T', active: false } })
    const makers = Array.from({ length: 6 }, (_, index) =>
      (index % 2 === 0 ? app : other).call('POST', '/tenants/torn/clients', {
        body: { client_id: `c${index}` },
      }),
    )
    const deleted = await app.call('DELETE', '/tenants/torn')
    const statuses = (await Promise.all(makers)).map(({ status }) => status)
    expect([deleted.status, statuses.filter((status) => status !== 201 && status !== 404)]).toEqual([204, []])
    await app.call('POST', '/tenants', { body: { id: 'torn', name: 'T', active: false } })
    expect((await other.call('GET', '/tenants/torn/clients')).body.items).toEqual([])
    expect((await app.call('DELETE', '/tenants/torn')).status).toBe(204)
  }
  await app.close()
  for (const each of [storage, twin]) await each.close()
  await rm(folder, { recursive: true, force: true })
})
