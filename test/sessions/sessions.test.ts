import { describe, expect, test } from 'bun:test'
import { sessions } from '../../src/sessions/session-row.ts'
import {
  endSession,
  endSessionsOf,
  isSessionLive,
  listSessions,
  noteClient,
  noteSessionUse,
  startSession,
} from '../../src/sessions/sessions.ts'
import { findSignedIn } from '../../src/sessions/signed-in.ts'
import { cutOff } from '../../src/users/cutoffs.ts'
import { users } from '../../src/users/user-row.ts'
import { stores } from '../audit/trail-kit.ts'
import { testStart } from '../support/test-app.ts'
import { acme, ada, addPerson, bob, signInOf, startSessions } from './session-kit.ts'

describe('a session', () => {
  test('is opened by its cookie and says who signed in, when and how', async () => {
    const { deps } = await startSessions()
    const { session, cookie, ended } = await startSession(signInOf(ada, { acr: 'urn:x' }), deps)
    expect(cookie).toMatch(/^[\w-]{22}\.[\w-]{43}$/)
    expect(ended).toBeUndefined()
    const found = await findSignedIn(cookie, acme, deps)
    expect(found?.session).toEqual(session)
    expect(found?.person.sub).toBe(ada)
    expect(session).toEqual({
      ...{ sid: cookie.slice(0, 22), sub: ada, authTime: testStart / 1000, amr: ['pwd'], acr: 'urn:x' },
      ...{ createdAt: testStart, lastSeenAt: testStart, clients: [], userAgent: 'Browser/1' },
    })
  })

  test('is stored without what opens it', async () => {
    const { deps, storage } = await startSessions()
    const { session, cookie } = await startSession(signInOf(ada), deps)
    const row = await storage.of('acme').of(sessions).find(session.sid)
    expect(row?.parent).toBe(ada)
    expect(row?.expiresAt).toBe(testStart + 1800_000)
    expect(JSON.stringify(row)).not.toContain(cookie.slice(23))
  })

  test('is not opened by any other text', async () => {
    const { deps } = await startSessions()
    const { cookie } = await startSession(signInOf(ada), deps)
    const other = await startSession(signInOf(bob), deps)
    const [sid = '', secret = ''] = cookie.split('.')
    const swapped = `${sid}.${other.cookie.slice(23)}`
    const texts = [undefined, '', sid, `${sid}.`, swapped, `${cookie}A`, ` ${cookie}`, `${sid}.${secret}\n`]
    texts.push(
      `${sid}.${'A'.repeat(43)}`,
      `${'A'.repeat(22)}.${secret}`,
      'x'.repeat(1e6),
      `${sid}\0.${secret}`,
    )
    for (const text of texts) expect(await findSignedIn(text, acme, deps)).toBeUndefined()
  })

  test('is of one tenant', async () => {
    const { deps } = await startSessions()
    const { session, cookie } = await startSession(signInOf(ada), deps)
    const other = { ...acme, id: 'other' }
    expect(await findSignedIn(cookie, other, deps)).toBeUndefined()
    expect(await isSessionLive(other, session.sid, deps)).toBe(false)
    expect(await endSession('other', session.sid, deps)).toBeUndefined()
    expect(await noteClient('other', { sid: session.sid, clientId: 'web' }, deps)).toBe(false)
    expect(await findSignedIn(cookie, acme, deps)).toBeDefined()
    expect(await findSignedIn(cookie, { id: 'acme', oidc: null }, deps)).toBeUndefined()
  })

  test('ends session_ttl after the sign-in, however often it is used', async () => {
    const { deps, advance } = await startSessions()
    const { session, cookie } = await startSession(signInOf(ada), deps)
    for (let minutes = 0; minutes < 119; minutes += 17) {
      expect(await findSignedIn(cookie, acme, deps)).toBeDefined()
      advance(17 * 60)
    }
    advance(60)
    expect(await isSessionLive(acme, session.sid, deps)).toBe(false)
    expect(await findSignedIn(cookie, acme, deps)).toBeUndefined()
  })

  test('ends session_idle after the last use, by the second', async () => {
    const { deps, advance } = await startSessions()
    const { session, cookie } = await startSession(signInOf(ada), deps)
    advance(1799)
    expect(await isSessionLive(acme, session.sid, deps)).toBe(true)
    expect(await listSessions(acme, ada, deps)).toHaveLength(1)
    advance(1)
    expect(await isSessionLive(acme, session.sid, deps)).toBe(false)
    expect(await findSignedIn(cookie, acme, deps)).toBeUndefined()
    expect(await listSessions(acme, ada, deps)).toEqual([])
  })

  test('ends by the settings of now', async () => {
    const { deps, advance } = await startSessions()
    const { session, cookie } = await startSession(signInOf(ada), deps)
    advance(100)
    const shorter = { id: 'acme', oidc: { session_ttl: 99, session_idle: 99 } }
    expect(await findSignedIn(cookie, shorter, deps)).toBeUndefined()
    expect(await isSessionLive(shorter, session.sid, deps)).toBe(false)
  })

  test('notes a use at most once a minute, and lives on from it', async () => {
    const { deps, storage, advance } = await startSessions()
    const { session, cookie } = await startSession(signInOf(ada), deps)
    const row = () => storage.of('acme').of(sessions).find(session.sid)
    advance(59)
    await findSignedIn(cookie, acme, deps)
    expect((await row())?.version).toBe(1)
    advance(1)
    // Fifty tabs at once.
    await Promise.all(Array.from({ length: 50 }, () => findSignedIn(cookie, acme, deps)))
    expect(await row()).toMatchObject({
      version: 2,
      expiresAt: testStart + 60_000 + 1800_000,
      value: { last_seen_at: testStart + 60_000 },
    })
    advance(1799)
    await noteSessionUse(acme, session, deps)
    expect((await row())?.value.last_seen_at).toBe(testStart + 1859_000)
  })

  test('has a User-Agent of 256 characters at most, which every store can keep', async () => {
    const { deps } = await startSessions()
    const { session } = await startSession(signInOf(ada, { userAgent: `${'x'.repeat(255)}😀\0` }), deps)
    expect(session.userAgent).toHaveLength(256)
    expect(session.userAgent?.isWellFormed()).toBe(true)
    const odd = await startSession(signInOf(ada, { userAgent: 'a\0b' }), deps)
    expect(odd.session.userAgent).toBe('a b')
  })
})

