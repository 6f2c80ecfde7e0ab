import { describe, expect, test } from 'bun:test'
import {
  findConsent,
  forgetConsents,
  giveConsent,
  listConsents,
  withdrawConsent,
} from '../../src/consents/consents.ts'
import { endIssuedBefore } from '../../src/management/revoke/end-issued-before.ts'
import { findCutoff } from '../../src/users/cutoffs.ts'
import { stores } from '../audit/trail-kit.ts'
import { ada, bob, startSessions } from '../sessions/session-kit.ts'
import { testStart } from '../support/test-app.ts'

const key = { tenantId: 'acme', sub: ada, clientId: 'web' }

describe.each(stores)('on %s', (_, withStore) => {
  test('a consent is of one person, one client and one tenant, and grows by scopes', () =>
    withStore(async (storage) => {
      const { deps, advance } = await startSessions(storage)
      expect(await findConsent(key, deps)).toBeUndefined()
      const given = await giveConsent({ ...key, scopes: ['openid', 'email'] }, deps)
      expect(given).toEqual({ clientId: 'web', scopes: ['openid', 'email'], givenAt: testStart })
      advance(1)
      await giveConsent({ ...key, scopes: ['email', 'api:read'] }, deps)
      const wanted = { clientId: 'web', scopes: ['openid', 'email', 'api:read'], givenAt: testStart + 1000 }
      expect(await findConsent(key, deps)).toEqual(wanted)
      expect(await findConsent({ ...key, sub: bob }, deps)).toBeUndefined()
      expect(await findConsent({ ...key, clientId: 'we' }, deps)).toBeUndefined()
      expect(await findConsent({ ...key, tenantId: 'other' }, deps)).toBeUndefined()
      expect(await listConsents(key, deps)).toEqual([wanted])
    }))

  test('scopes that are allowed in two tabs at once are all kept', () =>
    withStore(async (storage) => {
      const { deps } = await startSessions(storage)
      const scopes = Array.from({ length: 8 }, (_, at) => `api:${at}`)
      await Promise.all(scopes.map((scope) => giveConsent({ ...key, scopes: [scope] }, deps)))
      expect((await findConsent(key, deps))?.scopes.toSorted()).toEqual(scopes)
    }))

  test('a consent that is taken back is gone, and so is what the client got until then', () =>
    withStore(async (storage) => {
      const { deps } = await startSessions(storage)
      await giveConsent({ ...key, scopes: ['openid'] }, deps)
      await giveConsent({ ...key, clientId: 'tv', scopes: ['openid'] }, deps)
      expect(await withdrawConsent(key, deps)).toBe(true)
      expect(await findConsent(key, deps)).toBeUndefined()
      expect((await listConsents(key, deps)).map(({ clientId }) => clientId)).toEqual(['tv'])
      expect(await findCutoff(storage, 'acme', { sub: ada, clientId: 'web' })).toBe(testStart)
      expect(await findCutoff(storage, 'acme', { sub: ada, clientId: 'tv' })).toBe(0)
      expect(await findCutoff(storage, 'acme', { sub: ada })).toBe(0)
      expect(await withdrawConsent(key, deps)).toBe(false)
    }))
})

test('the id of a client may have a space, and the sub of another person is not the beginning of one', async () => {
  const { deps } = await startSessions()
  await giveConsent({ ...key, clientId: 'my app', scopes: ['openid'] }, deps)
  await giveConsent({ ...key, sub: `${ada}x`, scopes: ['openid'] }, deps)
  expect((await listConsents(key, deps)).map(({ clientId }) => clientId)).toEqual(['my app'])
})

describe('a deleted client', () => {
  test('takes along what everybody allowed it, and a later one of the same id asks for itself', async () => {
    const { deps, advance } = await startSessions()
    for (const sub of [ada, bob]) await giveConsent({ ...key, sub, scopes: ['openid', 'email'] }, deps)
    await giveConsent({ ...key, clientId: 'tv', scopes: ['openid'] }, deps)
    await forgetConsents(key, deps)
    for (const sub of [ada, bob]) expect(await findConsent({ ...key, sub }, deps)).toBeUndefined()
    expect((await listConsents(key, deps)).map(({ clientId }) => clientId)).toEqual(['tv'])
    expect(await listConsents({ tenantId: 'acme', sub: '' }, deps)).toEqual([])
    // Even in the same millisecond, the new consent counts, and has the new scopes alone.
    const given = await giveConsent({ ...key, scopes: ['openid'] }, deps)
    expect(given.scopes).toEqual(['openid'])
    expect(await findConsent(key, deps)).toEqual(given)
    expect(await findConsent({ ...key, sub: bob }, deps)).toBeUndefined()
    expect(await listConsents(key, deps)).toHaveLength(2)
    advance(1)
    await forgetConsents(key, deps)
    expect(await findConsent(key, deps)).toBeUndefined()
    expect(await findConsent({ ...key, clientId: 'tv' }, deps)).toBeDefined()
  })

  test('though the clock was set back since', async () => {
    const { deps, advance } = await startSessions()
    await forgetConsents(key, deps)
    await giveConsent({ ...key, scopes: ['openid'] }, deps)
    advance(-60)
    await forgetConsents(key, deps)
    expect(await findConsent(key, deps)).toBeUndefined()
  })

  test('and an end of everything that was issued counts only what people allowed', async () => {
    const { deps } = await startSessions()
    await giveConsent({ ...key, scopes: ['openid'] }, deps)
    await forgetConsents({ ...key, clientId: 'tv' }, deps)
    const options = { before: deps.now(), keepApiKeys: false, actor: { name: 'shell' } }
    const ended = await endIssuedBefore(options, 'acme', { ...deps, audit: { record: () => {} } })
    expect(ended.consents).toBe(1)
  })

  test('of another tenant takes nothing along', async () => {
    const { deps } = await startSessions()
    await giveConsent({ ...key, scopes: ['openid'] }, deps)
    await forgetConsents({ ...key, tenantId: 'other' }, deps)
    expect(await findConsent(key, deps)).toBeDefined()
  })
})
