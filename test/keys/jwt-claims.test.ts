import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { peekJwt, signJwt } from '../../src/keys/jwt.ts'
import { claims, encode, forge, issuer, judge, newKeys, now, signRaw } from '../support/jws.ts'
import { named } from '../support/named.ts'

const keys = await newKeys()
const { kid, privateKey } = keys.active
const header = { alg: 'ES256', typ: 'JWT', kid }
const sign = (payload: unknown) => signRaw(header, payload, privateKey)
const good = await sign(claims)

test('a token ends with the second of its exp, not one later', async () => {
  const at = (seconds: number) => judge(good, keys, { at: seconds })
  expect(await at(claims.exp - 1)).toEqual(claims)
  expect(await at(claims.exp - 0.001)).toEqual(claims)
  expect(await at(claims.exp)).toBe('expired')
  expect(await at(claims.exp + 1)).toBe('expired')
  expect(await at(claims.exp + 1e9)).toBe('expired')
})

test('a token is refused more than half a minute before the second of its iat', async () => {
  expect(await judge(good, keys, { at: now - 30 })).toEqual(claims)
  expect(await judge(good, keys, { at: now - 30.001 })).toBe('invalid')
  expect(await judge(good, keys, { at: now - 31 })).toBe('invalid')
  expect(await judge(await sign({ ...claims, iat: now + 31 }), keys)).toBe('invalid')
})

test.each(['exp', 'iat', 'iss'] as const)('a token without %s is refused', async (name) => {
  const { [name]: _, ...rest } = claims
  expect(await judge(await sign(rest), keys)).toBe('invalid')
})

const strange = named<unknown>(`${now + 60}`, null, true, [now + 60], { now }, '', 'soon')
test.each(strange)('an exp or iat or nbf of %s is refused', async (_name, value) => {
  for (const name of ['exp', 'iat', 'nbf'])
    expect(await judge(await sign({ ...claims, [name]: value }), keys)).toBe('invalid')
})

test('a token that is not valid yet is refused', async () => {
  expect(await judge(await sign({ ...claims, nbf: now + 1 }), keys)).toBe('invalid')
  expect(await judge(await sign({ ...claims, nbf: now }), keys)).toEqual({ ...claims, nbf: now })
})

test.each(named<unknown>('https://other.example', `${issuer}/`, issuer.toUpperCase(), '', null, 1, [issuer]))(
  'the issuer %s is refused',
  async (_name, iss) => {
    expect(await judge(await sign({ ...claims, iss }), keys)).toBe('invalid')
  },
)

test('an expired token of another issuer, or with a foreign signature, is not called expired', async () => {
  const expired = { ...claims, exp: now - 1 }
  expect(await judge(await sign({ ...expired, iss: 'https://other.example' }), keys)).toBe('invalid')
  const foreign = await newKeys()
  expect(await judge(await signJwt(expired, { key: foreign.active, typ: 'JWT' }), keys)).toBe('invalid')
})

test.each(['[]', '"text"', '1', 'null', '{', '', '{"iss":'])('the payload %s is refused', async (payload) => {
  expect(await judge(await sign(payload), keys)).toBe('invalid')
})

const [head = '', body = '', signature = ''] = good.split('.')
const misshapen: readonly [what: string, token: string][] = [
  ['nothing', ''],
  ['two dots', '..'],
  ['two parts', `${head}.${body}`],
  ['four parts', `${good}.${signature}`],
  ['an empty fourth part', `${good}.`],
  ['five parts, as a JWE has', `${head}..${body}.${signature}.${signature}`],
  ['an empty signature', `${head}.${body}.`],
  ['an empty payload', `${head}..${signature}`],
  ['a blank before', ` ${good}`],
  ['a blank after', `${good} `],
  ['a line end after', `${good}\n`],
  ['a blank inside', `${head}. ${body}.${signature}`],
  ['padding on the signature', `${good}==`],
  ['padding on the header', `${head}=.${body}.${signature}`],
  ['plain base64 signs', `${head}.${body}.${'+/'.repeat(43)}`],
  ['a header that is no JSON', `${encode('{')}.${body}.${signature}`],
  ['a header that is a list', `${encode('[]')}.${body}.${signature}`],
  ['a header that is not UTF-8', `${Buffer.from([0xff, 0xfe]).toString('base64url')}.${body}.${signature}`],
  ['a NUL', `${good}\0`],
  ['a letter outside ASCII', `${good.slice(0, -1)}é`],
  ['an odd length of base64url', `${good.slice(0, -1)}`],
]
test.each(misshapen)('a token with %s is refused', async (_what, token) => {
  expect(await judge(token, keys)).toBe('invalid')
})

test('another spelling of the last sign, which decodes to the same bytes, is refused', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const same = [...alphabet]
    .map((sign) => good.slice(0, -1) + sign)
    .filter((token) => token !== good)
    .filter((token) => bytesOf(token).equals(bytesOf(good)))
  expect(same).toHaveLength(15)
  for (const token of same) expect(await judge(token, keys)).toBe('invalid')
})

const bytesOf = (token: string) => Buffer.from(token.split('.')[2] ?? '', 'base64url')

test('any one character changed makes a good token bad', async () => {
  const sign = fc.oneof(fc.constantFrom(...'AZaz09-_.=+/ '), fc.string({ minLength: 1, maxLength: 1 }))
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), sign, async (at, other) => {
      fc.pre(good[at] !== other)
      expect(await judge(good.slice(0, at) + other + good.slice(at + 1), keys)).toBe('invalid')
    }),
    { numRuns: 500 },
  )
})

test('any one character taken out or put in makes a good token bad', async () => {
  for (let at = 0; at < good.length; at++) {
    expect(await judge(good.slice(0, at) + good.slice(at + 1), keys)).toBe('invalid')
    expect(await judge(`${good.slice(0, at)}A${good.slice(at)}`, keys)).toBe('invalid')
  }
})

test('any text at all is refused and nothing else is thrown', async () => {
  const part = fc.oneof(fc.string(), fc.json().map(encode), fc.constantFrom(head, body, signature))
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
      fc.pre(parts.join('.') !== good)
      expect(await judge(parts.join('.'), keys)).toBe('invalid')
      peekJwt(parts.join('.'))
    }),
    { numRuns: 300 },
  )
})

test('a look into a token gives its issuer and kid, and nothing for what is no JWT', () => {
  expect(peekJwt(good)).toEqual({ issuer, kid, typ: header.typ, claims })
  for (const token of [
    '',
    '..',
    'a.b.c',
    forge({ ...header, kid: 1 }, claims),
    forge(header, { ...claims, iss: 1 }),
  ])
    expect(peekJwt(token)).toBeUndefined()
  expect(peekJwt(forge({ alg: 'none' }, claims))).toBeUndefined()
})
