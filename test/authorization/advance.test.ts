import { describe, expect, test } from 'bun:test'
import { type Ask, advance, type Standing } from '../../src/authorization/advance.ts'

const now = 1_000_000_000_000
const ada = { sid: 's1', sub: 'ada', authTime: now / 1000 - 100, createdAt: now - 100_000 }
const nothing = { signed_in: null, chosen: null, consented: null, denied: null }

const next = (ask: Partial<Ask>, standing: Partial<Standing> = {}) =>
  advance(
    {
      ...{ scopes: ['openid'], prompt: [], maxAge: undefined, hintedSub: undefined, consent: 'remember' },
      ...ask,
    },
    { session: ada, allowed: ['openid'], interaction: undefined, now, ...standing },
  )
const inside = (progress: Partial<typeof nothing | Record<keyof typeof nothing, string>> = {}) => ({
  createdAt: now - 1000,
  progress: { ...nothing, ...progress },
})

describe('the login', () => {
  test('nobody signed in has to sign in', () => expect(next({}, { session: undefined })).toBe('sign-in'))
  test('a session and a consent need no page', () => expect(next({})).toBe('finish'))
  test('prompt=login wants a new login, although somebody is signed in', () => {
    expect(next({ prompt: ['login'] })).toBe('sign-in')
    expect(next({ prompt: ['login'] }, { interaction: inside() })).toBe('sign-in')
    expect(next({ prompt: ['login'] }, { interaction: inside({ signed_in: 's1' }) })).toBe('finish')
  })
  test('a login in another tab since the request came counts as a new one', () => {
    const session = { ...ada, sid: 's2', createdAt: now }
    expect(next({ prompt: ['login'] }, { session, interaction: inside({ signed_in: 's1' }) })).toBe('finish')
  })
  test.each([
    [undefined, 'finish'],
    [101, 'finish'],
    [100, 'finish'],
    [99, 'sign-in'],
    [1, 'sign-in'],
    [0, 'sign-in'],
  ] as const)('max_age=%p after a login 100 seconds ago: %s', (maxAge, step) =>
    expect(next({ maxAge })).toBe(step),
  )
  test('max_age=0 wants a new login within the same second, and takes one', () => {
    const session = { ...ada, authTime: now / 1000, createdAt: now }
    expect(next({ maxAge: 0 }, { session })).toBe('sign-in')
    expect(next({ maxAge: 0 }, { session, interaction: inside({ signed_in: 's1' }) })).toBe('finish')
  })
  test('a request for another person wants a login, and refuses one of somebody else', () => {
    expect(next({ hintedSub: 'ada' })).toBe('finish')
    expect(next({ hintedSub: 'bob' })).toBe('sign-in')
    expect(next({ hintedSub: 'bob' }, { interaction: inside({ signed_in: 's1' }) })).toBe('refuse')
    // Somebody else signed in in another tab, so nobody has answered here yet.
    const session = { ...ada, sid: 's2', createdAt: now }
    expect(next({ hintedSub: 'bob' }, { session, interaction: inside() })).toBe('sign-in')
  })
})

describe('the choice of an account', () => {
  test('is asked for once, and a login is a choice', () => {
    const ask = { prompt: ['select_account'] } as const
    expect(next(ask)).toBe('select-account')
    expect(next(ask, { interaction: inside() })).toBe('select-account')
    expect(next(ask, { interaction: inside({ chosen: 'ada' }) })).toBe('finish')
    expect(next(ask, { interaction: inside({ chosen: 'bob' }) })).toBe('select-account')
    expect(next(ask, { interaction: inside({ signed_in: 's1' }) })).toBe('finish')
  })
})

describe('the consent', () => {
  test.each([
    ['remember', ['openid'], 'finish'],
    ['remember', ['openid', 'api:read'], 'consent'],
    ['always', ['openid'], 'consent'],
    ['skip', ['openid', 'api:read'], 'finish'],
  ] as const)('%s with the scopes %p: %s', (consent, scopes, step) =>
    expect(next({ consent, scopes })).toBe(step),
  )
  test('is asked for once by a request without scopes too', () => {
    expect(next({ scopes: [] }, { allowed: undefined })).toBe('consent')
    expect(next({ scopes: [] }, { allowed: [] })).toBe('finish')
  })
  test.each(['remember', 'always', 'skip'] as const)('prompt=consent asks even where it is %s', (consent) => {
    const ask = { prompt: ['consent'], consent } as const
    expect(next(ask)).toBe('consent')
    expect(next(ask, { interaction: inside({ consented: 'ada' }) })).toBe('finish')
    expect(next(ask, { interaction: inside({ consented: 'bob' }) })).toBe('consent')
  })
})
