import { expect } from 'bun:test'
import { consents } from '../../src/consents/consent-row.ts'
import { findConsent, giveConsent, listConsents, withdrawConsent } from '../../src/consents/consents.ts'
import { isKnownBrowser, rememberBrowser } from '../../src/sessions/browsers.ts'
import { browsers, sessions } from '../../src/sessions/session-row.ts'
import {
  endSession,
  endSessionsOf,
  isSessionLive,
  listSessions,
  noteClient,
  startSession,
} from '../../src/sessions/sessions.ts'
import { findSignedIn } from '../../src/sessions/signed-in.ts'
import type { RowKey, Storage } from '../../src/storage/storage.ts'
import { acme, ada, addPerson, bob, signInOf } from '../sessions/session-kit.ts'
import type { TestApp } from '../support/test-app.ts'

type World = { readonly app: Pick<TestApp, 'deps'>; readonly storage: Storage }

const browserHash = 'a'.repeat(64)
const cookies = new WeakMap<Storage, readonly [damaged: string, other: string]>()

/** Makes the rows of two people who are signed in. */
async function signInTwo({ app, storage }: World): Promise<RowKey> {
  const deps = { ...app.deps, storage }
  const [first, second] = [await startSession(signInOf(ada), deps), await startSession(signInOf(bob), deps)]
  await addPerson(storage, bob)
  cookies.set(storage, [first.cookie, second.cookie])
  return { tenant: 'acme', kind: sessions.name, id: first.session.sid }
}

/** The person signs in again, and nobody else notices. */
async function checkSession({ app, storage }: World, { id }: RowKey): Promise<void> {
  const deps = { ...app.deps, storage }
  const [damaged, other] = cookies.get(storage) ?? []
  expect(await findSignedIn(damaged, acme, deps)).toBeUndefined()
  expect(await isSessionLive(acme, id, deps)).toBe(false)
  expect(await listSessions(acme, ada, deps)).toEqual([])
  expect((await findSignedIn(other, acme, deps))?.person.sub).toBe(bob)
  await noteClient('acme', { sid: id, clientId: 'web' }, deps)
  expect(await isSessionLive(acme, id, deps)).toBe(false)
  expect((await endSession('acme', id, deps))?.sub).toBe('')
  const { session } = await startSession(signInOf(ada), deps)
  expect((await endSessionsOf('acme', ada, deps)).map(({ sid }) => sid)).toEqual([session.sid])
}

/** The browser is a stranger until the next sign-in. */
async function checkBrowser({ app, storage }: World): Promise<void> {
  const deps = { ...app.deps, storage }
  const place = { tenantId: 'acme', browserHash, sub: ada }
  expect(await isKnownBrowser(place, deps)).toBe(false)
  await rememberBrowser(place, deps)
  expect(await isKnownBrowser(place, deps)).toBe(true)
}

/** The person is asked again. */
async function checkConsent({ app, storage }: World): Promise<void> {
  const deps = { ...app.deps, storage }
  const key = { tenantId: 'acme', sub: ada, clientId: 'web' }
  expect((await findConsent(key, deps))?.scopes).toEqual([])
  expect((await listConsents(key, deps)).map(({ clientId }) => clientId)).toEqual(['tv', 'web'])
  expect((await giveConsent({ ...key, scopes: ['email'] }, deps)).scopes).toEqual(['email'])
  expect(await withdrawConsent(key, deps)).toBe(true)
}

/** The rows of sessions and consents, whose damage says no more than that there is none. */
export const sessionCases = {
  session: { find: signInTwo, check: checkSession },
  browser: {
    async find({ app, storage }: World) {
      await rememberBrowser({ tenantId: 'acme', browserHash, sub: ada }, { ...app.deps, storage })
      return { tenant: 'acme', kind: browsers.name, id: browserHash }
    },
    check: checkBrowser,
  },
  consent: {
    async find({ app, storage }: World) {
      const deps = { ...app.deps, storage }
      for (const clientId of ['tv', 'web'])
        await giveConsent({ tenantId: 'acme', sub: ada, clientId, scopes: ['openid'] }, deps)
      return { tenant: 'acme', kind: consents.name, id: `${ada} web` }
    },
    check: checkConsent,
  },
}
