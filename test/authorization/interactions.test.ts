import { expect, test } from 'bun:test'
import {
  findInteraction,
  interactionKept,
  interactionLife,
  isOfKind,
  renewInteraction,
  startInteraction,
  updateInteraction,
} from '../../src/authorization/interactions.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { testStart } from '../support/test-app.ts'

const content = { kind: 'device' as const, device: 'd', client_id: 'tv', scopes: ['openid'] }
const acme = { tenant: { id: 'acme' }, browser: 'b'.repeat(64) }

function open() {
  let time = testStart
  const deps = {
    storage: createMemoryStorage(),
    now: () => time,
    randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  }
  return {
    deps,
    pass: (ms: number) => {
      time += ms
    },
  }
}

test('an interaction belongs to one browser of one tenant', async () => {
  const { deps } = open()
  const started = await startInteraction({ ...acme, content }, deps)
  expect(started.id).toMatch(/^[\w-]{22}$/)
  expect(await findInteraction(started.id, acme, deps)).toEqual(started)
  expect(await findInteraction(started.id, { ...acme, browser: 'c'.repeat(64) }, deps)).toBeUndefined()
  expect(await findInteraction(started.id, { ...acme, tenant: { id: 'other' } }, deps)).toBeUndefined()
  expect(await findInteraction('x', acme, deps)).toBeUndefined()
  expect([isOfKind(started, 'device'), isOfKind(started, 'logout')]).toEqual([true, false])
})

test('an interaction is over after ten minutes, deleted or not', async () => {
  const { deps, pass } = open()
  const { id } = await startInteraction({ ...acme, content }, deps)
  pass(interactionLife - 1)
  expect(await findInteraction(id, acme, deps)).toBeDefined()
  pass(1)
  expect(await findInteraction(id, acme, deps)).toBeUndefined()
})

test('what was not finished in time can begin again for an hour, in its browser alone and with nothing done', async () => {
  const { deps, pass } = open()
  const started = await startInteraction({ ...acme, content }, deps)
  await updateInteraction(started, { consented: 'ada' }, { ...acme, storage: deps.storage })
  expect(await renewInteraction(started.id, acme, deps)).toBeUndefined()
  pass(interactionLife)
  expect(await renewInteraction(started.id, { ...acme, browser: 'c'.repeat(64) }, deps)).toBeUndefined()
  const renewed = await renewInteraction(started.id, acme, deps)
  expect(renewed).toMatchObject({ content, progress: { consented: null } })
  expect(renewed?.id).not.toBe(started.id)
  pass(interactionKept - interactionLife)
  expect(await renewInteraction(started.id, acme, deps)).toBeUndefined()
})

test('what two tabs do at once is kept of both', async () => {
  const { deps } = open()
  const started = await startInteraction({ ...acme, content }, deps)
  const place = { ...acme, storage: deps.storage }
  await Promise.all([
    updateInteraction(started, { signed_in: 's' }, place),
    updateInteraction(started, { consented: 'ada' }, place),
  ])
  const found = await findInteraction(started.id, acme, deps)
  expect(found?.progress).toEqual({ signed_in: 's', chosen: null, consented: 'ada', denied: null })
})
