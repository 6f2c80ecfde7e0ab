import { expect, test } from 'bun:test'
import { isKnownBrowser, rememberBrowser } from '../../src/sessions/browsers.ts'
import { browsers } from '../../src/sessions/session-row.ts'
import { stores } from '../audit/trail-kit.ts'
import { ada, bob, startSessions } from './session-kit.ts'

const hash = 'a'.repeat(64)
const place = { tenantId: 'acme', browserHash: hash }
const year = 365 * 86_400

test('a browser is known for a year after the last sign-in, of one person at one tenant', async () => {
  const { deps, advance } = await startSessions()
  const isKnown = (more = {}) => isKnownBrowser({ ...place, sub: ada, ...more }, deps)
  expect(await isKnown()).toBe(false)
  await rememberBrowser({ ...place, sub: ada }, deps)
  expect(await isKnown()).toBe(true)
  expect(await isKnown({ sub: bob })).toBe(false)
  expect(await isKnown({ tenantId: 'other' })).toBe(false)
  expect(await isKnown({ browserHash: 'b'.repeat(64) })).toBe(false)
  advance(year - 1)
  expect(await isKnown()).toBe(true)
  await rememberBrowser({ ...place, sub: ada }, deps)
  advance(year - 1)
  expect(await isKnown()).toBe(true)
  advance(1)
  expect(await isKnown()).toBe(false)
})

test('a browser knows the last twenty people', async () => {
  const { deps } = await startSessions()
  const subs = Array.from({ length: 21 }, (_, at) => `person-${at}`)
  for (const sub of subs) await rememberBrowser({ ...place, sub }, deps)
  const known = await Promise.all(subs.map((sub) => isKnownBrowser({ ...place, sub }, deps)))
  expect(known).toEqual(subs.map((_, at) => at > 0))
})

test.each(stores)('people who sign in at once are all remembered, on %s', (_, withStore) =>
  withStore(async (storage) => {
    const { deps } = await startSessions(storage)
    const subs = Array.from({ length: 8 }, (_, at) => `person-${at}`)
    await Promise.all(subs.map((sub) => rememberBrowser({ ...place, sub }, deps)))
    const row = await storage.of('acme').of(browsers).find(hash)
    expect(row?.value.subs.toSorted()).toEqual(subs)
  }),
)
