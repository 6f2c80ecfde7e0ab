import { describe, expect, test } from 'bun:test'
import { type TSchema, Type } from '@sinclair/typebox'
import { settleForgotten } from '../../src/audit/audit-journal.ts'
import { auditJournal } from '../../src/audit/audit-row.ts'
import { readAudit } from '../../src/audit/audit-trail.ts'
import { consumeAssertion } from '../../src/clients/authentication/used-assertions.ts'
import { secretUses, usedAssertions } from '../../src/clients/client-row.ts'
import { parseConfig } from '../../src/config/load.ts'
import { changes } from '../../src/keys/ring/ring-row.ts'
import { AttemptLimits } from '../../src/limits/attempt-limits.ts'
import { failureCounts, knownAddresses } from '../../src/limits/limit-row.ts'
import { rateCounts } from '../../src/limits/rates/rate-row.ts'
import { Cleaner } from '../../src/maintenance/cleaner.ts'
import { cleanings } from '../../src/maintenance/cleaning-row.ts'
import { ClockGuard } from '../../src/maintenance/clock-guard.ts'
import { ReplicaClock } from '../../src/maintenance/replica-clock.ts'
import { replicaClocks } from '../../src/maintenance/replica-clock-row.ts'
import { Surveyor } from '../../src/maintenance/surveyor.ts'
import type { AccessTokenClaims } from '../../src/protocol/messages.ts'
import { findRefusals } from '../../src/refusals/refusal-book.ts'
import { refusals } from '../../src/refusals/refusal-row.ts'
import { composeKeyring } from '../../src/server/compose-keys.ts'
import {
  DamagedRowError,
  type RecordKind,
  type RowKey,
  type Storage,
  systemTenant,
} from '../../src/storage/storage.ts'
import { apiKeyCounts } from '../../src/tokens/api-keys/api-key-row.ts'
import { checkPersonStanding } from '../../src/tokens/check/person-standing.ts'
import { codes } from '../../src/tokens/people/code-row.ts'
import { issueCode, proveCode } from '../../src/tokens/people/codes.ts'
import { deviceCodes, userCodes } from '../../src/tokens/people/device-code-row.ts'
import {
  decideOnDevice,
  findDeviceByUserCode,
  issueDeviceCodes,
} from '../../src/tokens/people/device-codes.ts'
import { endFamily, familyIdOf, startFamily } from '../../src/tokens/people/families.ts'
import { handleOf } from '../../src/tokens/people/family-secrets.ts'
import { openRefreshToken } from '../../src/tokens/people/refresh.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { type AdminAnswer, type AdminApp, opsYaml, startAdminApp } from '../admin/admin-app.ts'
import { eventOf, fill, openTrail, retain, stores, verify } from '../audit/trail-kit.ts'
import { listKeys, makeKey as makeKeyBy } from '../support/api-keys.ts'
import { allKinds } from '../support/kinds.ts'
import { createText } from '../support/raw-text.ts'
import { callProtected, platform, testStart } from '../support/test-app.ts'
import { interactionCases } from './damaged-interactions.ts'
import { peopleCases } from './damaged-people.ts'
import { sessionCases } from './damaged-sessions.ts'

const signing = 'signing: { algorithm: ES256 }'
const config = `${opsYaml}  acme:
    name: Acme
    ${signing}
    oauth2: { audience: [acme-api], scopes: { api:read: Read access } }
    api_keys: { allowed_scopes: [api:read] }
    clients:
      manager: { secret: manager-secret-value, scopes: [grantd:admin, api-keys:manage, api:read], introspect: true }
  other:
    name: Other
    ${signing}
    oauth2: { audience: [other-api] }
    clients:
      manager: { secret: other-secret-value, scopes: [grantd:admin] }
`

/** A server on which everything is there that rows are kept of. */
interface World {
  readonly app: AdminApp
  readonly storage: Storage
  readonly tokens: Readonly<
    Record<'billing' | 'billingToo' | 'second' | 'manager' | 'globex' | 'other', string>
  >
  readonly keys: readonly [first: { id: string; token: string }, second: { id: string; token: string }]
  readonly billingSecret: string
}

