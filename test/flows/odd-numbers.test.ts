import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import * as jose from 'jose'
import { openStorage } from '../../src/storage/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { type AdminApp, opsYaml, startAdminApp } from '../admin/admin-app.ts'
import { numbersOf, oddJson, toColumn, withNumber } from '../support/odd-numbers.ts'
import { platform, testStart } from '../support/test-app.ts'

const config = `${opsYaml}  acme:
    name: Acme
    oauth2: { audience: [acme-api], access_token_ttl: 12h, scopes: { read: R } }
    api_keys: { allowed_scopes: [read] }
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value, introspect: true, scopes: [read, api-keys:manage, grantd:admin] }
`

let folder: string
let app: AdminApp
let storage: Storage
let database: DatabaseSync
/** Good at the start; a row of which a number is broken may refuse them later. */
const tokens = { admin: '', manager: '', plain: '', stored: '' }
let key: { id: string; api_key: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-numbers-'))
  const path = join(folder, 'grantd.db')
  storage = await openStorage({ kind: 'sqlite', path }, platform)
  app = await startAdminApp({ storage }, config)
  await app.call('POST', '/tenants', {
    body: { id: 'made', name: 'Made', oauth2: {}, signing: { algorithm: 'ES256' } },
  })
  const made = await app.call('POST', '/tenants/made/clients', { body: { client_id: 'stored' } })
  const svc = { client_id: 'svc', client_secret: 'svc-secret-value' }
  tokens.admin = await app.tokenOf('root')
  tokens.manager = await app.token('acme', { ...svc, scope: 'read api-keys:manage' })
  tokens.plain = await app.token('acme', { ...svc, scope: 'read' })
  tokens.stored = await app.token('made', { client_id: 'stored', client_secret: made.body.client_secret })
  key = await (
    await send('POST', '/api/v1/tenant/acme/api-keys/create', tokens.manager, { name: 'k' })
  ).json()
  await send('GET', '/api/v1/protected-resource', key.api_key)
  await app.deps.lastUse.flush()
  database = new DatabaseSync(path)
  database.exec('pragma busy_timeout = 5000')
}, 60_000)
afterAll(async () => {
  database.close()
  await storage.close()
  await app.close()
  await rm(folder, { recursive: true })
})

function send(method: string, path: string, token: string, body?: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return app.send(path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      'If-Match': '*',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: text }),
  })
}

function postForm(path: string, form: Record<string, string>): Promise<Response> {
  const credentials = { client_id: 'svc', client_secret: 'svc-secret-value' }
  return app.send(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...credentials, ...form }).toString(),
  })
}

/** A fault of ours is 500: what cannot be used is refused, or 503 where a row of the database is to blame. */
async function expectNoFault(answers: readonly Response[]): Promise<void> {
  for (const answer of answers) {
    expect(answer.status).not.toBe(500)
    await answer.arrayBuffer()
  }
}

test('whatever numbers a token that we signed has, it is taken or refused', async () => {
  const { privateKey } = (await app.deps.keyring.of('acme')).active
  const { kid } = jose.decodeProtectedHeader(tokens.manager)
  const good = jose.decodeJwt(tokens.manager)
  const goodKey = jose.decodeJwt(key.api_key)
  const header = jose.base64url.encode(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid }))
  const sign = async (claims: string) => {
    const input = `${header}.${jose.base64url.encode(claims)}`
    const { signature } = await new jose.FlattenedSign(new TextEncoder().encode(claims))
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: String(kid) })
      .sign(privateKey)
    return `${input}.${signature}`
  }
  let runs = 0
  const member = fc.constantFrom('exp', 'iat', 'nbf', 'jti', 'scope', 'aud', 'api_key')
  await fc.assert(
    fc.asyncProperty(member, oddJson, fc.boolean(), async (name, value, isKey) => {
      // Each has an id of its own, for each is revoked in the end; a key of that id there is none.
      const own = isKey ? { ...goodKey, sub: 'ak_nobody' } : good
      const marked = JSON.stringify({ ...own, jti: `j${++runs}`, [name]: '@' })
      const token = await sign(marked.replace('"@"', value))
      expect(token.split('.')[0]).toBe(tokens.manager.split('.')[0] ?? '')
      await expectNoFault([
        await send('GET', '/api/v1/protected-resource', token),
        await postForm('/api/v1/tenant/acme/oauth/introspect', { token }),
        await send('GET', '/api/v1/tenant/acme/api-keys/list', token),
        await send('GET', '/api/v1/admin/tenants/acme', token),
        await send('POST', '/api/v1/admin/tenants/acme/tokens/revoke', tokens.admin, { token }),
        await postForm('/api/v1/tenant/acme/oauth/revoke', { token }),
      ])
    }),
    { numRuns: 300 },
  )
}, 120_000)

test('a token that expires after all that a date can hold is refused', async () => {
  const { privateKey } = (await app.deps.keyring.of('acme')).active
  const header = { alg: 'ES256', typ: 'JWT', kid: jose.decodeProtectedHeader(tokens.plain).kid ?? '' }
  const sign = (exp: number) =>
    new jose.SignJWT({ ...jose.decodeJwt(tokens.plain), jti: `j${exp}`, exp })
      .setProtectedHeader(header)
      .sign(privateKey)
  const statusOf = async (exp: number) =>
    (await send('GET', '/api/v1/protected-resource', await sign(exp))).status
  const last = 253_402_300_799
  expect([await statusOf(last), await statusOf(last + 1), await statusOf(8.64e12 + 1)]).toEqual([
    200, 401, 401,
  ])
})

