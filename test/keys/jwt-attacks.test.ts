import { expect, test } from 'bun:test'
import * as jose from 'jose'
import { signJwt } from '../../src/keys/jwt.ts'
import { claims, forge, judge, newKeys, now, signRaw } from '../support/jws.ts'
import { named } from '../support/named.ts'

const keys = await newKeys()
const rsaKeys = await newKeys('RS256')
const { kid } = keys.active
const good = await signJwt(claims, { key: keys.active, typ: 'JWT' })
const header = { alg: 'ES256', typ: 'JWT', kid }

test('a token of our own is good, so that the refusals below are for what they name', async () => {
  expect(await judge(good, keys)).toEqual(claims)
  expect(await judge(await signRaw(header, claims, keys.active.privateKey), keys)).toEqual(claims)
})

test.each(['none', 'None', 'NONE', 'nOnE', 'none ', '', 'null'])('alg %j is refused', async (alg) => {
  const signature = good.split('.')[2]
  for (const suffix of ['', signature, 'AA'])
    expect(await judge(`${forge({ ...header, alg }, claims)}${suffix}`, keys)).toBe('invalid')
})
test.each(named<unknown>(undefined, null, 1, ['ES256'], { a: 1 }, true))(
  'alg as %s is refused',
  async (_name, alg) => {
    expect(await judge(await signRaw({ ...header, alg }, claims, keys.active.privateKey), keys)).toBe(
      'invalid',
    )
  },
)

test('HS256 with any spelling of the public key as the secret is refused', async () => {
  for (const set of [keys, rsaKeys]) {
    const pem = await jose.exportSPKI(await publicKeyOf(set.jwks.keys[0]))
    const jwk = JSON.stringify(set.jwks.keys[0])
    const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64')
    for (const secret of [pem, pem.trim(), jwk, der, JSON.stringify(set.jwks), new Uint8Array(1)]) {
      const token = forge({ alg: 'HS256', typ: 'JWT', kid: set.active.kid }, claims, secret)
      expect(await judge(token, set)).toBe('invalid')
    }
  }
})

async function publicKeyOf(jwk: unknown): Promise<CryptoKey> {
  return (await jose.importJWK(jwk as jose.JWK, undefined, { extractable: true })) as CryptoKey
}

test.each(['RS512', 'RS384', 'PS256', 'PS512'])(
  'a token that our RSA key itself signed with %s is refused where RS256 is ours',
  async (alg) => {
    const pkcs8 = await jose.exportPKCS8(
      (await jose.generateKeyPair('RS256', { extractable: true })).privateKey,
    )
    const pair = {
      own: await jose.importPKCS8(pkcs8, alg),
      ours: await jose.importPKCS8(pkcs8, 'RS256', { extractable: true }),
    }
    const { kty, n, e } = await jose.exportJWK(pair.ours)
    const publicKey = (await jose.importJWK({ kty, n, e } as jose.JWK, 'RS256')) as CryptoKey
    const active = { ...rsaKeys.active, privateKey: pair.ours, publicKey }
    const set = { ...rsaKeys, active, find: (wanted: string) => (wanted === active.kid ? active : undefined) }
    const sign = (name: string, key: jose.CryptoKey) =>
      new jose.SignJWT(claims).setProtectedHeader({ alg: name, typ: 'JWT', kid: active.kid }).sign(key)
    expect(await judge(await sign('RS256', pair.ours), set)).toEqual(claims)
    expect(await judge(await sign(alg, pair.own), set)).toBe('invalid')
  },
)

test.each(
  named<unknown>('k2', 'K1', 'k1 ', '', '../k1', 'constructor', '__proto__', 1, null, ['k1'], undefined),
)('the kid %s, though our key signed, is refused', async (_name, foreign) => {
  const token = await signRaw({ ...header, kid: foreign }, claims, keys.active.privateKey)
  expect(await judge(token, keys)).toBe('invalid')
})

test('a token of another tenant with the same kid is refused', async () => {
  const other = await newKeys()
  expect(other.active.kid).toBe(kid)
  expect(await judge(await signJwt(claims, { key: other.active, typ: 'JWT' }), keys)).toBe('invalid')
})

test.each(named<unknown>('jwt', 'at+jwt', 'JWE', 'application/jwt', 'JWT ', '', 1, null, ['JWT'], undefined))(
  'the typ %s is refused where JWT is wanted',
  async (_name, typ) => {
    expect(await judge(await signRaw({ ...header, typ }, claims, keys.active.privateKey), keys)).toBe(
      'invalid',
    )
  },
)
test('one of several wanted types is taken', async () => {
  const token = await signJwt(claims, { key: keys.active, typ: 'at+jwt' })
  expect(await judge(token, keys, { types: ['JWT', 'at+jwt'] })).toEqual(claims)
})

const attacker = await newKeys()
const attackerJwk = attacker.jwks.keys[0]
const supplied: readonly [name: string, extra: object][] = [
  ['jwk', { jwk: attackerJwk }],
  ['jku', { jku: 'https://attacker.example/jwks.json' }],
  ['x5u', { x5u: 'https://attacker.example/cert.pem' }],
  ['x5c', { x5c: [Buffer.from('certificate').toString('base64')] }],
]
test.each(supplied)(
  'a %s in the header of an attacker is not followed, whatever the kid',
  async (_name, extra) => {
    const realFetch = globalThis.fetch
    let fetched = 0
    const counting = () => Promise.reject(new TypeError(`fetched ${++fetched}`))
    globalThis.fetch = Object.assign(counting, { preconnect: () => {} })
    try {
      for (const theirs of [kid, 'attacker', undefined]) {
        const token = await signRaw({ ...header, ...extra, kid: theirs }, claims, attacker.active.privateKey)
        expect(await judge(token, keys)).toBe('invalid')
      }
    } finally {
      globalThis.fetch = realFetch
    }
    expect(fetched).toBe(0)
  },
)

test.each(named<unknown>(['exp'], ['x'], [], 'x', null, ['b64', 'x']))(
  'crit %s is refused, though our key signed',
  async (_name, crit) => {
    const token = await signRaw({ ...header, crit, b64: true, x: 1 }, claims, keys.active.privateKey)
    expect(await judge(token, keys)).toBe('invalid')
  },
)
test('an unencoded payload (b64 false) is refused', async () => {
  const token = await signRaw({ ...header, crit: ['b64'], b64: false }, claims, keys.active.privateKey)
  expect(await judge(token, keys)).toBe('invalid')
})

test('a signature in ASN.1 form, or of zeros, is refused', async () => {
  const [head, body] = good.split('.')
  for (const signature of [
    new Uint8Array(64),
    new Uint8Array(0),
    new Uint8Array([48, 6, 2, 1, 1, 2, 1, 1]),
  ]) {
    const text = Buffer.from(signature).toString('base64url')
    expect(await judge(`${head}.${body}.${text}`, keys)).toBe('invalid')
  }
})

test('the signature of one token does not fit another', async () => {
  const other = await signJwt({ ...claims, exp: now + 61 }, { key: keys.active, typ: 'JWT' })
  const [head, body] = other.split('.')
  expect(await judge(`${head}.${body}.${good.split('.')[2]}`, keys)).toBe('invalid')
})