async function makeWorld(storage: Storage): Promise<World> {
  const app = await startAdminApp({ storage }, config)
  const make = async (tenant: string, client_id: string, scopes: string[]) => {
    const made = await app.call('POST', `/tenants/${tenant}/clients`, { body: { client_id, scopes } })
    expect(made.status).toBe(201)
    return made.body.client_secret as string
  }
  const globex = {
    id: 'globex',
    name: 'Globex',
    issuer: 'https://globex.example',
    oauth2: {},
    signing: { algorithm: 'ES256' },
  }
  expect((await app.call('POST', '/tenants', { body: globex })).status).toBe(201)
  const secrets = {
    billing: await make('acme', 'billing', ['api:read']),
    second: await make('acme', 'second', ['api:read']),
    globex: await make('globex', 'gx', []),
  }
  await make('acme', 'third', [])
  const get = (tenant: string, client_id: string, client_secret: string, scope?: string) =>
    app.token(tenant, { client_id, client_secret, ...(scope !== undefined && { scope }) })
  const manage = await get('acme', 'manager', 'manager-secret-value', 'api-keys:manage api:read')
  const makeKey = async () => {
    const made = await makeKeyBy(app, { token: manage, body: { name: 'k', scopes: ['api:read'] } })
    return { id: made.id, token: made.api_key }
  }
  const keys = [await makeKey(), await makeKey()] as const
  const [first, second] = keys[0].id < keys[1].id ? keys : [keys[1], keys[0]]
  await app.deps.lastUse.flush()
  return {
    ...{ app, storage },
    tokens: {
      billing: await get('acme', 'billing', secrets.billing),
      billingToo: await get('acme', 'billing', secrets.billing),
      second: await get('acme', 'second', secrets.second),
      manager: manage,
      globex: await get('globex', 'gx', secrets.globex),
      other: await get('other', 'manager', 'other-secret-value', 'grantd:admin'),
    },
    keys: [first, second],
    billingSecret: secrets.billing,
  }
}

/** Another server on the same storage, which has seen nothing. */
async function startAnew({ storage, app }: World) {
  const loaded = await parseConfig({ file: 'c', text: config, folder: app.folder }, platform)
  const { now } = app.deps
  return composeKeyring(loaded, platform, {
    ...{ storage, now, monotonic: now, log: () => {}, audit: { record: () => {} } },
  })
}

const anything = (name: string): RecordKind<TSchema> => ({ name, schema: Type.Unknown() })

/** Puts a text in the place of the value of a row. */
async function corrupt(storage: Storage, { tenant, kind, id }: RowKey, json: string): Promise<void> {
  const rows = storage.of(tenant).of(anything(kind))
  const found = await rows.find(id)
  if (!found) throw new Error(`There is no row ${JSON.stringify({ tenant, kind, id })}`)
  if (json !== noJson) {
    expect(await rows.replace(id, JSON.parse(json), { ifVersion: found.version })).toBe(true)
    return
  }
  await rows.delete(id)
  const { expiresAt, parent } = found
  expect(await createText(rows, json, { id, expiresAt, parent })).toBe(true)
}

async function firstId(
  storage: Storage,
  tenant: string,
  { name }: RecordKind<TSchema>,
  prefix = '',
): Promise<string> {
  const [row] = await storage.of(tenant).of(anything(name)).list({ after: prefix, limit: 1 })
  if (!row) throw new Error(`There is no row of kind ${name} of ${tenant}`)
  return row.id
}

const noJson = '{"before":'

const damages = {
  'is no JSON': noJson,
  'has another type': '[[]]',
  'lacks its members': '{}',
  'is null': 'null',
  'is huge': JSON.stringify('x'.repeat(33 * 1024 * 1024)),
}

const use = async ({ app }: World, token: string) => (await callProtected(app, token)).status
const introspect = async ({ app }: World, token: string) => {
  const form = new URLSearchParams({ client_id: 'manager', client_secret: 'manager-secret-value', token })
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const response = await app.send('/api/v1/tenant/acme/oauth/introspect', {
    method: 'POST',
    headers,
    body: form.toString(),
  })
  return response.status === 200 ? (await response.json()).active : response.status
}
const ask = async ({ app }: World, tenant: string, client_id: string, client_secret: string) =>
  (await app.post(tenant, { grant_type: 'client_credentials', client_id, client_secret })).status
