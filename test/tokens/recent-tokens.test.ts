import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { decodeJwt } from '../../src/keys/jwt.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { RecentTokens, type SharedToken } from '../../src/tokens/recent-tokens.ts'
import { revokeTokensOfClient } from '../../src/tokens/revocations.ts'
import { type FailingStorage, failingStorage } from '../support/failing-storage.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp
let storage: FailingStorage

const svc = { client_id: 'svc', client_secret: 'svc-secret-value' }
const other = { client_id: 'other', client_secret: 'other-secret-value' }
const short = { client_id: 'short', client_secret: 'short-secret-value' }

beforeEach(async () => {
  storage = failingStorage(createMemoryStorage())
  app = await startTestApp(
    `
tenants:
  acme:
    name: Acme
    oauth2: { access_token_ttl: 10m, reuse_window: 1m, scopes: { read: Reading, write: Writing } }
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value, scopes: [read, write], resources: ['https://api.example'] }
      other: { secret: other-secret-value, scopes: [read, write] }
      short: { secret: short-secret-value, scopes: [read], access_token_ttl: 20 }
  usual:
    name: Usual
    oauth2: { scopes: { read: Reading } }
    signing: { algorithm: ES256 }
    clients: { svc: { secret: svc-secret-value, scopes: [read] } }
`,
    { storage },
  )
})
afterEach(() => app.close())

async function ask(form: Record<string, string>, tenant = 'acme') {
  const response = await app.post(tenant, { grant_type: 'client_credentials', ...form })
  expect(response.status).toBe(200)
  const body = await response.json()
  return { token: body.access_token as string, expiresIn: body.expires_in as number }
}

describe('inside the window', () => {
  test('an identical request gets the same token, with the time that it has left', async () => {
    const first = await ask(svc)
    app.advance(59)
    const second = await ask(svc)
    expect(second).toEqual({ token: first.token, expiresIn: first.expiresIn - 59 })
    expect(first.expiresIn).toBe(600)
    app.advance(1)
    const third = await ask(svc)
    expect(third.token).not.toBe(first.token)
    expect(third.expiresIn).toBe(600)
  })

  test('a hundred at once cost one signature', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => ask(svc)))
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1)
  })

  test('each is audited, with the id of the token that it got', async () => {
    const { token } = await ask(svc)
    await ask(svc)
    const issued = app.events.filter(({ type }) => type === 'token.issued')
    expect(issued.map(({ detail }) => detail?.['jti'])).toEqual(
      Array.from({ length: 2 }, () => decodeJwt(token).claims['jti'] as string),
    )
  })

  test.each([
    ['another client', other],
    ['other scopes', { ...svc, scope: 'read' }],
    ['the scopes in another order', { ...svc, scope: 'write read' }],
    ['another audience', { ...svc, resource: 'https://api.example' }],
  ])('%s gets another token', async (_, form) => {
    const first = await ask(svc)
    const different = await ask(form)
    expect(different.token).not.toBe(first.token)
    expect((await ask(form)).token).toBe(different.token)
    expect((await ask(svc)).token).toBe(first.token)
  })

  test('the client has to prove itself all the same', async () => {
    await ask(svc)
    const response = await app.post('acme', { grant_type: 'client_credentials', ...svc, client_secret: 'x' })
    expect(response.status).toBe(401)
  })

  test('a token is shared for half of its life at most', async () => {
    const first = await ask(short)
    app.advance(9)
    expect(await ask(short)).toEqual({ token: first.token, expiresIn: 11 })
    app.advance(1)
    expect((await ask(short)).expiresIn).toBe(20)
  })

  test('a clock that goes back ends it', async () => {
    const first = await ask(svc)
    app.advance(-1)
    expect((await ask(svc)).token).not.toBe(first.token)
  })
})

test('a tenant without a window gives each request its own token', async () => {
  expect((await ask(svc, 'usual')).token).not.toBe((await ask(svc, 'usual')).token)
})

test('two tenants with the same client share nothing', async () => {
  expect((await ask(svc)).token).not.toBe((await ask(svc, 'usual')).token)
})

describe('a revoked token is given to nobody any more', () => {
  test('when it was revoked itself', async () => {
    const first = await ask(svc)
    await app.send('/api/v1/tenant/acme/oauth/revoke', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...svc, token: first.token }).toString(),
    })
    const second = await ask(svc)
    expect(second.token).not.toBe(first.token)
    expect((await ask(svc)).token).toBe(second.token)
  })

  test('when another process revoked all of its client', async () => {
    const first = await ask(svc)
    const before = Math.floor(app.deps.now() / 1000)
    await revokeTokensOfClient(app.deps.storage, 'acme', { clientId: 'svc', before })
    app.advance(1)
    const again = await Promise.all(Array.from({ length: 10 }, () => ask(svc)))
    expect(again.map(({ token }) => token)).not.toContain(first.token)
    expect(new Set(again.map(({ token }) => token)).size).toBe(1)
  })
})

test('while the storage cannot say whether a token stands, each request gets its own', async () => {
  const first = await ask(svc)
  storage.failing = true
  const [second, third] = [await ask(svc), await ask(svc)]
  expect(new Set([first.token, second.token, third.token]).size).toBe(3)
  storage.failing = false
  expect((await ask(svc)).token).toBe(first.token)
})

test('a new signing key ends it', async () => {
  const first = await ask(svc)
  await app.deps.keyring.rotate('acme', { now: true, force: true })
  expect((await ask(svc)).token).not.toBe(first.token)
})

describe('what is remembered', () => {
  const token = (name: string): SharedToken => ({ token: name, tokenId: name, clientId: 'c', issuedAt: 0 })
  const open = () => new RecentTokens({ storage: createMemoryStorage(), now: () => 1000 })
  const share = (recent: RecentTokens, key: string, mint: () => Promise<SharedToken>) =>
    recent.share({ tenantId: 't', sameAs: [key], window: 60, mint })

  test('a failure is not', async () => {
    const recent = open()
    await expect(share(recent, 'k', () => Promise.reject(new Error('no key')))).rejects.toThrow('no key')
    expect((await share(recent, 'k', async () => token('good'))).token).toBe('good')
  })

  test('is forgotten once its time is over', async () => {
    let now = 1000
    const recent = new RecentTokens({ storage: createMemoryStorage(), now: () => now })
    await share(recent, 'old', async () => token('old'))
    expect(recent.size).toBe(1)
    now += 60_000
    await share(recent, 'new', async () => token('new'))
    expect(recent.size).toBe(1)
  })

  test('has a bound in characters', async () => {
    const recent = open()
    for (let index = 0; index < 3000; index++)
      await share(recent, String(index), async () => token(`${index} ${'x'.repeat(8000)}`))
    expect(recent.size).toBeLessThan(2200)
    expect((await share(recent, '2999', async () => token('second'))).token).toStartWith('2999 ')
  })

  test('has a bound: the oldest goes first', async () => {
    const recent = open()
    for (let index = 0; index <= 10_000; index++)
      await share(recent, String(index), async () => token(`first ${index}`))
    expect((await share(recent, '1', async () => token('second'))).token).toBe('first 1')
    expect((await share(recent, '0', async () => token('second'))).token).toBe('second')
  })
})
