import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SQL } from 'bun'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimesYaml } from '../support/postgres-times.ts'
import {
  programs,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'

/**
 * Everything that makes or takes a secret is done once; then every byte that is left behind is searched for each of them:
 * the files of the database, a dump of Postgres, the log, the audit trail.
 */

const tenant = '/api/v1/tenant/acme'
const configured = 'configured-secret-of-the-canary'
const config = `
${longTimesYaml}
admin: { tenant: acme }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    signing: { algorithm: ES256 }
    api_keys: { allowed_scopes: [read] }
    clients:
      svc:
        secrets: [{ id: first, env: FIRST_SECRET }]
        introspect: true
        scopes: [read, 'api-keys:manage', 'grantd:admin']
`

/** What must be found nowhere. */
class Secrets {
  readonly all = new Map<string, string>()

  /** A token is three parts, each telling by itself; its header alone says nothing. */
  add(what: string, text: unknown): string {
    const secret = String(text)
    expect(secret.length).toBeGreaterThan(8)
    this.all.set(secret, what)
    const [, claims, signature] = secret.split('.')
    if (claims && signature) this.all.set(claims, `${what}, claims`).set(signature, `${what}, signature`)
    return secret
  }

  check(where: string, bytes: Uint8Array): void {
    const text = Buffer.from(bytes)
    for (const [secret, what] of this.all) {
      const found = [
        secret,
        Buffer.from(secret).toString('base64').slice(0, -4),
        Buffer.from(secret).toString('hex'),
      ]
      expect([where, what, found.some((spelling) => text.includes(spelling))]).toEqual([where, what, false])
    }
  }
}

async function useEverything(server: RunningServer, secrets: Secrets): Promise<void> {
  const client = { client_id: 'svc', client_secret: configured }
  const form = (path: string, body: Record<string, string>) =>
    fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(body) })
  const getToken = async (scope: string, as: Record<string, string> = client) => {
    const response = await form(`${tenant}/oauth/token`, { ...as, grant_type: 'client_credentials', scope })
    expect(response.status).toBe(200)
    return secrets.add(`token of ${scope}`, (await response.json()).access_token)
  }
  const token = await getToken('read')
  const manager = await getToken('read api-keys:manage')
  const admin = await getToken('grantd:admin')
  const send = async (path: string, bearer: string, body: unknown = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect([path, response.ok]).toEqual([path, true])
    return response.json()
  }
  const key = await send(`${tenant}/api-keys/create`, manager, { name: 'n', scopes: ['read'] })
  secrets.add('api key', key.api_key)
  const rotated = await send(`${tenant}/api-keys/${key.id}/rotate`, manager)
  secrets.add('rotated api key', rotated.api_key)
  const admins = '/api/v1/admin/tenants/acme'
  const stored = await send(`${admins}/clients`, admin, { client_id: 'stored', scopes: ['read'] })
  const secret = secrets.add('secret of a stored client', stored.client_secret)
  await getToken('read', { client_id: 'stored', client_secret: secret })
  secrets.add('second secret', (await send(`${admins}/clients/stored/secrets`, admin)).client_secret)
  const good = [token, key.api_key, rotated.api_key]
  for (const each of good) {
    const headers = { Authorization: `Bearer ${each}` }
    expect((await fetch(`${server.url}/api/v1/protected-resource`, { headers })).status).toBe(200)
    const introspected = await form(`${tenant}/oauth/introspect`, { ...client, token: each })
    expect((await introspected.json()).active).toBe(true)
  }
  for (const each of good) {
    expect((await form(`${tenant}/oauth/revoke`, { ...client, token: each })).status).toBe(200)
  }
  // People send things into the wrong field, and to the wrong place.
  for (const wrong of [secret, token, configured]) {
    await form(`${tenant}/oauth/token`, {
      grant_type: 'client_credentials',
      client_id: wrong,
      client_secret: wrong,
    })
    await form(`${tenant}/oauth/token`, {
      grant_type: wrong,
      client_id: 'svc',
      client_secret: wrong,
      scope: wrong,
    })
    for (const name of ['scope', 'resource', 'audience', 'client_assertion'])
      await form(`${tenant}/oauth/token`, { ...client, grant_type: 'client_credentials', [name]: wrong })
    await form(`${tenant}/oauth/introspect`, { client_id: wrong, client_secret: wrong, token: wrong })
    await fetch(`${server.url}/api/v1/protected-resource`, { headers: { Authorization: `Bearer ${wrong}` } })
    await fetch(`${server.url}/${wrong}?token=${wrong}`, {
      headers: { 'User-Agent': wrong },
    })
  }
}

