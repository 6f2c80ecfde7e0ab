import { afterEach, beforeEach, expect, test } from 'bun:test'
import { type Actor, recordChange, shell } from '../../src/management/actor.ts'
import { changeTenant } from '../../src/management/change-tenant.ts'
import { readNothing } from '../../src/management/client-change.ts'
import { createClient } from '../../src/management/create-client.ts'
import { createTenant } from '../../src/management/create-tenant.ts'
import { deleteTenant } from '../../src/management/delete-tenant.ts'
import type { AuditEvent } from '../../src/protocol/audit-events.ts'
import { findTenant } from '../../src/tenants/stored-tenants.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp
beforeEach(async () => {
  app = await startTestApp('tenants: { acme: { name: Acme, oauth2: { scopes: { read: R } } } }')
})
afterEach(() => app.close())

const any = () => {}
const admin: Actor = { name: 'root', tenant: 'ops', requestId: 'r1', address: '192.0.2.7' }
const makeGlobex = (active = true) =>
  createTenant({ id: 'globex', patch: { name: 'Globex', oauth2: {}, active }, actor: shell }, app.deps)
const lastEvent = () => app.events.at(-1)

/** The keyring of the app, with what is called of it noted, and what the test puts in place of it. */
function watchKeyring(
  replaced: Partial<Pick<TestApp['deps']['keyring'], 'replan' | 'clear' | 'destroy'>> = {},
) {
  const calls: string[] = []
  const { keyring } = app.deps
  return {
    calls,
    destroy: replaced.destroy ?? ((id: string) => keyring.destroy(id)),
    clear: replaced.clear ?? ((id: string) => keyring.clear(id)),
    replan: async (id: string) => {
      calls.push('replan')
      await (replaced.replan ?? ((one: string) => keyring.replan(one)))(id)
    },
    tellWith: ((id, change) => {
      calls.push('tellWith')
      return keyring.tellWith(id, change)
    }) satisfies TestApp['deps']['keyring']['tellWith'],
  }
}

test.each([
  [{ active: false }, []],
  [{ name: 'New' }, []],
  [{ issuer: 'https://globex.example' }, []],
  [{ signing: { jwks_max_age: 60 } }, ['tellWith', 'replan']],
  [{ oauth2: { access_token_ttl: 7200 } }, ['tellWith', 'replan']],
  [{ api_keys: {} }, ['tellWith', 'replan']],
  [{ name: 'New', oauth2: null }, ['tellWith', 'replan']],
])('a change of a tenant to %p has its keys follow by %p', async (patch, calls) => {
  await makeGlobex()
  const keyring = watchKeyring()
  await changeTenant({ id: 'globex', patch, checkCurrent: any, actor: shell }, { ...app.deps, keyring })
  expect(keyring.calls).toEqual(calls)
  expect(lastEvent()).toMatchObject({ type: 'tenant.changed', tenant: 'globex', actor: 'shell' })
})

test('keys that cannot follow a change do not undo it: it is recorded, and the log says what is left to do', async () => {
  await makeGlobex()
  const keyring = watchKeyring({ replan: () => Promise.reject(new Error('no space')) })
  const patch = { signing: { jwks_max_age: 60 } }
  const row = await changeTenant(
    { id: 'globex', patch, checkCurrent: any, actor: admin },
    { ...app.deps, keyring },
  )
  expect(row.value.signing?.jwks_max_age).toBe(60)
  expect(lastEvent()?.type).toBe('tenant.changed')
  expect(app.log.at(-1)).toMatchObject({
    level: 'warn',
    message: 'the keys do not go by the changed settings yet',
    request_id: 'r1',
    tenant: 'globex',
  })
})

test('a refused change leaves no event and no news', async () => {
  await makeGlobex()
  const events = app.events.length
  const keyring = watchKeyring()
  const checkCurrent = () => {
    throw new Error('stale')
  }
  const change = { id: 'globex', patch: { signing: { jwks_max_age: 60 } }, checkCurrent, actor: shell }
  await expect(changeTenant(change, { ...app.deps, keyring })).rejects.toThrow('stale')
  expect([app.events.length, keyring.calls]).toEqual([events, []])
})

