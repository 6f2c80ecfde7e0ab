import { afterAll, beforeAll, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Change } from '../../../src/config/changes/compare-configs.ts'
import { type Served, startServed } from '../../support/served.ts'

/** What grantd plan says, compared with what a reload does. */

const secret = 'a-secret-of-the-service-that-is-planned'
const second = 'another-secret-of-the-service-planned'
const hashOf = (text: string) => `sha256:${new Bun.CryptoHasher('sha256').update(text).digest('hex')}`

const base = `
data_dir: ./data
admin: { tenant: ops }
tenants:
  ops:
    name: Ops
    oauth2: {}
    signing: { algorithm: ES256 }
    clients: { boss: { secret: ${secret}, scopes: [grantd:admin] } }
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read, write: Write } }
    api_keys: { allowed_scopes: [read, write] }
    signing: { algorithm: ES256, private_key_file: own.pem }
    clients:
      svc: { secrets: [{ id: one, hash: "${hashOf(secret)}" }], scopes: [read, write, "api-keys:manage"] }
      own: { secret: ${secret}, scopes: [read], audience: [own-api], resources: ["https://res.example.com"] }
`

let folder: string
let server: Served

const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 })
const writeKey = () =>
  write(
    'own.pem',
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  )

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-words-'))
  await writeKey()
  await write('config.yaml', base)
  server = await startServed(folder)
})

afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

interface Asked {
  readonly client?: string
  readonly tenant?: string
  readonly with?: string
  readonly more?: Readonly<Record<string, string>>
}

function askToken({ client = 'svc', tenant = 'acme', with: client_secret = secret, more }: Asked = {}) {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client,
    client_secret,
    ...more,
  })
  return fetch(`${server.url}/api/v1/tenant/${tenant}/oauth/token`, { method: 'POST', body })
}

async function getToken(asked: Asked = {}): Promise<string> {
  const response = await askToken(asked)
  expect(response.status).toBe(200)
  return (await response.json()).access_token
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const check = (token: string) => fetch(`${server.url}/api/v1/protected-resource`, { headers: bearer(token) })
const statusOf = async (token: string) => (await check(token)).status
const scopesOf = async (token: string) => (await (await check(token)).json()).scope

async function makeApiKey(): Promise<string> {
  const token = await getToken({ more: { scope: 'api-keys:manage read write' } })
  const response = await fetch(`${server.url}/api/v1/tenant/acme/api-keys/create`, {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'key', scopes: ['read', 'write'] }),
  })
  const { api_key: key } = await response.json()
  expect(key).toBeString()
  return key
}