test('whatever numbers a row of the database has, every endpoint answers', async () => {
  const rows = database
    .prepare('select tenant, kind, id, value, version, expires_at, used_at from grantd_records')
    .all()
  const columns = ['version', 'expires_at', 'used_at'] as const
  const all = rows.flatMap((row) => [
    ...columns.map((column) => ({ row, column, path: [] as readonly string[] })),
    ...numbersOf(JSON.parse(String(row['value']))).map((path) => ({ row, column: 'value' as const, path })),
  ])
  // One of each kind of row is as good as another.
  const placed = [
    ...new Map(
      all.map((each) => [JSON.stringify([each.row['kind'], each.column, each.path]), each]),
    ).values(),
  ]
  expect(new Set(placed.map(({ row }) => row['kind']))).toContain('keyring')
  const ask = async ({ row, column, path }: (typeof placed)[number], json: string) => {
    const { tenant, kind, id } = row
    const update = database.prepare(
      `update grantd_records set ${column} = ? where tenant = ? and kind = ? and id = ?`,
    )
    const named = [String(tenant), String(kind), String(id)] as const
    try {
      update.run(column === 'value' ? withNumber(String(row['value']), path, json) : toColumn(json), ...named)
    } catch {
      // The table is strict: what it does not take cannot be in it.
      return
    }
    try {
      await expectNoFault(await askEverything())
    } finally {
      update.run(row[column] as string | number | null, ...named)
    }
  }
  const worst = ['253402300800000', String(2 ** 53 - 1), String(1 - 2 ** 53)]
  for (const place of placed) for (const json of worst) await ask(place, json)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...placed), oddJson, (place, json) => ask(place, json)),
    { numRuns: 200 },
  )
}, 300_000)

async function askEverything(): Promise<Response[]> {
  const admin = '/api/v1/admin'
  const gets = [
    `${admin}/tenants`,
    `${admin}/tenants/made`,
    `${admin}/tenants/made/clients`,
    `${admin}/tenants/made/clients/stored`,
    `${admin}/tenants/made/clients/stored/secrets`,
    `${admin}/tenants/acme/clients/svc/secrets`,
    `${admin}/tenants/acme/api-keys`,
    `${admin}/tenants/acme/keys`,
    `${admin}/tenants/made/keys`,
  ]
  return [
    ...(await Promise.all(gets.map((path) => send('GET', path, tokens.admin)))),
    await send('GET', '/api/v1/tenant/acme/api-keys/list', tokens.manager),
    await send('POST', `/api/v1/tenant/acme/api-keys/${key.id}/rotate`, tokens.manager, {}),
    await send('GET', '/api/v1/protected-resource', key.api_key),
    await send('GET', '/api/v1/protected-resource', tokens.stored),
    await send('PATCH', `${admin}/tenants/made`, tokens.admin, { name: 'Made' }),
    await postForm('/api/v1/tenant/acme/oauth/introspect', { token: tokens.plain }),
    await postForm('/api/v1/tenant/acme/oauth/token', { grant_type: 'client_credentials' }),
    await app.send('/api/v1/tenant/made/.well-known/jwks.json'),
  ]
}

test('whatever numbers a request has, it is answered', async () => {
  const posts = [
    ['/api/v1/tenant/acme/api-keys/create', 'manager', '{"name":"k","expires_in_days":@}'],
    ['/api/v1/tenant/acme/api-keys/ID/rotate', 'manager', '{"overlap_seconds":@}'],
    ['/api/v1/admin/tenants/made/clients', 'admin', '{"client_id":"x","access_token_ttl":@}'],
    ['/api/v1/admin/tenants/made/clients/stored/secrets', 'admin', '{"old_ends_in_seconds":@}'],
    ['/api/v1/admin/tenants/made/clients/stored/secrets', 'admin', '{"expires_at":@}'],
    ['/api/v1/admin/tenants/made/tokens/revoke', 'admin', '{"all":true,"before":@}'],
    ['/api/v1/admin/tenants', 'admin', '{"id":"n","name":"N","oauth2":{"access_token_ttl":@}}'],
    ['/api/v1/admin/tenants', 'admin', '{"id":"n","name":"N","signing":{"rotate_every":@}}'],
    ['/api/v1/admin/tenants', 'admin', '{"id":"n","name":"N","oauth2":{},"api_keys":{"max_per_client":@}}'],
  ] as const
  const queries = [
    ['/api/v1/tenant/acme/api-keys/list?limit=@', 'manager'],
    ['/api/v1/tenant/acme/api-keys/list?after=@', 'manager'],
    ['/api/v1/admin/tenants?limit=@', 'admin'],
    ['/api/v1/admin/tenants?cursor=@', 'admin'],
    ['/api/v1/admin/tenants/acme/audit?after=@', 'admin'],
    ['/api/v1/admin/tenants/acme/audit?limit=@', 'admin'],
  ] as const
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...posts),
      fc.constantFrom(...queries),
      oddJson,
      async (post, query, json) => {
        const number = encodeURIComponent(json)
        const path = post[0].replace('ID', key.id)
        await expectNoFault([
          await send('POST', path, tokens[post[1]], post[2].replace('@', json)),
          await send('GET', query[0].replace('@', number), tokens[query[1]]),
          await app.send(path, {
            method: 'POST',
            headers: {
              Authorization: `Bearer ${tokens[post[1]]}`,
              'Content-Type': 'application/json',
              'Content-Length': json.replaceAll(/[^\x20-\x7e]/g, ''),
            },
            body: new TextEncoder().encode('{}'),
          }),
        ])
      },
    ),
    { numRuns: 300 },
  )
  expect(app.deps.now()).toBe(testStart)
}, 120_000)
