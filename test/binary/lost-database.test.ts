import { describe, expect, test } from 'bun:test'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  programs,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const grantd = programs.executable
const yaml = `
admin: { tenant: acme }
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { scopes: { api:read: Read } }
    clients: { svc: { secret: svc-secret-value, scopes: [api:read, 'grantd:admin'] } }
`
const client = { client_id: 'svc', client_secret: 'svc-secret-value' }

const post = (server: RunningServer, path: string, form: Record<string, string>) =>
  fetch(`${server.url}/api/v1/tenant/acme/oauth/${path}`, { method: 'POST', body: new URLSearchParams(form) })

async function tokenOf(server: RunningServer, scope = 'api:read'): Promise<string> {
  const response = await post(server, 'token', { grant_type: 'client_credentials', ...client, scope })
  expect(response.status).toBe(200)
  return (await response.json()).access_token
}

const revoke = async (server: RunningServer, token: string) =>
  (await post(server, 'revoke', { ...client, token })).status

const losses: readonly (readonly [string, (data: string) => Promise<void>])[] = [
  ['removed', (data) => rm(join(data, 'grantd.db'))],
  [
    'replaced by a backup',
    async (data) => {
      await cp(join(data, 'grantd.db'), join(data, 'backup.db'))
      await rename(join(data, 'backup.db'), join(data, 'grantd.db'))
    },
  ],
  ['taken aside with its folder', (data) => rename(data, `${data}.aside`)],
  ['left without its -wal', (data) => rm(join(data, 'grantd.db-wal'))],
]

describe.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
] as const)('%s', (_, args) => {
  test.each(losses)(
    'no revocation and no change is answered 200 once the database was %s',
    (_, lose) =>
      withFolder(async (folder) => {
        await writeConfig(folder, yaml)
        const server = await startServer(grantd, { folder, args: ['serve', ...args] })
        const admin = await tokenOf(server, 'grantd:admin')
        const tokens: string[] = []
        for (let count = 0; count < 40; count++) tokens.push(await tokenOf(server))
        const [first = '', ...others] = tokens
        expect(await revoke(server, first)).toBe(200)
        await lose(join(folder, 'data'))
        const statuses = await Promise.all(others.slice(0, 20).map((token) => revoke(server, token)))
        for (const token of others.slice(20)) statuses.push(await revoke(server, token))
        expect(new Set(statuses)).toEqual(new Set([503]))
        const made = await fetch(`${server.url}/api/v1/admin/tenants/acme/clients`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ client_id: 'new' }),
        })
        expect(made.status).toBe(503)
        await server.stop()
      }),
    60_000,
  )
})

test(
  'of revocations that are asked for while the database is removed, each that is answered 200 was made before',
  () =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml)
      const server = await startServer(grantd, { folder })
      const tokens: string[] = []
      for (let count = 0; count < 300; count++) tokens.push(await tokenOf(server))
      const path = join(folder, 'data/grantd.db')
      const late: number[] = []
      let isRemoved = false
      let revoked = 0
      const waiting = [...tokens]
      const work = Array.from({ length: 8 }, async () => {
        for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
          const wasRemoved = isRemoved
          const status = await revoke(server, token)
          revoked++
          if (wasRemoved) late.push(status)
        }
      })
      await waitFor('some are revoked', () => revoked >= 40)
      await rm(path)
      isRemoved = true
      await Promise.all(work)
      expect(late.length).toBeGreaterThan(20)
      expect(new Set(late)).toEqual(new Set([503]))
      await server.stop()
      const { code, err } = await run(grantd, { folder, args: ['--port', '0'] })
      expect([code, err]).toEqual([78, expect.stringContaining('is missing, though it was there once')])
    }),
  60_000,
)