async function administer(method: string, path: string, body?: unknown): Promise<Response> {
  const token = await getToken({ tenant: 'ops', client: 'boss', more: { scope: 'grantd:admin' } })
  return fetch(`${server.url}/api/v1/admin/${path}`, {
    method,
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function reload(text: string): Promise<void> {
  await write('config.yaml', text)
  expect(await server.ask({ command: 'reload' })).toMatchObject({ reload: { isTaken: true } })
}

async function plan(text: string): Promise<readonly Change[]> {
  const source = { path: join(folder, 'config.yaml'), folder, text }
  const answer = await server.ask({ command: 'plan', source })
  if (!('plan' in answer && answer.plan.isTaken)) throw new Error(JSON.stringify(answer))
  return answer.plan.changes as readonly Change[]
}

const effectsOf = (changes: readonly Change[]) => changes.flatMap(({ effects }) => effects)

/** Plans a change of the base and makes it. Returns the effects that were told. */
async function change(edit: (text: string) => string): Promise<readonly string[]> {
  const next = edit(base)
  expect(next).not.toBe(base)
  const effects = effectsOf(await plan(next))
  await reload(next)
  return effects
}

test('audiences that a client loses: to its tenant, from its tenant, and a resource', async () => {
  for (const { edit, asked, gone } of [
    {
      edit: (text: string) => text.replace('audience: [own-api], ', ''),
      asked: { client: 'own' },
      gone: 'own-api',
    },
    {
      edit: (text: string) => text.replace('svc: { ', 'svc: { audience: [new-api], '),
      asked: {},
      gone: 'acme-api',
    },
    {
      edit: (text: string) => text.replace(', resources: ["https://res.example.com"]', ''),
      asked: { client: 'own', more: { resource: 'https://res.example.com' } },
      gone: 'https://res.example.com',
    },
  ]) {
    await reload(base)
    const token = await getToken(asked)
    expect(await statusOf(token)).toBe(200)
    expect(await change(edit)).toEqual([`its tokens for ${gone} are refused`])
    expect(await statusOf(token)).toBe(401)
  }
})

test('API keys that lose a scope, or are switched off, and come back', async () => {
  await reload(base)
  const key = await makeApiKey()
  expect(await scopesOf(key)).toEqual(['read', 'write'])
  expect(
    await change((text) => text.replace('allowed_scopes: [read, write]', 'allowed_scopes: [read]')),
  ).toEqual(['its API keys count without write'])
  expect(await scopesOf(key)).toEqual(['read'])
  await reload(base)
  for (const off of ['', '    api_keys: { enabled: false }\n']) {
    expect(await change((text) => text.replace(/ {4}api_keys.*\n/, off))).toEqual([
      'its API keys are refused',
    ])
    expect(await statusOf(key)).toBe(401)
    expect(effectsOf(await plan(base))).toEqual(['API keys that there are count again'])
    await reload(base)
    expect(await statusOf(key)).toBe(200)
  }
})

test('secrets that end, begin later, and are replaced', async () => {
  const one = `{ id: one, hash: "${hashOf(secret)}"`
  await reload(base)
  const ended = await change((text) => text.replace(one, `${one}, expires_at: 2020-01-31T00:00:00Z`))
  expect(ended).toEqual(['the secret one is wrong from 2020-01-31T00:00:00Z'])
  expect((await askToken()).status).toBe(401)
  await reload(base)
  const later = await change((text) => text.replace(one, `${one}, not_before: 2999-01-31T00:00:00Z`))
  expect(later).toEqual(['the secret one is wrong until 2999-01-31T00:00:00Z'])
  expect((await askToken()).status).toBe(401)
  await reload(base)
  const other = await change((text) => text.replace(hashOf(secret), hashOf(second)))
  expect(other).toEqual(['its old secret is wrong from then on'])
  expect((await askToken()).status).toBe(401)
  expect((await askToken({ with: second })).status).toBe(200)
  await reload(base)
  const same = await change((text) =>
    text.replace(hashOf(secret), Bun.password.hashSync(secret, { algorithm: 'bcrypt', cost: 4 })),
  )
  expect(same).toEqual(['its old secret is wrong from then on, unless a new hash is of the same one'])
  expect((await askToken()).status).toBe(200)
})

test('another key: of another file, and in the file of the same name', async () => {
  const told = [
    'the key of the file signs from then on, and tokens that another one signed are refused, API keys too',
  ]
  await reload(base)
  const token = await getToken()
  const key = await makeApiKey()
  expect(await plan(base)).toEqual([])
  await writeKey()
  const changes = await plan(base)
  expect(changes).toMatchObject([
    {
      what: 'tenant',
      change: 'changed',
      tenant: 'acme',
      settings: [{ setting: 'signing.private_key_file' }],
    },
  ])
  expect(effectsOf(changes)).toEqual(told)
  // It is told until it is done, and not afterwards.
  expect(effectsOf(await plan(base))).toEqual(told)
  await reload(base)
  expect(await plan(base)).toEqual([])
  expect([await statusOf(token), await statusOf(key)]).toEqual([401, 401])
  const next = await getToken()
  expect(await change((text) => text.replace(', private_key_file: own.pem', ''))).toEqual([
    'a generated key signs from then on, and tokens of the key of the file are refused, API keys too',
  ])
  expect(await statusOf(next)).toBe(401)
})

test('a client and a tenant that hide a stored one, and show it again', async () => {
  await reload(base)
  const made = await administer('POST', 'tenants/acme/clients', { client_id: 'kept', scopes: ['read'] })
  expect(made.status).toBe(201)
  const { client_secret: stored } = await made.json()
  const token = await getToken({ client: 'kept', with: stored })
  const hidden = await change((text) =>
    text.replace('      own:', `      kept: { secret: ${second}, scopes: [write] }\n      own:`),
  )
  expect(hidden).toEqual([
    'it hides the stored client of this id, whose secret is wrong from then on and whose tokens count as its own',
  ])
  expect((await askToken({ client: 'kept', with: stored })).status).toBe(401)
  expect(await scopesOf(token)).toEqual([])
  expect(effectsOf(await plan(base))).toEqual([
    'the stored client of this id takes its place, and tokens count with the rights of that one',
  ])
  await reload(base)
  expect(await scopesOf(token)).toEqual(['read'])
  expect((await administer('POST', 'tenants', { id: 'kept', name: 'Kept', oauth2: {} })).status).toBe(201)
  expect(await change((text) => `${text}  kept: { name: Ours, oauth2: {} }\n`)).toEqual([
    'it hides the stored tenant of this id, with its clients',
  ])
  expect(effectsOf(await plan(base))).toEqual([
    'the stored tenant of this id takes its place, with its clients and people',
  ])
})

test('a scope that leaves the tenant stays with a client of the storage, and is taken from those of the configuration', async () => {
  await reload(base)
  const made = await administer('POST', 'tenants/acme/clients', { client_id: 'writer', scopes: ['write'] })
  const { client_secret: stored } = await made.json()
  const [kept, own] = [
    await getToken({ client: 'writer', with: stored }),
    await getToken({ more: { scope: 'write' } }),
  ]
  const effects = await change((text) =>
    text
      .replace('scopes: { read: Read, write: Write }', 'scopes: { read: Read }')
      .replace('allowed_scopes: [read, write]', 'allowed_scopes: [read]')
      .replace('scopes: [read, write, ', 'scopes: [read, '),
  )
  expect(effects).toEqual([
    'its API keys count without write',
    'a client of the storage that has write keeps it, and so do its tokens',
    'its tokens count without write',
  ])
  expect([await scopesOf(kept), await scopesOf(own)]).toEqual([['write'], []])
  expect((await askToken({ client: 'writer', with: stored })).status).toBe(200)
})