const idsIn = ({ status, body }: AdminAnswer) => [
  status,
  body.items.map((item: Record<string, string>) => item['id'] ?? item['client_id']),
  body.damaged,
]
const damagedBy = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (cause) => (cause instanceof DamagedRowError ? cause.key : cause),
  )

interface Case {
  /** Makes the row, where it is not there yet, and answers where it is. */
  readonly find: (world: World) => Promise<RowKey>
  /** Everybody who reads such a row, and what becomes of what is not of it. */
  readonly check: (world: World, key: RowKey) => Promise<void>
}

/** Nothing depends on what is in the row. */
async function checkNews(world: World, { id }: RowKey): Promise<void> {
  const [keyring, other] = [await startAnew(world), await startAnew(world)]
  const { kid } = (await other.of('acme')).active
  await other.lookForNews()
  // The head counts by its version, which is lost with a row that is put in its place.
  if (id === 'keyring' && (await world.storage.of(systemTenant).of(changes).find(id))?.version === 1) return
  expect((await keyring.rotate('acme', { now: true, force: true })).outcome).toBe('rotated')
  await other.lookForNews()
  expect((await other.of('acme')).active.kid).not.toBe(kid)
}

/** Another process with the rows of this storage. */
function startLimits({ app, storage }: World) {
  const { hashing, randomBytes } = platform
  const { now } = app.deps
  const faults: unknown[] = []
  const settings = {
    enabled: true,
    failures_per_client_and_address: 10,
    failures_per_client: 100,
    failures_per_address: 100,
    failures_per_tenant: 1000,
    longest_backoff: 900,
  }
  const options = { storage, hashing, randomBytes, now, monotonic: now, after: () => () => {} }
  const limits = new AttemptLimits({ ...options, settings, onError: (cause) => faults.push(cause) })
  const subject = { tenantId: 'acme', kind: 'client', key: 'billing', address: () => '192.0.2.1' }
  return { faults, limits, open: () => limits.open(subject, () => {}) }
}

/** What was known is lost, and what comes is kept. */
async function checkKnownAddresses(world: World): Promise<void> {
  const first = startLimits(world)
  expect(await first.open().isKnown()).toBe(false)
  first.open().succeed()
  await first.limits.flush()
  const second = startLimits(world)
  expect(await second.open().isKnown()).toBe(true)
  expect([...first.faults, ...second.faults]).toEqual([])
  expect(await ask(world, 'acme', 'billing', world.billingSecret)).toBe(200)
}

/** Makes the rows of a success. */
async function succeedOnce(world: World): Promise<void> {
  const { open, limits } = startLimits(world)
  open().succeed()
  await limits.flush()
}

const deviceDepsOf = ({ app, storage }: World) => ({ ...platform, now: app.deps.now, storage })

/** Makes the rows of a device, and its damaged row is one of them. */
async function askForDevice(world: World): Promise<string> {
  const request = { clientId: 'billing', scopes: ['api:read'], audience: ['acme-api'] }
  const times = { tenantId: 'acme', ttl: 600, keep: 600 }
  return (await issueDeviceCodes(request, times, deviceDepsOf(world))).userCode
}

/** A new device is not in the way of a damaged one. */
async function checkDevices(world: World, key: RowKey): Promise<void> {
  const deps = deviceDepsOf(world)
  const other = await findDeviceByUserCode(await askForDevice(world), deps)
  expect(other?.clientId).toBe('billing')
  if (key.kind !== 'device_code') return
  const denied = { kind: 'denied' } as const
  expect(await damagedBy(decideOnDevice({ tenantId: 'acme', id: key.id }, denied, deps))).toEqual(key)
}