describe('a sign-in', () => {
  test('makes what the browser had before worthless, and keeps the sid of the same person', async () => {
    const { deps, advance } = await startSessions()
    const first = await startSession(signInOf(ada), deps)
    await noteClient('acme', { sid: first.session.sid, clientId: 'web' }, deps)
    advance(600)
    const again = signInOf(ada, { current: first.session, authTime: testStart / 1000 + 600 })
    const second = await startSession(again, deps)
    expect(second.session).toMatchObject({ sid: first.session.sid, clients: ['web'] })
    expect(second.session.authTime).toBe(testStart / 1000 + 600)
    expect(second.session.createdAt).toBe(testStart + 600_000)
    expect(second.ended).toBeUndefined()
    expect(second.cookie).not.toBe(first.cookie)
    expect(await findSignedIn(first.cookie, acme, deps)).toBeUndefined()
    expect(await findSignedIn(second.cookie, acme, deps)).toBeDefined()
    expect(await listSessions(acme, ada, deps)).toHaveLength(1)
  })

  test('of another person ends the session of the browser, which is told', async () => {
    const { deps } = await startSessions()
    const first = await startSession(signInOf(ada), deps)
    await noteClient('acme', { sid: first.session.sid, clientId: 'web' }, deps)
    const second = await startSession(signInOf(bob, { current: first.session }), deps)
    expect(second.ended).toEqual({ ...first.session, clients: ['web'] })
    expect(second.session.sid).not.toBe(first.session.sid)
    expect(second.session.clients).toEqual([])
    expect(await findSignedIn(first.cookie, acme, deps)).toBeUndefined()
    expect(await isSessionLive(acme, first.session.sid, deps)).toBe(false)
  })

  test('while the old session ends elsewhere starts a new one', async () => {
    const { deps } = await startSessions()
    const first = await startSession(signInOf(ada), deps)
    await endSession('acme', first.session.sid, deps)
    const second = await startSession(signInOf(ada, { current: first.session }), deps)
    expect(second.session.sid).not.toBe(first.session.sid)
    expect(await findSignedIn(second.cookie, acme, deps)).toBeDefined()
  })

  test('that began before everything of the person was ended is worth nothing', async () => {
    const { deps, storage, advance } = await startSessions()
    const startedAt = deps.now()
    advance(1)
    await cutOff(storage, 'acme', { sub: ada, before: deps.now() })
    advance(1)
    const { cookie } = await startSession(signInOf(ada, { startedAt }), deps)
    expect(await findSignedIn(cookie, acme, deps)).toBeUndefined()
    const later = await startSession(signInOf(ada), deps)
    expect(await findSignedIn(later.cookie, acme, deps)).toBeDefined()
  })
})