test('a tenant is deleted and recorded though keys that were made meanwhile cannot be cleared', async () => {
  await makeGlobex(false)
  const clear = () => Promise.reject(new Error('EACCES'))
  const keyring = watchKeyring({ clear })
  const deleted = deleteTenant({ id: 'globex', checkCurrent: any, actor: admin }, { ...app.deps, keyring })
  await expect(deleted).rejects.toThrow('EACCES')
  expect(await findTenant('globex', app.deps)).toBeUndefined()
  expect(lastEvent()).toMatchObject({ type: 'tenant.deleted', tenant: 'globex' })
})

test('of two deletions of a tenant, the later one says that it is gone, whenever the other one comes first', async () => {
  await makeGlobex(false)
  const deletion = { id: 'globex', checkCurrent: any, actor: admin }
  const destroy = async (id: string) => {
    await deleteTenant(deletion, app.deps)
    await app.deps.keyring.destroy(id)
  }
  const later = deleteTenant(deletion, { ...app.deps, keyring: watchKeyring({ destroy }) })
  await expect(later).rejects.toMatchObject({ code: 'tenant_not_found' })
})

test('a tenant whose keys cannot be destroyed stays', async () => {
  await makeGlobex(false)
  const keyring = watchKeyring({ destroy: () => Promise.reject(new Error('read-only')) })
  const deleted = deleteTenant({ id: 'globex', checkCurrent: any, actor: admin }, { ...app.deps, keyring })
  await expect(deleted).rejects.toThrow('read-only')
  expect(await findTenant('globex', app.deps)).toBeDefined()
})

test('a client whose answer cannot be read is not made, and leaves no event', async () => {
  const tenant = app.deps.tenants.findConfigured('acme')
  if (!tenant) throw new Error('There is no acme')
  const make = (read: () => Promise<undefined>) =>
    createClient({ id: 'billing', patch: { scopes: ['read'] }, actor: shell, read }, tenant, app.deps)
  const events = app.events.length
  await expect(make(() => Promise.reject(new Error('damaged')))).rejects.toThrow('damaged')
  expect(app.events.length).toBe(events)
  // The id is free, so nothing of it was kept.
  const { secret } = await make(async () => undefined)
  expect(await app.token('acme', { client_id: 'billing', client_secret: secret ?? '' })).toStartWith('ey')
})

test('of those who make one client at the same time, one does, and one event says so', async () => {
  const tenant = app.deps.tenants.findConfigured('acme')
  if (!tenant) throw new Error('There is no acme')
  const made = await Promise.allSettled(
    Array.from({ length: 8 }, () =>
      createClient({ id: 'twin', patch: {}, actor: admin, read: readNothing }, tenant, app.deps),
    ),
  )
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(app.events.filter(({ type }) => type === 'client.created')).toHaveLength(1)
})

const change = { tenantId: 'acme', client: 'billing', detail: { secret: 'one' } }
test.each<[string, Actor, Partial<AuditEvent>]>([
  ['a command', shell, { actor: 'shell', detail: { secret: 'one' } }],
  [
    'an admin of the tenant',
    { name: 'manager', tenant: 'acme', requestId: 'r1', address: '192.0.2.7' },
    { actor: 'manager', detail: { secret: 'one' }, requestId: 'r1', address: '192.0.2.7' },
  ],
  [
    'an admin of another tenant',
    admin,
    { actor: 'root', detail: { secret: 'one', actor_tenant: 'ops' }, requestId: 'r1', address: '192.0.2.7' },
  ],
])('the event of %s says who it was and from where', (_, actor, expected) => {
  const events: AuditEvent[] = []
  recordChange('secret.added', { actor, ...change }, { record: (event) => void events.push(event) })
  const fixed = { type: 'secret.added', tenant: 'acme', outcome: 'success', client: 'billing' } as const
  expect(events).toEqual([{ ...fixed, ...expected }])
})
