import { expect, test } from 'bun:test'
import type { TSchema } from '@sinclair/typebox'
import { clients } from '../../src/clients/client-row.ts'
import { consents } from '../../src/consents/consent-row.ts'
import { giveConsent } from '../../src/consents/consents.ts'
import { keyrings } from '../../src/keys/ring/ring-row.ts'
import { startSession } from '../../src/sessions/sessions.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type RecordKind, type Storage, systemTenant } from '../../src/storage/storage.ts'
import { issuers, tenants } from '../../src/tenants/tenant-row.ts'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { personCutoffs, userEmails, users } from '../../src/users/user-row.ts'
import { makeKey } from '../support/api-keys.ts'
import { failingStorage, rowsOf } from '../support/failing-storage.ts'
import { type AdminAnswer, type AdminApp, startAdminApp } from './admin-app.ts'

interface World {
  readonly app: AdminApp
  readonly keyId: string
  readonly token: string
  /** Of a client, and of a tenant, that were made before. */
  readonly etags: { readonly billing: string; readonly globex: string }
}

interface Change {
  readonly call: (world: World) => Promise<AdminAnswer>
  /** The event that tells of it. */
  readonly event: string
  /** The kinds of rows that it is about. */
  readonly kinds: readonly RecordKind<TSchema>[]
}

const ada = '/tenants/acme/users/ada'
const billing = '/tenants/acme/clients/billing'
const whoever = { ifMatch: '*' }

const changes: Readonly<Record<string, Change>> = {
  'a client is made': {
    call: ({ app }) =>
      app.call('POST', '/tenants/acme/clients', { body: { client_id: 'new', access_token_ttl: 7200 } }),
    event: 'client.created',
    kinds: [clients],
  },
  'a client is changed': {
    call: ({ app }) =>
      app.call('PATCH', billing, { ...whoever, body: { access_token_ttl: 7200, active: false } }),
    event: 'client.changed',
    kinds: [clients],
  },
  'a client is deleted': {
    call: ({ app }) => app.call('DELETE', billing),
    event: 'client.deleted',
    kinds: [clients, revocations, apiKeys],
  },
  'a secret is added': {
    call: ({ app }) =>
      app.call('POST', `${billing}/secrets`, { body: { id: 'next', old_ends_in_seconds: 0 } }),
    event: 'secret.added',
    kinds: [clients],
  },
  'a secret is removed': {
    call: ({ app }) => app.call('DELETE', `${billing}/secrets/one`),
    event: 'secret.removed',
    kinds: [clients],
  },
  'a person is made': {
    call: ({ app }) => app.call('POST', '/tenants/acme/users', { body: { email: 'new@example.com' } }),
    event: 'user.created',
    kinds: [users, userEmails],
  },
  'a person gets another address': {
    call: ({ app }) => app.call('PATCH', ada, { ...whoever, body: { email: 'new@example.com' } }),
    event: 'user.changed',
    kinds: [users, userEmails],
  },
  'a person is disabled': {
    call: ({ app }) => app.call('PATCH', ada, { ...whoever, body: { active: false } }),
    event: 'user.disabled',
    kinds: [users, personCutoffs],
  },
  'a person gets a link': {
    call: ({ app }) => app.call('POST', `${ada}/reset`),
    event: 'user.reset',
    kinds: [users],
  },
  'a person is signed out': {
    call: ({ app }) => app.call('POST', `${ada}/sign-out`),
    event: 'user.signed_out',
    kinds: [personCutoffs],
  },
  'a person is deleted': {
    call: ({ app }) => app.call('DELETE', ada),
    event: 'user.deleted',
    kinds: [users, userEmails, personCutoffs, consents],
  },
  'a tenant is made': {
    call: ({ app }) =>
      app.call('POST', '/tenants', { body: { id: 'new', name: 'New', issuer: 'https://new.example' } }),
    event: 'tenant.created',
    kinds: [tenants, issuers],
  },
  'a tenant is changed': {
    call: ({ app }) =>
      app.call('PATCH', '/tenants/globex', {
        ...whoever,
        body: { issuer: 'https://globex.example/2', signing: { jwks_max_age: 60 } },
      }),
    event: 'tenant.changed',
    kinds: [tenants, issuers],
  },
  'a tenant is deleted': {
    call: ({ app }) => app.call('DELETE', '/tenants/idle'),
    event: 'tenant.deleted',
    kinds: [tenants, issuers],
  },
  'an API key is revoked': {
    call: ({ app, keyId }) => app.call('POST', `/tenants/acme/api-keys/${keyId}/revoke`),
    event: 'api_key.revoked',
    kinds: [apiKeys],
  },
  'a token is revoked': {
    call: ({ app, token }) => app.call('POST', '/tenants/acme/tokens/revoke', { body: { token } }),
    event: 'token.revoked',
    kinds: [revocations],
  },
  'the tokens of a client are revoked': {
    call: ({ app }) => app.call('POST', '/tenants/acme/tokens/revoke', { body: { client_id: 'billing' } }),
    event: 'token.revoked',
    kinds: [revocations],
  },
  'all tokens are revoked': {
    call: ({ app }) => app.call('POST', '/tenants/acme/tokens/revoke', { body: { all: true } }),
    event: 'token.revoked',
    kinds: [revocations],
  },
  'a key is announced': {
    call: ({ app }) => app.call('POST', '/tenants/acme/keys/rotate'),
    event: 'key.created',
    kinds: [keyrings],
  },
  'a key is rotated': {
    call: ({ app }) => {
      app.advance(120)
      return app.call('POST', '/tenants/acme/keys/rotate', { body: { now: true } })
    },
    event: 'key.activated',
    kinds: [keyrings],
  },
}

