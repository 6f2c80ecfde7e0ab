import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import { OAuthError } from '../../src/protocol/errors.ts'
import { revokeToken } from '../../src/tokens/revocations.ts'
import { SignedTokens } from '../../src/tokens/signed-tokens.ts'
import { type RememberedToken, VerifiedTokens } from '../../src/tokens/verified-tokens.ts'
import { type VerifyDeps, verifyToken, verifyTokenToRevoke } from '../../src/tokens/verify.ts'
import { startAcme, svc } from '../endpoints/acme.ts'
import { newKeys } from '../support/jws.ts'
import { type TestApp, testStart } from '../support/test-app.ts'

let app: TestApp
let token: string
const verify = spyOn(crypto.subtle, 'verify')

beforeEach(async () => {
  app = await startAcme()
  token = await app.token('acme', svc)
  verify.mockClear()
})
afterEach(() => app.close())

const newSignedTokens = () => new SignedTokens({ hashing: app.deps.hashing, secret: new Uint8Array(32) })

/** What one of the two memories knows: that a signature was checked, or that it was made here. */
const memories = {
  checked: () => ({ signedTokens: newSignedTokens() }),
  'made here': () => ({ verifiedTokens: new VerifiedTokens() }),
} satisfies Record<string, () => Partial<VerifyDeps>>
let memory: () => Partial<VerifyDeps> = memories.checked

async function say(text: string, changed: Partial<VerifyDeps> = {}): Promise<string> {
  try {
    await verifyToken(text, {}, { ...app.deps, ...memory(), ...changed })
    return 'good'
  } catch (error) {
    if (error instanceof OAuthError) return error.message
    throw error
  }
}

const invalid = 'The access token is invalid'

describe.each(Object.entries(memories))('a token whose signature was %s', (_, chosen) => {
  beforeEach(async () => {
    memory = chosen
    expect(await say(token)).toBe('good')
    verify.mockClear()
  })

  test('is good again without another check', async () => {
    expect(await say(token)).toBe('good')
    expect(verify).toHaveBeenCalledTimes(0)
  })

  test('is another one as soon as one character is', async () => {
    const [head, body, signature = ''] = token.split('.')
    const other = signature.startsWith('A') ? 'B' : 'A'
    expect(await say(`${head}.${body}.${other}${signature.slice(1)}`)).toBe(invalid)
    expect(verify).toHaveBeenCalledTimes(1)
  })

  test('expires', async () => {
    app.advance(600)
    expect(await say(token)).toBe('Token has expired')
  })

  test('stays expired by the floor, whatever the clock says', async () => {
    expect(await say(token, { expiryCutoff: () => testStart + 600_000 })).toBe('Token has expired')
  })

  test('is not yet good for a clock that was set back', async () => {
    expect(await say(token, { now: () => testStart - 31_000 })).toBe(invalid)
  })

  test('is revoked', async () => {
    const { claims } = await verifyToken(token, {}, app.deps)
    await revokeToken(app.deps.storage, 'acme', { jti: claims.jti, exp: testStart, now: testStart })
    expect(await say(token)).toBe(invalid)
  })

  test('is none of ours once its key is out of the ring', async () => {
    const keys = await newKeys()
    const keyring = Object.assign(Object.create(app.deps.keyring), { of: async () => keys })
    expect(await say(token, { keyring })).toBe(invalid)
  })

  test('is checked anew where another key has the kid', async () => {
    const keys = await app.deps.keyring.of('acme')
    const other = await newKeys()
    const keyring = Object.assign(Object.create(app.deps.keyring), {
      of: async () => ({ ...keys, find: () => ({ ...other.active, kid: keys.active.kid }) }),
    })
    verify.mockClear()
    expect(await say(token, { keyring })).toBe(invalid)
    expect(verify).toHaveBeenCalledTimes(1)
  })

  test('is refused where its tenant has another issuer, typ or audience now', async () => {
    const tenant = await app.deps.tenants.find('acme')
    if (!tenant?.oauth2) throw new TypeError('There is no tenant')
    const { oauth2 } = tenant
    const changes = [
      { ...tenant, issuer: 'https://other.example' },
      { ...tenant, oauth2: { ...oauth2, access_token_typ: 'at+jwt' as const } },
      { ...tenant, oauth2: { ...oauth2, audience: ['other'] } },
    ]
    for (const changed of changes) {
      const tenants = Object.assign(Object.create(app.deps.tenants), { findByIssuer: async () => changed })
      expect(await say(token, { tenants })).toBe(invalid)
    }
  })

  test('has claims that nobody changes', async () => {
    const { claims } = await verifyToken(token, {}, { ...app.deps, ...memory() })
    expect(() => Object.assign(claims, { sub: 'me' })).toThrow(TypeError)
    expect(() => claims.aud.push('me')).toThrow(TypeError)
  })
})

test('a token that was made here costs no check, not even when it is first seen', async () => {
  expect(app.deps.signedTokens.has(token, (await app.deps.keyring.of('acme')).active)).toBe(true)
  await verifyToken(token, {}, app.deps)
  await verifyToken(token, {}, app.deps)
  expect(verify).toHaveBeenCalledTimes(0)
})

test('a token that another process made is checked once', async () => {
  const elsewhere = { ...app.deps, signedTokens: newSignedTokens() }
  await verifyToken(token, {}, elsewhere)
  await verifyToken(token, {}, elsewhere)
  expect(verify).toHaveBeenCalledTimes(1)
})

test('a token that was made here is revoked without a check, and leaves nothing behind', async () => {
  const tenant = await app.deps.tenants.find('acme')
  if (!tenant?.oauth2) throw new TypeError('There is no tenant')
  const claims = await verifyTokenToRevoke(token, { tenant, oauth2: tenant.oauth2 }, app.deps)
  expect(claims.client_id).toBe('svc')
  expect(verify).toHaveBeenCalledTimes(0)
  expect(app.deps.verifiedTokens.size).toBe(0)
})

test('a token that is refused is not remembered', async () => {
  memory = memories['made here']
  const verifiedTokens = new VerifiedTokens()
  expect(await say(`${token.slice(0, -4)}AAAA`, { verifiedTokens })).toBe(invalid)
  expect(verifiedTokens.size).toBe(0)
})

describe('the memory', () => {
  const { key, typ, claims } = {} as RememberedToken
  const remembered = { key, typ, claims: { ...claims, aud: ['api'] } }

  test('has a bound of tokens, and keeps what is used', () => {
    const memory = new VerifiedTokens()
    memory.keep('used', remembered)
    for (let n = 0; n < 20_000; n++) {
      memory.keep(`token-${n}`, remembered)
      expect(memory.find('used')?.typ).toBe(typ)
    }
    expect(memory.size).toBeLessThanOrEqual(4096)
    expect(memory.find('token-0')).toBeUndefined()
    expect(memory.find('token-19999')).toBeDefined()
  })

  test('has a bound of characters', () => {
    const memory = new VerifiedTokens()
    const long = 'x'.repeat(8000)
    for (let n = 0; n < 1000; n++) memory.keep(`${long}${n}`, remembered)
    expect(memory.size).toBeLessThan((2 * 2 * 1024 * 1024) / 8000 + 2)
  })
})
