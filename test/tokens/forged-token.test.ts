import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { refusal, startAcme, svc } from '../endpoints/acme.ts'
import { callProtected, type TestApp, testStart } from '../support/test-app.ts'

let app: TestApp
let token: string
let ours: CryptoKey
let foreign: CryptoKey

beforeAll(async () => {
  app = await startAcme()
  token = await app.token('acme', svc)
  ours = (await app.deps.keyring.of('acme')).active.privateKey
  foreign = (await jose.generateKeyPair('ES256')).privateKey
})
afterAll(() => app.close())

const start = testStart / 1000
const header = { alg: 'ES256', typ: 'JWT', kid: 'shared-kid' }
const claims = {
  iss: 'https://auth.acme.example',
  sub: 'svc',
  aud: ['acme-api'],
  exp: start + 600,
  iat: start,
  jti: 'forged',
  scope: 'read',
  client_id: 'svc',
}

type Json = Readonly<Record<string, unknown>>

/** A compact JWS over any header and payload; the signature is right for the key. */
async function sign(changedHeader: Json, changedClaims: Json, key: CryptoKey = ours): Promise<string> {
  const encode = (part: Json) => jose.base64url.encode(JSON.stringify(part))
  const input = `${encode({ ...header, ...changedHeader })}.${encode({ ...claims, ...changedClaims })}`
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(input))
  return `${input}.${jose.base64url.encode(new Uint8Array(signature))}`
}

async function expectRefused(text: string, sentence = 'The access token is invalid'): Promise<void> {
  const response = await callProtected(app, text)
  expect(response.headers.get('www-authenticate')).toBe(
    `Bearer realm="grantd", error="invalid_token", error_description="${sentence}"`,
  )
  expect(await refusal(response)).toEqual([401, 'invalid_token', sentence])
}

test('a token that this test signs with our key passes, so that what is refused below is refused for its fault', async () => {
  expect((await callProtected(app, await sign({}, {}))).status).toBe(200)
})