describe('nobody is signed in', () => {
  test('after a cutoff of the person, while the row is there', async () => {
    const { deps, storage } = await startSessions()
    const { cookie } = await startSession(signInOf(ada), deps)
    const other = await startSession(signInOf(bob), deps)
    await cutOff(storage, 'acme', { sub: ada, before: deps.now() })
    expect(await findSignedIn(cookie, acme, deps)).toBeUndefined()
    expect(await findSignedIn(other.cookie, acme, deps)).toBeDefined()
  })

  test('after a cutoff at one client, they still are', async () => {
    const { deps, storage } = await startSessions()
    const { cookie } = await startSession(signInOf(ada), deps)
    await cutOff(storage, 'acme', { sub: ada, clientId: 'web', before: deps.now() })
    expect(await findSignedIn(cookie, acme, deps)).toBeDefined()
  })

  test('who is gone or inactive', async () => {
    const { deps, storage } = await startSessions()
    const sub = 'Eve'
    await addPerson(storage, sub, { active: false })
    const { cookie } = await startSession(signInOf(sub), deps)
    expect(await findSignedIn(cookie, acme, deps)).toBeUndefined()
    const adas = await startSession(signInOf(ada), deps)
    await storage.of('acme').of(users).delete(ada)
    expect(await findSignedIn(adas.cookie, acme, deps)).toBeUndefined()
  })
})

describe.each(stores)('on %s', (_, withStore) => {
  test('of clients that are noted at once, none is lost; and none is noted after the end', () =>
    withStore(async (storage) => {
      const { deps } = await startSessions(storage)
      const { session } = await startSession(signInOf(ada), deps)
      const clients = Array.from({ length: 12 }, (_, at) => `client-${at}`)
      const note = (clientId: string) => noteClient('acme', { sid: session.sid, clientId }, deps)
      expect(await Promise.all([...clients, ...clients].map(note))).not.toContain(false)
      const ended = await endSession('acme', session.sid, deps)
      expect([...(ended?.clients ?? [])].sort()).toEqual([...clients].sort())
      expect(await note('late')).toBe(false)
      expect(await endSession('acme', session.sid, deps)).toBeUndefined()
    }))

  test('a client that is noted while the session ends is told of the end, or gets no code', () =>
    withStore(async (storage) => {
      const { deps } = await startSessions(storage)
      for (let round = 0; round < 10; round++) {
        const { session } = await startSession(signInOf(ada), deps)
        const [isNoted, ended] = await Promise.all([
          noteClient('acme', { sid: session.sid, clientId: 'web' }, deps),
          endSession('acme', session.sid, deps),
        ])
        expect(ended?.clients).toEqual(isNoted ? ['web'] : [])
      }
    }))

  test('all sessions of a person end, and of nobody else', () =>
    withStore(async (storage) => {
      const { deps } = await startSessions(storage)
      const mine = await Promise.all(Array.from({ length: 5 }, () => startSession(signInOf(ada), deps)))
      const other = await startSession(signInOf(bob), deps)
      const ended = await endSessionsOf('acme', ada, deps)
      expect(ended.map(({ sid }) => sid).sort()).toEqual(mine.map(({ session }) => session.sid).sort())
      expect(await listSessions(acme, ada, deps)).toEqual([])
      expect(await listSessions(acme, bob, deps)).toEqual([other.session])
    }))
})

test('more sessions than one page of rows are listed, the last used one first, and end', async () => {
  const { deps, advance } = await startSessions()
  for (let at = 0; at < 250; at++) {
    advance(1)
    await startSession(signInOf(ada), deps)
  }
  const listed = await listSessions(acme, ada, deps)
  const times = listed.map(({ lastSeenAt }) => lastSeenAt)
  expect(times).toHaveLength(250)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(await endSessionsOf('acme', ada, deps)).toHaveLength(250)
})