async function auditOf(folder: string, env: Record<string, string>): Promise<Uint8Array> {
  const args = ['audit', 'export', '--tenant', 'acme']
  const { code, out, err } = await run(programs.executable, { folder, env, args })
  expect([code, err]).toEqual([0, ''])
  // It is there, and tells what happened.
  for (const type of [
    'token.issued',
    'token.refused',
    'token.revoked',
    'api_key.created',
    'client.created',
    'secret.added',
  ])
    expect(out).toContain(`"${type}"`)
  return Buffer.from(out)
}

test(
  'SQLite: no secret, token or key stands in the files, the log or the audit trail',
  () =>
    withFolder(async (folder) => {
      const env = { FIRST_SECRET: configured }
      await writeConfig(folder, config)
      const secrets = new Secrets()
      secrets.add('configured secret', configured)
      const server = await startServer(programs.executable, { folder, env })
      await useEverything(server, secrets)
      const readAll = async (folder: string) =>
        Promise.all(
          (await readdir(folder, { recursive: true, withFileTypes: true }))
            .filter((entry) => entry.isFile())
            .map(
              async ({ parentPath, name }) => [name, await Bun.file(join(parentPath, name)).bytes()] as const,
            ),
        )
      // While it runs there is a write-ahead log beside the database.
      const running = await readAll(join(folder, 'data'))
      expect(running.map(([name]) => name)).toContain('grantd.db-wal')
      expect(await server.stop()).toBe(0)
      const pem = running.find(([name]) => name.endsWith('.pem'))
      const body = Buffer.from(pem?.[1] ?? [])
        .toString()
        .split('\n')
        .slice(1, -2)
        .join('')
      for (const [name, bytes] of [...running, ...(await readAll(join(folder, 'data')))]) {
        secrets.check(name, bytes)
        if (name.startsWith('grantd.db')) expect(Buffer.from(bytes).includes(body.slice(0, 40))).toBe(false)
      }
      secrets.check('log', Buffer.from(server.output()))
      secrets.check('audit', await auditOf(folder, env))
    }),
  60_000,
)

test(
  'Postgres: no secret, token or key stands in a dump, the log or the audit trail',
  () =>
    withFolder(async (folder) => {
      const url = await (await sharedPostgres()).createDatabase()
      const masterKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
      const env = { FIRST_SECRET: configured, GRANTD_STORAGE: url, GRANTD_MASTER_KEY: masterKey }
      await writeConfig(folder, config)
      const secrets = new Secrets()
      secrets.add('configured secret', configured)
      secrets.add('master key', masterKey)
      secrets.add('password of the database', new URL(url).password)
      const server = await startServer(programs.executable, { folder, env })
      await useEverything(server, secrets)
      expect(await server.stop()).toBe(0)
      const database = new SQL(url, { max: 1 })
      const rows: unknown[] = await database`select * from grantd_records`
      await database.close()
      const dump = Buffer.from(JSON.stringify(rows))
      expect(dump.toString()).toContain('keyring')
      expect(dump.toString()).not.toContain('PRIVATE KEY')
      secrets.check('dump', dump)
      secrets.check('log', Buffer.from(server.output()))
      secrets.check('audit', await auditOf(folder, env))
    }),
  60_000,
)
