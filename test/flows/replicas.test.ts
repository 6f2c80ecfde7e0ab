import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as jose from 'jose'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import {
  programs,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

/** Two executables that share one Postgres, which is ours to stop. */

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.remove())

const masterKey = Buffer.alloc(32, 7).toString('base64')
const client = { client_id: 'svc', client_secret: 'svc-secret-of-the-replicas' }
const tenant = '/api/v1/tenant/acme'
// Long enough for a busy machine, and short for one that gives no answer.
const config = `
postgres: { connect_timeout: 5s, statement_timeout: 5s }
server: { public_url: 'http://localhost:3000' }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    signing: { algorithm: ES256, jwks_max_age: 1s, publish_ahead: 2s }
    api_keys: { allowed_scopes: [read] }
    clients:
      svc: { secret: ${client.client_secret}, scopes: [read, 'api-keys:manage'], introspect: true }
`

interface Replicas {
  readonly a: RunningServer
  readonly b: RunningServer
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

async function withReplicas(work: (replicas: Replicas) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const env = {
      GRANTD_STORAGE: await postgres.createDatabase(),
      GRANTD_MASTER_KEY: masterKey,
      // Of libpq, for other programs of the machine.
      PGTARGETSESSIONATTRS: 'standby',
    }
    await writeConfig(folder, config)
    const [a, b] = await Promise.all([
      startServer(programs.executable, { folder, env }),
      startServer(programs.executable, { folder, env }),
    ])
    for (const { canary } of [a, b]) {
      canary.watch(masterKey)
      canary.watch(new URL(env.GRANTD_STORAGE).password)
    }
    await work({ a, b, folder, env })
    expect(await a.stop()).toBe(0)
    expect(await b.stop()).toBe(0)
  })
}

function post({ url }: RunningServer, path: string, form: Record<string, string>): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
}

async function getToken(server: RunningServer, scope = 'read'): Promise<string> {
  const form = { ...client, grant_type: 'client_credentials', scope }
  const response = await post(server, `${tenant}/oauth/token`, form)
  expect(response.status).toBe(200)
  const { access_token } = await response.json()
  server.canary.watch(access_token)
  return access_token
}

async function statusOf({ url }: RunningServer, token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` }
  const response = await fetch(`${url}/api/v1/protected-resource`, { headers })
  await response.text()
  return response.status
}

async function jwksOf({ url }: RunningServer): Promise<jose.JSONWebKeySet> {
  return (await fetch(`${url}${tenant}/.well-known/jwks.json`)).json()
}

test(
  'two replicas that start at once on an empty database have one key, and each takes what the other did',
  () =>
    withReplicas(async ({ a, b }) => {
      const [ofA, ofB] = await Promise.all([jwksOf(a), jwksOf(b)])
      expect(ofA.keys).toHaveLength(1)
      expect(ofB).toEqual(ofA)
      const token = await getToken(a)
      expect(await statusOf(b, token)).toBe(200)
      expect((await post(b, `${tenant}/oauth/revoke`, { ...client, token })).status).toBe(200)
      expect([await statusOf(a, token), await statusOf(b, token)]).toEqual([401, 401])
      const introspected = await post(a, `${tenant}/oauth/introspect`, { ...client, token })
      expect(await introspected.json()).toEqual({ active: false })
    }),
  60_000,
)

test(
  'a key that is rotated at once signs at one replica and verifies at the other at once',
  () =>
    withReplicas(async ({ a, b, folder, env }) => {
      const before = await getToken(a)
      const rounds = 2
      for (let round = 0; round < rounds; round++) {
        const oldKid = jose.decodeProtectedHeader(await getToken(a)).kid
        const args = ['keys', 'rotate', '--now', '--force', '--tenant', 'acme']
        const rotated = await run(programs.executable, { folder, env, args })
        expect([rotated.code, rotated.err]).toEqual([0, ''])
        // Whichever replica hears of it first signs with the new key, and the other knows it at once.
        await waitFor('a replica signs with the new key', async () => {
          const token = await getToken(a)
          expect(await statusOf(b, token)).toBe(200)
          return jose.decodeProtectedHeader(token).kid !== oldKid
        })
      }
      await waitFor('both publish the same keys', async () =>
        Bun.deepEquals(await jwksOf(a), await jwksOf(b)),
      )
      expect((await jwksOf(a)).keys).toHaveLength(rounds + 1)
      expect([await statusOf(a, before), await statusOf(b, before)]).toEqual([200, 200])
    }),
  90_000,
)

test(
  'Postgres goes away under load and comes back: 503 for what needs it, the rest goes on, no restart',
  () =>
    withReplicas(async ({ a }) => {
      const token = await getToken(a)
      const manager = await getToken(a, 'api-keys:manage')
      const statuses = new Map<string, Set<number>>()
      const answers = new Map<string, number>()
      let loading = true
      const load = async (name: string, send: () => Promise<Response>) => {
        while (loading) {
          const response = await send()
          await response.text()
          answers.set(name, (answers.get(name) ?? 0) + 1)
          if (response.status === 503) expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
          statuses.set(name, (statuses.get(name) ?? new Set()).add(response.status))
        }
      }
      const bearer = (value: string) => ({ Authorization: `Bearer ${value}` })
      const loads = Promise.all([
        load('token', () =>
          post(a, `${tenant}/oauth/token`, { ...client, grant_type: 'client_credentials' }),
        ),
        load('jwks', () => fetch(`${a.url}${tenant}/.well-known/jwks.json`)),
        load('metadata', () => fetch(`${a.url}${tenant}/.well-known/oauth-authorization-server`)),
        load('resource', () => fetch(`${a.url}/api/v1/protected-resource`, { headers: bearer(token) })),
        load('introspect', () => post(a, `${tenant}/oauth/introspect`, { ...client, token })),
        load('list', () => fetch(`${a.url}${tenant}/api-keys/list`, { headers: bearer(manager) })),
      ])
      /** Each kind of request is answered so many times more. */
      const waitForAnswers = async (count: number) => {
        const before = new Map(answers)
        const isEnough = ([name, all]: [string, number]) => all >= (before.get(name) ?? 0) + count
        await waitFor(
          `each is answered ${count} times`,
          () => answers.size === 6 && [...answers].every(isEnough),
        )
      }
      for (const goAway of ['stop', 'kill', 'pause'] as const) {
        await waitForAnswers(15)
        await postgres[goAway]()
        await waitFor(`it is noticed after ${goAway}`, async () => (await statusOf(a, token)) === 503)
        const revocation = await post(a, `${tenant}/oauth/revoke`, { ...client, token })
        expect(revocation.status).toBe(503)
        // The first may have been answered before it went away.
        await waitForAnswers(2)
        if (goAway === 'pause') postgres.resume()
        else await postgres.start()
        await waitFor('it works again', async () => (await statusOf(a, token)) === 200)
      }
      loading = false
      await loads
      expect(Object.fromEntries([...statuses].map(([name, seen]) => [name, [...seen].toSorted()]))).toEqual({
        token: [200],
        jwks: [200],
        metadata: [200],
        resource: [200, 503],
        introspect: [200, 503],
        list: [200, 503],
      })
    }),
  120_000,
)
