import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const grantd = programs.executable
const yaml = `
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { scopes: { api:read: Read } }
    clients: { svc: { secret: svc-secret-value } }
`

/** Starts once, makes a row of what commands make, and stops. */
async function fill(folder: string): Promise<void> {
  await writeConfig(folder, yaml)
  const server = await startServer(grantd, { folder })
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'svc',
    client_secret: 'svc-secret-value',
  })
  expect((await fetch(`${server.url}/api/v1/tenant/acme/oauth/token`, { method: 'POST', body })).status).toBe(
    200,
  )
  expect(await server.stop()).toBe(0)
  // A round of a server writes it after half a minute.
  withDatabase(folder, (database) =>
    database.run(
      `insert into grantd_records (tenant, kind, id, value, version) values ('', 'cleaning', 'floor', ?, 1)`,
      [JSON.stringify({ floor: 1, last_seen: Date.now() })],
    ),
  )
  for (const args of [
    ['client', 'add', '--tenant', 'acme', '--client', 'billing', '--scopes', 'api:read'],
    ['client', 'add', '--tenant', 'acme', '--client', 'second'],
    ['tenant', 'add', '--tenant', 'globex', '--issuer', 'https://globex.example'],
    // It has a ring then, and a start hears of its change.
    ['keys', 'rotate', '--tenant', 'globex'],
    ['revoke', '--tenant', 'acme', '--all', '--before', '2020-01-01T00:00:00Z'],
  ]) {
    const { code, err } = await run(grantd, { folder, args })
    expect([args, code, err]).toEqual([args, 0, ''])
  }
}

function withDatabase<T>(folder: string, work: (database: Database) => T): T {
  const database = new Database(join(folder, 'data/grantd.db'))
  try {
    return work(database)
  } finally {
    database.close()
  }
}

interface Row {
  readonly tenant: string
  readonly kind: string
  readonly id: string
  readonly value: string
}

const listRows = (folder: string) =>
  withDatabase(folder, (database) =>
    database
      .query<Row, []>('select tenant, kind, id, value from grantd_records order by kind, tenant, id')
      .all(),
  )

function setValue(folder: string, { tenant, kind, id }: Row, value: string): void {
  withDatabase(folder, (database) => {
    const { changes } = database.run(
      'update grantd_records set value = ? where tenant = ? and kind = ? and id = ?',
      [value, tenant, kind, id],
    )
    expect(changes).toBe(1)
  })
}

/** Rows without which it cannot be known what may be signed, or what may be forgotten. */
const isNeeded = ({ tenant, kind }: Row) => (kind === 'keyring' && tenant === 'acme') || kind === 'cleaning'

test(
  'a start with a damaged row, of whatever kind, serves, or ends with 78 and names the row and the next step',
  () =>
    withFolder(async (folder) => {
      await fill(folder)
      const rows = listRows(folder)
      expect(new Set(rows.map(({ kind }) => kind))).toEqual(
        new Set([
          'audit',
          'audit_head',
          'change',
          'cleaning',
          'client',
          'consent',
          'issuer',
          'keyring',
          'known_address',
          'limit_key',
          'revocation',
          'secret_use',
          'tenant',
        ]),
      )
      for (const row of rows) {
        setValue(folder, row, '{"')
        if (isNeeded(row)) {
          const { code, err } = await run(grantd, { folder, args: ['--port', '0'] })
          expect([row.kind, code]).toEqual([row.kind, 78])
          expect(err).toContain(
            `The row ${JSON.stringify(row.id)} of kind ${row.kind} of ${row.tenant ? `tenant '${row.tenant}'` : 'no tenant'} is damaged: its value is not JSON; restore it from a backup (see Damaged rows in docs/troubleshooting.md)`,
          )
        } else {
          const server = await startServer(grantd, { folder })
          expect((await fetch(`${server.url}/api/v1/tenant/acme/.well-known/jwks.json`)).status).toBe(200)
          expect([row.kind, await server.stop()]).toEqual([row.kind, 0])
        }
        setValue(folder, row, row.value)
      }
    }),
  120_000,
)

test(
  'a list of a command names a damaged row, goes on, and ends with 1',
  () =>
    withFolder(async (folder) => {
      await fill(folder)
      const rows = listRows(folder)
      const damage = (wanted: Partial<Row>) => {
        const row = rows.find((each) =>
          Object.entries(wanted).every(([name, value]) => each[name as keyof Row] === value),
        )
        if (!row) throw new Error(`There is no row ${JSON.stringify(wanted)}`)
        setValue(folder, row, '[]')
      }
      damage({ kind: 'client', id: 'billing' })
      damage({ kind: 'tenant', id: 'globex' })
      damage({ kind: 'audit', tenant: 'acme' })
      const warning = (kind: string, id: string) =>
        expect.stringMatching(new RegExp(`^warning: The row ${id} of kind ${kind} `))
      expect(await run(grantd, { folder, args: ['client', 'list', '--tenant', 'acme'] })).toEqual({
        code: 1,
        out: 'billing  damaged\nsecond  active  stored\nsvc  active  config.yaml\n',
        err: warning('client', '"billing"'),
      })
      const json = await run(grantd, { folder, args: ['client', 'list', '--tenant', 'acme', '--json'] })
      expect([
        json.code,
        JSON.parse(json.out).map(({ client_id }: { client_id: string }) => client_id),
      ]).toEqual([1, ['second', 'svc']])
      expect(await run(grantd, { folder, args: ['tenant', 'list'] })).toEqual({
        code: 1,
        out: expect.stringMatching(/^acme {2}active {2}config\.yaml {2}\S+\nglobex {2}damaged\n$/),
        err: warning('tenant', '"globex"'),
      })
      const keys = await run(grantd, { folder, args: ['keys', 'list'] })
      expect([keys.code, keys.out, keys.err]).toEqual([
        0,
        expect.stringMatching(/^acme {2}ok {2}.*\n$/),
        warning('tenant', '"globex"'),
      ])
      for (const action of ['list', 'export']) {
        const audit = await run(grantd, { folder, args: ['audit', action, '--tenant', 'acme'] })
        expect([audit.code, audit.err]).toEqual([1, warning('audit', '"0{15}\\d"')])
        expect(audit.out).toContain('client.created')
      }
      const verify = await run(grantd, { folder, args: ['audit', 'verify'] })
      expect([verify.code, verify.out]).toEqual([
        1,
        expect.stringContaining('comes a row that holds no events'),
      ])
      const show = await run(grantd, {
        folder,
        args: ['client', 'show', '--tenant', 'acme', '--client', 'billing'],
      })
      expect([show.code, show.err]).toEqual([
        78,
        expect.stringMatching(/^The row "billing" of kind client of tenant 'acme' is damaged: /),
      ])
    }),
  120_000,
)