/** A code and a family, whose secrets everybody knows here. */
async function peopleOwner({ app, storage }: World) {
  const [tenant, client] = [
    await app.deps.tenants.find('acme'),
    await app.deps.clients.of('acme').find('manager'),
  ]
  if (!tenant?.oauth2 || !client) throw new Error('The test has no tenant or no client')
  const grant = {
    ...{
      clientId: 'manager',
      sub: 's',
      scopes: [],
      audience: ['acme-api'],
      redirectUri: 'r',
      codeChallenge: null,
    },
    ...{ authTime: 0, amr: [], acr: null, sid: null, offline: true },
  }
  const seed = new Uint8Array(32).toBase64({ alphabet: 'base64url', omitPadding: true })
  const owner = {
    tenant,
    oauth2: tenant.oauth2,
    client: { ...client, grant_types: ['refresh_token'] as const },
  }
  const deps = { ...app.deps, storage, randomBytes: (count: number) => new Uint8Array(count) }
  return { grant, seed, owner, deps }
}

const rateSender = {
  tenant: { id: 'acme', tokensPerMinute: null },
  client: { id: 'rated', tokensPerMinute: 4 },
}

const assertion = { clientId: 'billing', jti: 'j', expiresAt: testStart + 60_000 }

const cases: Readonly<Record<string, Case>> = {
  ...peopleCases,
  ...sessionCases,
  ...interactionCases,
  failure_counts: {
    async find({ app }) {
      await app.post('acme', {
        grant_type: 'client_credentials',
        client_id: 'billing',
        client_secret: 'wrong',
      })
      await app.deps.limits.flush()
      return { tenant: 'acme', kind: 'failure_counts', id: 'counts' }
    },
    async check(world) {
      const { open, limits, faults } = startLimits(world)
      for (let failures = 0; failures < 20; failures++) open().fail()
      await limits.flush()
      expect(faults).toEqual([])
      const row = await world.storage.of('acme').of(failureCounts).find('counts')
      expect(Object.keys(row?.value.counts ?? {})).toHaveLength(4)
      expect(await ask(world, 'acme', 'billing', world.billingSecret)).toBe(200)
    },
  },
  rate_counts: {
    async find({ app, storage }) {
      const rate = () => app.deps.rates.tokens.open(rateSender)
      await rate()?.take(() => {})
      await app.deps.rates.flush()
      expect(await storage.of('acme').of(rateCounts).find('tokens')).toBeDefined()
      return { tenant: 'acme', kind: 'rate_counts', id: 'tokens' }
    },
    async check({ app, storage }) {
      await app.deps.rates.tokens.open(rateSender)?.take(() => {})
      await app.deps.rates.flush()
      const row = await storage.of('acme').of(rateCounts).find('tokens')
      expect(Object.keys(row?.value.counts ?? {})).toEqual(['c rated'])
    },
  },
  known_address: {
    async find(world) {
      await succeedOnce(world)
      const id = await firstId(world.storage, 'acme', knownAddresses)
      const rows = await world.storage.of('acme').of(knownAddresses).list({ limit: 4 })
      // All of them but one say nothing of the address.
      for (const row of rows)
        if (row.id !== id) await world.storage.of('acme').of(knownAddresses).delete(row.id)
      return { tenant: 'acme', kind: 'known_address', id }
    },
    check: checkKnownAddresses,
  },
  limit_key: {
    async find(world) {
      await succeedOnce(world)
      return { tenant: systemTenant, kind: 'limit_key', id: 'addresses' }
    },
    check: checkKnownAddresses,
  },
  client: {
    find: async () => ({ tenant: 'acme', kind: 'client', id: 'billing' }),
    async check(world) {
      const { app, tokens, billingSecret } = world
      expect(idsIn(await app.call('GET', '/tenants/acme/clients'))).toEqual([
        200,
        ['manager', 'second', 'third'],
        ['billing'],
      ])
      const page = await app.call('GET', '/tenants/acme/clients?limit=1')
      expect(idsIn(page)).toEqual([200, [], ['billing']])
      const next = await app.call('GET', `/tenants/acme/clients?limit=1&cursor=${page.body.next_cursor}`)
      expect(idsIn(next)).toEqual([200, ['manager'], undefined])
      for (const [method, path] of [
        ['GET', ''],
        ['PATCH', ''],
        ['GET', '/secrets'],
        ['POST', '/secrets'],
      ] as const) {
        const body = method === 'PATCH' ? { active: true } : undefined
        const { status } = await app.call(method, `/tenants/acme/clients/billing${path}`, {
          body,
          ifMatch: '*',
        })
        expect([method, path, status]).toEqual([method, path, 503])
      }
      expect(await ask(world, 'acme', 'billing', billingSecret)).toBe(503)
      expect([await use(world, tokens.billing), await introspect(world, tokens.billing)]).toEqual([503, 503])
      expect([await use(world, tokens.second), await introspect(world, tokens.second)]).toEqual([200, true])
      // The longest life of a token is asked of all clients.
      const { status } = await app.call('PATCH', '/tenants/acme/clients/second', {
        body: { access_token_ttl: 60 },
        ifMatch: '*',
      })
      expect(status).toBe(200)
    },
  },
  tenant: {
    find: async () => ({ tenant: systemTenant, kind: 'tenant', id: 'globex' }),
    async check(world) {
      const { app, tokens, storage } = world
      expect(idsIn(await app.call('GET', '/tenants'))).toEqual([200, ['acme', 'ops', 'other'], ['globex']])
      expect((await app.call('GET', '/tenants/globex')).status).toBe(503)
      expect(
        (await app.call('PATCH', '/tenants/globex', { body: { active: false }, ifMatch: '*' })).status,
      ).toBe(503)
      expect(await use(world, tokens.globex)).toBe(503)
      expect(await use(world, tokens.billing)).toBe(200)
      const made = { id: 'initech', name: 'Initech', signing: { algorithm: 'ES256' } }
      expect((await app.call('POST', '/tenants', { body: made })).status).toBe(201)
      const surveyed: string[] = []
      const keyring = await startAnew(world)
      const surveyor = new Surveyor({
        storage,
        keyring: {
          orphans: { list: async () => [], clear: async () => {} },
          survey: async (id) => keyring.survey(id).then(() => void surveyed.push(id)),
        },
        monotonic: () => 0,
        pause: async () => {},
      })
      expect(await damagedBy(surveyor.look(() => false))).toMatchObject({ kind: 'tenant', id: 'globex' })
      expect(surveyed).toEqual(['initech'])
    },
  },
  issuer: {
    find: async () => ({ tenant: systemTenant, kind: 'issuer', id: 'https://globex.example' }),
    async check(world) {
      const { app, tokens } = world
      expect(await use(world, tokens.globex)).toBe(503)
      expect(await use(world, tokens.billing)).toBe(200)
      expect((await app.call('GET', '/tenants')).status).toBe(200)
      const claim = { id: 'thief', name: 'Thief', issuer: 'https://globex.example' }
      expect((await app.call('POST', '/tenants', { body: claim })).status).toBe(503)
    },
  },
  api_key: {
    find: async ({ keys: [{ id }] }) => ({ tenant: 'acme', kind: 'api_key', id }),
    async check(world) {
      const { app, keys, tokens } = world
      const [damaged, good] = keys
      expect(idsIn(await app.call('GET', '/tenants/acme/api-keys'))).toEqual([200, [good.id], [damaged.id]])
      const mine = await listKeys(app, { token: tokens.manager })
      expect([mine.status, mine.headers.get('grantd-damaged-rows')]).toEqual([200, '1'])
      expect((await mine.json()).map(({ id }: { id: string }) => id)).toEqual([good.id])
      expect([await use(world, damaged.token), await introspect(world, damaged.token)]).toEqual([503, 503])
      expect([await use(world, good.token), await introspect(world, good.token)]).toEqual([200, true])
      expect((await app.call('POST', `/tenants/acme/api-keys/${damaged.id}/revoke`)).status).toBe(503)
    },
  },
  api_key_count: {
    find: async () => ({ tenant: 'acme', kind: 'api_key_count', id: 'manager' }),
    async check({ app, keys, tokens, storage }) {
      expect((await app.call('POST', `/tenants/acme/api-keys/${keys[0].id}/revoke`)).status).toBe(204)
      await makeKeyBy(app, { token: tokens.manager, body: { name: 'k' } })
      const count = await storage.of('acme').of(apiKeyCounts).find('manager')
      expect(count?.value.live).toBe(2)
    },
  },
  'revocation of a token': {
    async find({ app, tokens, storage }) {
      const body = { token: tokens.billing }
      expect((await app.call('POST', '/tenants/acme/tokens/revoke', { body })).status).toBe(200)
      return {
        tenant: 'acme',
        kind: 'revocation',
        id: await firstId(storage, 'acme', revocations, 'token:'),
      }
    },
    async check(world) {
      const { tokens } = world
      expect([await use(world, tokens.billing), await introspect(world, tokens.billing)]).toEqual([503, 503])
      expect([await use(world, tokens.billingToo), await introspect(world, tokens.billingToo)]).toEqual([
        200,
        true,
      ])
    },
  },
  'revocation of a client': {
    async find({ app }) {
      const body = { client_id: 'manager', before: '2020-01-01T00:00:00Z' }
      expect((await app.call('POST', '/tenants/acme/tokens/revoke', { body })).status).toBe(200)
      return { tenant: 'acme', kind: 'revocation', id: 'client:manager' }
    },
    async check(world) {
      const { app, tokens, keys } = world
      expect([await use(world, tokens.manager), await introspect(world, tokens.manager)]).toEqual([503, 503])
      expect([await use(world, keys[0].token), await introspect(world, keys[0].token)]).toEqual([503, 503])
      expect([await use(world, tokens.second), await introspect(world, tokens.second)]).toEqual([200, true])
      const list = await app.call('GET', '/tenants/acme/api-keys')
      expect(list.body.items.map(({ revoked }: { revoked: boolean }) => revoked)).toEqual([true, true])
    },
  },
  'revocation of a tenant': {
    async find({ app }) {
      const body = { all: true, before: '2020-01-01T00:00:00Z' }
      expect((await app.call('POST', '/tenants/acme/tokens/revoke', { body })).status).toBe(200)
      return { tenant: 'acme', kind: 'revocation', id: 'tenant' }
    },
    async check(world) {
      const { app, tokens } = world
      for (const token of [tokens.billing, tokens.second, tokens.manager]) {
        expect([await use(world, token), await introspect(world, token)]).toEqual([503, 503])
      }
      expect([await use(world, tokens.globex), await use(world, tokens.other)]).toEqual([200, 200])
      expect((await app.call('GET', '/tenants/acme/api-keys')).status).toBe(200)
    },
  },
  secret_use: {
    find: async ({ storage }) => ({
      ...{ tenant: 'acme', kind: 'secret_use' },
      id: await firstId(storage, 'acme', secretUses),
    }),
    async check(world) {
      const { app, billingSecret } = world
      for (const path of ['', '/billing', '/billing/secrets', '/manager'])
        expect((await app.call('GET', `/tenants/acme/clients${path}`)).status).toBe(200)
      expect(await ask(world, 'acme', 'billing', billingSecret)).toBe(200)
      await app.deps.lastUse.flush()
      expect((await app.call('DELETE', '/tenants/acme/clients/billing')).status).toBe(204)
    },
  },
  used_assertion: {
    async find({ storage }) {
      expect(await consumeAssertion(assertion, { ...platform, storage, tenantId: 'acme' })).toBe(true)
      return { tenant: 'acme', kind: 'used_assertion', id: await firstId(storage, 'acme', usedAssertions) }
    },
    async check({ storage }) {
      expect(await consumeAssertion(assertion, { ...platform, storage, tenantId: 'acme' })).toBe(false)
    },
  },
  code: {
    async find(world) {
      const { grant, owner, deps } = await peopleOwner(world)
      await issueCode({ ...grant, madeAt: deps.now() }, owner, deps)
      return { tenant: 'acme', kind: 'code', id: await firstId(world.storage, 'acme', codes) }
    },
    async check(world, key) {
      const { seed, owner, deps } = await peopleOwner(world)
      const presented = { code: seed, redirectUri: 'r', codeVerifier: undefined }
      expect(await damagedBy(proveCode(presented, owner, deps))).toEqual(key)
    },
  },
  family: {
    async find(world) {
      const { grant, seed, owner, deps } = await peopleOwner(world)
      await startFamily({ seed, grant, madeAt: deps.now(), seedUntil: deps.now() }, owner, deps)
      return { tenant: 'acme', kind: 'family', id: familyIdOf(seed, deps) }
    },
    async check(world, key) {
      const { grant, seed, owner, deps } = await peopleOwner(world)
      const family = { seed, grant, madeAt: deps.now(), seedUntil: deps.now() }
      // Its seed stays used, and nothing of it can be checked or ended.
      expect(await startFamily(family, owner, deps)).toBeUndefined()
      expect(await damagedBy(endFamily(key.id, 'acme', deps))).toEqual(key)
      const token = `${handleOf(seed, platform.hashing)}.${'A'.repeat(43)}`
      expect(await damagedBy(openRefreshToken(token, owner, deps))).toEqual(key)
      const claims = { jti: `${key.id}.x`, sub: 's', client_id: 'manager' } as AccessTokenClaims
      expect(await damagedBy(checkPersonStanding(claims, owner.tenant, deps))).toEqual(key)
    },
  },
  device_code: {
    async find(world) {
      await askForDevice(world)
      return { tenant: 'acme', kind: 'device_code', id: await firstId(world.storage, 'acme', deviceCodes) }
    },
    check: checkDevices,
  },
  user_code: {
    async find(world) {
      await askForDevice(world)
      const id = await firstId(world.storage, systemTenant, userCodes)
      return { tenant: systemTenant, kind: 'user_code', id }
    },
    check: checkDevices,
  },
  keyring: {
    find: async () => ({ tenant: 'acme', kind: 'keyring', id: 'ring' }),
    async check(world, key) {
      const { app } = world
      const keyring = await startAnew(world)
      await keyring.of('other')
      expect(await damagedBy(keyring.of('acme'))).toEqual(key)
      expect(await damagedBy(keyring.survey('acme'))).toEqual(key)
      expect(await damagedBy(keyring.takeDueSteps('acme'))).toEqual(key)
      expect((await app.call('GET', '/tenants/acme/keys')).status).toBe(503)
      expect((await app.call('GET', '/tenants/other/keys')).status).toBe(200)
      expect((await keyring.report('acme', { withPrivate: true })).complaint).toContain('of kind keyring')
      // The news of one tenant must not keep those of others from being seen, nor be forgotten.
      const kid = (await keyring.of('other')).active.kid
      await app.deps.keyring.rotate('other', { now: true, force: true })
      expect(await damagedBy(keyring.lookForNews())).toEqual(key)
      expect((await keyring.of('other')).active.kid).not.toBe(kid)
    },
  },
  'change of the head': {
    find: async () => ({ tenant: systemTenant, kind: 'change', id: 'keyring' }),
    check: checkNews,
  },
  'change of a tenant': {
    find: async ({ storage }) => ({
      ...{ tenant: systemTenant, kind: 'change' },
      id: await firstId(storage, systemTenant, changes, 'keyring'),
    }),
    check: checkNews,
  },
  replica_clock: {
    async find({ storage, app }) {
      const value = { ahead: 0, at: app.deps.now() }
      await storage.of(systemTenant).of(replicaClocks).create({ id: 'gone', value })
      return { tenant: systemTenant, kind: 'replica_clock', id: 'gone' }
    },
    async check({ storage, app }) {
      const { now } = app.deps
      const of = storage.of.bind(storage)
      const off = { of, readClock: async () => now() - 90_000 }
      const randomBytes = (count: number) => new Uint8Array(count)
      const clock = new ReplicaClock({ storage: off, now, randomBytes, log: () => {} })
      // What the other process found counts for nothing.
      expect(await clock.compare()).toBe(false)
    },
  },
  cleaning: {
    async find({ storage }) {
      const value = { floor: testStart, last_seen: testStart }
      await storage.of(systemTenant).of(cleanings).create({ id: 'floor', value })
      await storage.of('acme').of(secretUses).create({ id: 'expired', value: {}, expiresAt: 1 })
      return { tenant: systemTenant, kind: 'cleaning', id: 'floor' }
    },
    async check({ storage, app }, key) {
      const { now } = app.deps
      const guard = new ClockGuard({ now, monotonic: now, log: () => {} })
      const cleaner = new Cleaner({ storage, guard, now, pause: async () => {} })
      expect(await damagedBy(cleaner.begin())).toEqual(key)
      expect(await damagedBy(cleaner.see())).toEqual(key)
      expect(await damagedBy(cleaner.clean(() => false))).toEqual(key)
      expect(await storage.of('acme').of(secretUses).find('expired')).toBeDefined()
      expect((await verify(storage)).complaints).toEqual([])
    },
  },
  audit: {
    async find({ storage }) {
      await fill(storage, { rows: 3, inRow: 2 })
      return { tenant: 'acme', kind: 'audit', id: '0000000000000004' }
    },
    async check({ storage, app }, { id }) {
      const { status, body } = await app.call('GET', '/tenants/acme/audit')
      expect([status, body.items.map(({ number }: { number: number }) => number), body.damaged]).toEqual([
        200,
        [1, 2, 5, 6],
        [id],
      ])
      const lines = await app.call('GET', '/tenants/acme/audit?limit=1', {
        headers: { Accept: 'application/x-ndjson' },
      })
      expect(lines.headers.get('grantd-damaged-rows')).toBeNull()
      expect((await verify(storage)).ok).toBe(false)
      const trail = openTrail(storage)
      trail.audit.record(eventOf(7))
      await trail.audit.flush()
      expect((await readAudit(storage, 'acme', { after: 6, limit: 9 })).events).toHaveLength(1)
    },
  },
  audit_head: {
    async find({ storage }) {
      await fill(storage, { rows: 3, inRow: 2 })
      return { tenant: 'acme', kind: 'audit_head', id: 'head' }
    },
    async check({ storage, app }) {
      expect((await app.call('GET', '/tenants/acme/audit')).body.items).toHaveLength(6)
      expect((await verify(storage)).ok).toBe(false)
      const trail = openTrail(storage)
      trail.audit.record(eventOf(7))
      await trail.audit.flush()
      const { events } = await readAudit(storage, 'acme', { after: 6, limit: 9 })
      expect(events.map(({ type }) => type)).toEqual(['audit.gap', 'token.issued'])
    },
  },
  refusal: {
    async find({ app, storage }) {
      await app.post('acme', { grant_type: 'none-such' }, { 'X-Request-Id': 'damaged' })
      await app.deps.refusals.flush()
      return { tenant: systemTenant, kind: 'refusal', id: await firstId(storage, systemTenant, refusals) }
    },
    async check({ storage, app }) {
      await app.post('acme', { grant_type: 'another' }, { 'X-Request-Id': 'damaged' })
      await app.deps.refusals.flush()
      expect((await findRefusals(storage, 'damaged')).refusals).toHaveLength(1)
      expect((await app.call('GET', '/requests/damaged')).status).toBe(200)
    },
  },
  audit_journal: {
    async find({ storage }) {
      const trail = openTrail(storage)
      for (let at = 0; at < 40; at++) trail.audit.record(eventOf(at, { tenant: `t${at}` }))
      await trail.audit.flush()
      return {
        tenant: systemTenant,
        kind: 'audit_journal',
        id: await firstId(storage, systemTenant, auditJournal),
      }
    },
    async check({ storage }, key) {
      expect(await damagedBy(settleForgotten(storage, { hashing: platform.hashing, retain }))).toEqual(key)
      const left = await storage.of(systemTenant).of(auditJournal).list({ limit: 100 })
      expect(left.map(({ id }) => id)).toEqual([key.id])
    },
  },
}

test('every kind of row has a case', () => {
  const kinds = allKinds.map(({ name }) => name)
  const tried = Object.keys(cases).map((name) => name.split(' ')[0] ?? '')
  expect([...new Set(tried)].sort()).toEqual([...new Set(kinds)].sort())
})

/** All of them in memory; the contract of the stores has them too, and what is huge takes a disk long. */
const onDisk = { 'is no JSON': noJson, 'lacks its members': '{}' }

describe.each(stores)('on %s', (store, withStore) => {
  const tried = Object.entries(store === 'memory' ? damages : onDisk)
  for (const [kind, { find, check }] of Object.entries(cases)) {
    test.each(tried)(`a row of kind ${kind} that %s is refused by itself`, (_, json) =>
      withStore(async (storage) => {
        const world = await makeWorld(storage)
        try {
          const key = await find(world)
          await corrupt(storage, key, json)
          await check(world, key)
          for (const line of world.app.log) expect(line['error']).not.toBe('server_error')
        } finally {
          await world.app.close()
        }
      }),
    )
  }
})
