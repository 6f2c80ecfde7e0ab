import { expect } from 'bun:test'
import { longTimesYaml } from '../support/postgres-times.ts'
import { type Program, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'

/**
 * A server is killed again and again while it works. What it answered 200 or 201 must be true after each start: every
 * key that was made works, everything that was revoked stays revoked.
 */

const config = `
${longTimesYaml}
server: { public_url: 'http://localhost:3000' }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], access_token_ttl: 1d, scopes: { read: Read } }
    signing: { algorithm: ES256 }
    api_keys: { allowed_scopes: [read], max_per_client: 100000 }
    clients:
      svc: { secret: svc-secret-of-the-crash-test, scopes: [read, 'api-keys:manage'] }
`

const tenant = '/api/v1/tenant/acme'
const client = { client_id: 'svc', client_secret: 'svc-secret-of-the-crash-test' }

/** What a token or key must be after a crash. `unknown`: the answer to its revocation never came. */
type Standing = 'good' | 'revoked' | 'unknown'

/** What the server acknowledged so far. */
class Memory {
  readonly tokens = new Map<string, Standing>()
  /** By the key itself. */
  readonly keys = new Map<string, Standing>()
}

export interface CrashOptions {
  readonly folder: string
  readonly rounds: number
  readonly env?: Readonly<Record<string, string>>
}

export interface CrashReport {
  readonly tokens: number
  readonly keys: number
  readonly revoked: number
}

/** Kills and starts the server `rounds` times, and checks everything at the end once more. */
export async function crashRounds(program: Program, options: CrashOptions): Promise<CrashReport> {
  const { folder, rounds, env = {} } = options
  await writeConfig(folder, config)
  const memory = new Memory()
  for (let round = 0; round < rounds; round++) {
    const server = await startServer(program, { folder, env })
    const known = { tokens: [...memory.tokens], keys: [...memory.keys] }
    // The newest are those that the last crash could have hurt.
    await check(server, { tokens: known.tokens.slice(-40), keys: known.keys.slice(-40) })
    await loadAndKill(server, memory, 5 + ((round * 37) % 60))
  }
  const last = await startServer(program, { folder, env })
  await check(last, memory)
  expect(await last.stop()).toBe(0)
  const all = [...memory.tokens.values(), ...memory.keys.values()]
  return {
    tokens: memory.tokens.size,
    keys: memory.keys.size,
    revoked: all.filter((standing) => standing === 'revoked').length,
  }
}

/** Kills the server in the middle of its work, once so many steps were answered to their end. */
async function loadAndKill(server: RunningServer, memory: Memory, steps: number): Promise<void> {
  const manager = await getToken(server, 'read api-keys:manage')
  let killed = false
  let done = 0
  const kill = () => {
    server.kill('SIGKILL')
    killed = true
  }
  const work = async (step: () => Promise<void>) => {
    // A request that the kill cut off has no answer: that is what this test is about.
    while (!killed) {
      await step().catch(() => {})
      if (!killed && ++done === steps) kill()
    }
  }
  const working = Promise.all([
    work(() => issueAndRevoke(server, memory)),
    work(() => issueAndRevoke(server, memory)),
    work(() => makeAndRevokeKey(server, manager, memory)),
    work(() => makeAndRevokeKey(server, manager, memory)),
  ])
  await working
  await server.exited
}

async function issueAndRevoke(server: RunningServer, { tokens }: Memory): Promise<void> {
  const [kept, revoked] = [await getToken(server), await getToken(server)]
  tokens.set(kept, 'good')
  tokens.set(revoked, 'unknown')
  const response = await post(server, `${tenant}/oauth/revoke`, { ...client, token: revoked })
  if (response.status === 200) tokens.set(revoked, 'revoked')
}

async function makeAndRevokeKey(server: RunningServer, manager: string, { keys }: Memory): Promise<void> {
  const [kept, revoked] = [await makeKey(server, manager), await makeKey(server, manager)]
  keys.set(kept.api_key, 'good')
  keys.set(revoked.api_key, 'unknown')
  const response = await fetch(`${server.url}${tenant}/api-keys/${revoked.id}/revoke`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${manager}` },
  })
  if (response.status === 200) keys.set(revoked.api_key, 'revoked')
}

async function makeKey(server: RunningServer, manager: string) {
  const response = await fetch(`${server.url}${tenant}/api-keys/create`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${manager}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'crash', scopes: ['read'] }),
  })
  expect(response.status).toBe(201)
  return response.json()
}

async function getToken(server: RunningServer, scope = 'read'): Promise<string> {
  const form = { ...client, grant_type: 'client_credentials', scope }
  const response = await post(server, `${tenant}/oauth/token`, form)
  expect(response.status).toBe(200)
  return (await response.json()).access_token
}

function post(server: RunningServer, path: string, form: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
}

interface Known {
  readonly tokens: Iterable<readonly [string, Standing]>
  readonly keys: Iterable<readonly [string, Standing]>
}

async function check(server: RunningServer, { tokens, keys }: Known): Promise<void> {
  for (const [token, standing] of [...tokens, ...keys]) {
    if (standing === 'unknown') continue
    const headers = { Authorization: `Bearer ${token}` }
    const response = await fetch(`${server.url}/api/v1/protected-resource`, { headers })
    expect([standing, response.status]).toEqual([standing, standing === 'good' ? 200 : 401])
  }
}