async function makeWorld(storage: Storage): Promise<World> {
  const app = await startAdminApp({ storage })
  const make = async (path: string, body: object) => {
    const { status, etag } = await app.call('POST', path, { body })
    expect(status).toBe(201)
    return etag ?? ''
  }
  const globex = await make('/tenants', { id: 'globex', name: 'Globex', issuer: 'https://globex.example' })
  await make('/tenants', { id: 'idle', name: 'Idle', active: false })
  const made = await make('/tenants/acme/clients', { client_id: 'billing', scopes: ['api:read'] })
  await make(`${billing}/secrets`, { id: 'one' })
  await make('/tenants/acme/users', { sub: 'ada', email: 'ada@example.com' })
  const consent = { tenantId: 'acme', sub: 'ada', clientId: 'web', scopes: ['openid'] }
  await giveConsent(consent, { storage, now: app.deps.now })
  const signIn = { person: { sub: 'ada' }, authTime: 0, amr: ['pwd'], userAgent: null }
  await startSession({ tenant: { id: 'acme', oidc: null }, ...signIn }, { ...app.deps, storage })
  const asked = { client_id: 'manager', client_secret: 'manager-secret-value' }
  const manage = await app.token('acme', { ...asked, scope: 'api-keys:manage api:read' })
  const { id: keyId } = await makeKey(app, { token: manage, body: { name: 'k', scopes: ['api:read'] } })
  await app.tokenOf('root')
  return { app, keyId, token: await app.token('acme', asked), etags: { billing: made, globex } }
}

async function snapshot(storage: Storage, kinds: readonly RecordKind<TSchema>[]): Promise<string> {
  const ids = [systemTenant, 'acme', 'globex', 'idle', 'new']
  const rows = ids.flatMap((id) => kinds.map((kind) => rowsOf(storage, id, kind)))
  return JSON.stringify(await Promise.all(rows))
}

/** More calls than any change makes. */
const mostCalls = 200

test.each(Object.entries(changes))(
  'whichever call of the storage fails, row, answer and event agree: %s',
  async (_, { call, event, kinds }) => {
    for (let n = 0; n < mostCalls; n++) {
      const inner = createMemoryStorage()
      const storage = failingStorage(inner)
      const world = await makeWorld(storage)
      const { app } = world
      const before = await snapshot(inner, kinds)
      const events = app.events.length
      storage.failAfter = n
      const { status } = await call(world)
      const hasFailed = storage.failAfter === undefined
      storage.failAfter = undefined
      const told = app.events
        .slice(events)
        .filter(({ type, outcome }) => type === event && outcome === 'success')
      const isChanged = (await snapshot(inner, kinds)) !== before
      const found = { n, isChanged, told: told.length, isDone: status < 300 }
      expect([found, isChanged ? 0 : status]).toEqual(
        isChanged
          ? [{ n, isChanged, told: 1, isDone: true }, 0]
          : [{ n, isChanged, told: 0, isDone: false }, 503],
      )
      await app.close()
      if (!hasFailed) return expect(n).toBeGreaterThan(1)
    }
    throw new Error('It asks the storage too often')
  },
)