describe('the claims', () => {
  test.each([
    ['no exp', { exp: undefined }],
    ['exp as text', { exp: String(start + 600) }],
    ['exp as a fraction', { exp: start + 600.5 }],
    ['exp of null', { exp: null }],
    ['no iat', { iat: undefined }],
    ['iat in the future', { iat: start + 31 }],
    ['iat as text', { iat: String(start) }],
    ['nbf in the future', { nbf: start + 1 }],
    ['no iss', { iss: undefined }],
    ['an iss of nobody', { iss: 'https://evil.example' }],
    ['an iss with a slash more', { iss: 'https://auth.acme.example/' }],
    ['an iss in another case', { iss: 'https://AUTH.acme.example' }],
    ['a list of iss', { iss: ['https://auth.acme.example'] }],
    ['the iss of another tenant', { iss: 'http://localhost:3000/api/v1/tenant/beta' }],
    ['the iss of an inactive tenant', { iss: 'http://localhost:3000/api/v1/tenant/closed' }],
    ['the iss of a tenant without oauth2', { iss: 'http://localhost:3000/api/v1/tenant/plain' }],
    ['no aud', { aud: undefined }],
    ['an empty aud', { aud: [] }],
    ['aud as text', { aud: 'acme-api' }],
    ['another aud', { aud: ['other-api'] }],
    ['another aud next to ours', { aud: ['acme-api', 'other-api'] }],
    ['no sub', { sub: undefined }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a list of scopes', { scope: ['read'] }],
    ['no client', { client_id: undefined }],
    ['an unknown client', { client_id: 'unknown' }],
    ['an inactive client', { client_id: 'asleep' }],
    ['a client of another tenant', { client_id: 'beta-only' }],
  ])('%s is refused, with the right signature', async (_, change) => {
    await expectRefused(await sign({}, change))
  })

  test.each([0, -1, start, start - 1])('exp %p is expired', async (exp) => {
    await expectRefused(await sign({}, { exp }), 'Token has expired')
  })

  test('an expired token that is not ours is not called expired', async () => {
    await expectRefused(await sign({}, { exp: start - 1 }, foreign))
    await expectRefused(await sign({ typ: 'JOSE' }, { exp: start - 1 }))
  })
})

describe('the header', () => {
  test.each([
    ['no typ', { typ: undefined }],
    ['the typ of an ID token of others', { typ: 'id+jwt' }],
    ['typ in another case', { typ: 'jwt' }],
    ['typ as a media type', { typ: 'application/at+jwt' }],
    ['no kid', { kid: undefined }],
    ['another kid', { kid: 'other-kid' }],
    ['a kid that is a path', { kid: '../acme/shared-kid' }],
    ['a kid that is a number', { kid: 1 }],
    ['a kid that is a list', { kid: ['shared-kid'] }],
    ['an empty kid', { kid: '' }],
    ['a critical member', { crit: ['exp'], exp: 1 }],
    ['an empty crit', { crit: [] }],
    ['unencoded payload', { b64: false, crit: ['b64'] }],
  ])('%s is refused, with the right signature', async (_, change) => {
    await expectRefused(await sign(change, {}))
  })

  test('at+jwt of our own key is taken, and JWT is not where the tenant issues at+jwt', async () => {
    expect((await callProtected(app, await sign({ typ: 'at+jwt' }, {}))).status).toBe(200)
    const issuer = 'http://localhost:3000/api/v1/tenant/beta'
    const { privateKey } = (await app.deps.keyring.of('beta')).active
    const betaClaims = { iss: issuer, aud: [issuer] }
    expect((await callProtected(app, await sign({ typ: 'at+jwt' }, betaClaims, privateKey))).status).toBe(200)
    await expectRefused(await sign({ typ: 'JWT' }, betaClaims, privateKey))
  })

  test('a key that the token brings or points to is not looked at', async () => {
    const pair = await jose.generateKeyPair('ES256', { extractable: true })
    const jwk = await jose.exportJWK(pair.publicKey)
    const url = 'http://127.0.0.1:1/jwks.json'
    for (const change of [
      { jwk },
      { jku: url },
      { x5u: url },
      { x5c: ['MIIB'] },
      { jwk, kid: 'x', jku: url },
    ]) {
      await expectRefused(await sign(change, {}, pair.privateKey))
    }
  })
})

describe('the signature', () => {
  const unsigned = (alg: string) => {
    const encode = (part: Json) => jose.base64url.encode(JSON.stringify(part))
    return `${encode({ ...header, alg })}.${encode(claims)}.`
  }

  test.each(['none', 'None', 'NONE', 'nOnE', '', 'null'])('alg %p is refused', async (alg) => {
    await expectRefused(unsigned(alg))
    await expectRefused(`${unsigned(alg)}AA`)
    await expectRefused(unsigned(alg) + token.split('.')[2])
    await expectRefused(unsigned(alg).slice(0, -1))
  })

  test.each(['HS256', 'ES384', 'RS256', 'EdDSA', 'es256'])(
    'alg %s in place of ours is refused',
    async (alg) => {
      await expectRefused(await sign({ alg }, {}))
    },
  )

  test('an HMAC keyed with our public key, in any form of it, is refused', async () => {
    const { publicKey, jwk } = (await app.deps.keyring.of('acme')).active
    const spki = await jose.exportSPKI(publicKey)
    for (const secret of [spki, spki.trim(), JSON.stringify(jwk), jwk.x ?? '']) {
      const signer = new jose.SignJWT({ ...claims }).setProtectedHeader({ ...header, alg: 'HS256' })
      await expectRefused(await signer.sign(new TextEncoder().encode(secret)))
    }
  })

  test('one of a foreign key with our kid is refused', async () => {
    await expectRefused(await sign({}, {}, foreign))
  })

  test("one of another tenant's key with the same kid is refused", async () => {
    await expectRefused(await sign({}, {}, (await app.deps.keyring.of('beta')).active.privateKey))
  })

  test('one in DER, of zeros, too short and too long is refused', async () => {
    const [head, body, signature = ''] = token.split('.')
    const bytes = jose.base64url.decode(signature)
    const others = [new Uint8Array(64), bytes.slice(1), bytes.slice(0, 63), new Uint8Array([...bytes, 0])]
    for (const other of others) await expectRefused(`${head}.${body}.${jose.base64url.encode(other)}`)
  })

  test('any flipped bit in any of the three parts is refused', async () => {
    const parts = token.split('.')
    for (const [index, part] of parts.entries()) {
      const bytes = jose.base64url.decode(part)
      for (let at = 0; at < bytes.length; at += 5) {
        const flipped = bytes.slice()
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
        await expectRefused(parts.with(index, jose.base64url.encode(flipped)).join('.'))
      }
    }
  })
})

describe('the text', () => {
  test('of 8 KB is a token, and of one character more is none, however well it is signed', async () => {
    const padded = async (size: number) => {
      const rough = (size - token.length) * 0.75
      for (let pad = Math.floor(rough) - 60; ; pad++) {
        const text = await sign({}, { pad: 'x'.repeat(pad) })
        if (text.length >= size) return text
      }
    }
    const whole = await padded(8 * 1024)
    expect(whole.length).toBe(8 * 1024)
    expect((await callProtected(app, whole)).status).toBe(200)
    await expectRefused(await padded(8 * 1024 + 1))
  })

  test('another spelling of the same bytes is refused', async () => {
    const last = token.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const neighbour = alphabet[alphabet.indexOf(last) ^ 1] ?? ''
    await expectRefused(token.slice(0, -1) + neighbour)
    await expectRefused(`${token}=`)
    await expectRefused(`${token}==`)
  })

  test.each([
    'x',
    '.',
    '..',
    '...',
    'a.b.c',
    'a.b',
    'null',
    '{}',
    '"',
    'e30.e30.',
    'e30.e30.e30',
    'é',
    'bnVsbA.bnVsbA.AA',
  ])('%p is refused', async (text) => {
    await expectRefused(text)
  })

  test('a part more or less, a space and a second token are refused', async () => {
    const parts = token.split('.')
    const texts = [`${token}.`, `.${token}`, `${token}.x`, parts.slice(0, 2).join('.'), `${token} ${token}`]
    for (const text of [...texts, `"${token}"`, `${token},${token}`]) await expectRefused(text)
  })

  test('an encrypted JWT is refused', async () => {
    const encrypted = await new jose.EncryptJWT({ ...claims })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'shared-kid', typ: 'JWT' })
      .encrypt(crypto.getRandomValues(new Uint8Array(32)))
    await expectRefused(encrypted)
  })
})
