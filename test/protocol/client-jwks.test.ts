import { beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as jose from 'jose'
import {
  algorithmsOf,
  type ClientJwk,
  mostClientKeys,
  parseClientJwks,
} from '../../src/protocol/client-jwks.ts'

const pairs = {
  rsa: await jose.generateKeyPair('RS256', { extractable: true }),
  p256: await jose.generateKeyPair('ES256', { extractable: true }),
  p384: await jose.generateKeyPair('ES384', { extractable: true }),
  ed25519: await jose.generateKeyPair('EdDSA', { extractable: true }),
}
type Name = keyof typeof pairs
const names = Object.keys(pairs) as Name[]
const publicKeys = {} as Record<Name, jose.JWK>
const privateKeys = {} as Record<Name, jose.JWK>

beforeAll(async () => {
  for (const name of names) {
    publicKeys[name] = await jose.exportJWK(pairs[name].publicKey)
    privateKeys[name] = await jose.exportJWK(pairs[name].privateKey)
  }
})

function faultsOf(value: unknown): readonly (readonly [string, string])[] {
  const parsed = parseClientJwks(value)
  return 'faults' in parsed ? parsed.faults.map(({ path, message }) => [path.join('.'), message]) : []
}

function keyOf(jwk: object): ClientJwk | undefined {
  const parsed = parseClientJwks({ keys: [jwk] })
  return 'keys' in parsed ? parsed.keys[0] : undefined
}

describe('a public key', () => {
  test('has the members of its kind alone, so that a curve does not make an RSA key useless', () => {
    const key = keyOf({ ...publicKeys.rsa, crv: 'P-256', x: 'AQAB', alg: 'RS256' })
    expect(key).toEqual({ kty: 'RSA', n: publicKeys.rsa.n, e: publicKeys.rsa.e, alg: 'RS256' } as ClientJwk)
    expect(key && algorithmsOf(key)).toEqual(['RS256'])
  })

  test.each(names)('of %s is taken as it is', (name) => {
    expect(keyOf(publicKeys[name])).toEqual(publicKeys[name] as ClientJwk)
  })

  test('verifies the algorithms of its kind, and with alg that one alone', () => {
    const algorithms = (jwk: object) => algorithmsOf(keyOf(jwk) as ClientJwk)
    expect(algorithms(publicKeys.rsa)).toEqual(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
    expect(algorithms({ ...publicKeys.rsa, alg: 'PS256' })).toEqual(['PS256'])
    expect(algorithms(publicKeys.p256)).toEqual(['ES256'])
    expect(algorithms(publicKeys.p384)).toEqual(['ES384'])
    for (const alg of [undefined, 'EdDSA', 'Ed25519'])
      expect(algorithms({ ...publicKeys.ed25519, alg })).toEqual(['EdDSA', 'Ed25519'])
  })

  test('keeps what verifies, and nothing else', () => {
    const jwk = { ...publicKeys.p256, use: 'sig', key_ops: ['verify'], x5t: 'abc', kid: 'a', note: 'ours' }
    expect(keyOf(jwk)).toEqual({ ...publicKeys.p256, kid: 'a' } as ClientJwk)
  })
})

describe('a private key', () => {
  test.each(names)('of %s is refused at each private member, and no value is told', (name) => {
    const jwk = privateKeys[name]
    const secret = Object.keys(jwk).filter((member) => !(member in publicKeys[name]))
    expect(secret.length).toBeGreaterThan(0)
    const faults = faultsOf({ keys: [jwk] })
    expect(faults.map(([path]) => path).sort()).toEqual(secret.map((member) => `keys.0.${member}`).sort())
    for (const member of secret) expect(JSON.stringify(faults)).not.toContain(String(jwk[member as 'd']))
  })

  test('that is a shared secret is refused', () => {
    expect(faultsOf({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] })[0]?.[0]).toBe('keys.0.k')
    expect(faultsOf({ keys: [{ kty: 'oct' }] })[0]?.[0]).toBe('keys.0.kty')
  })
})

const small = async () => {
  const { publicKey } = await crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: 'SHA-256',
    },
    true,
    ['sign', 'verify'],
  )
  return jose.exportJWK(publicKey)
}

describe('a key that cannot be used', () => {
  const faults: readonly [what: string, change: (keys: typeof publicKeys) => unknown, path: string][] = [
    ['no object', () => 'key', 'keys.0'],
    ['null', () => null, 'keys.0'],
    ['no kty', () => ({}), 'keys.0'],
    ['an unknown kty', () => ({ kty: 'AKP' }), 'keys.0.kty'],
    ['a curve of no algorithm', ({ p256 }) => ({ ...p256, crv: 'P-521' }), 'keys.0.crv'],
    ['a curve that objects have', ({ p256 }) => ({ ...p256, crv: 'constructor' }), 'keys.0.crv'],
    ['a curve for encryption', ({ ed25519 }) => ({ ...ed25519, crv: 'X25519' }), 'keys.0.crv'],
    ['a coordinate that is cut', ({ p256 }) => ({ ...p256, x: p256.x?.slice(1) }), 'keys.0.x'],
    ['a point beside P-256', ({ p256 }) => ({ ...p256, y: p256.x }), 'keys.0.x'],
    ['a point beside P-384', ({ p384 }) => ({ ...p384, x: p384.y }), 'keys.0.x'],
    ['the point zero', ({ p256 }) => ({ ...p256, x: 'A'.repeat(43), y: 'A'.repeat(43) }), 'keys.0.x'],
    ['the neutral point', ({ ed25519 }) => ({ ...ed25519, x: `AQ${'A'.repeat(41)}` }), 'keys.0.x'],
    [
      'the neutral point and a y',
      ({ ed25519 }) => ({ ...ed25519, x: `AQ${'A'.repeat(41)}`, y: 'AQ' }),
      'keys.0.x',
    ],
    ['no coordinate', ({ p256 }) => ({ ...p256, y: undefined }), 'keys.0.y'],
    ['a coordinate that is no base64url', ({ p256 }) => ({ ...p256, x: `+${p256.x?.slice(1)}` }), 'keys.0.x'],
    ['a number in the place of a modulus', ({ rsa }) => ({ ...rsa, n: 7 }), 'keys.0.n'],
    ['an exponent of one', ({ rsa }) => ({ ...rsa, e: 'AQ' }), 'keys.0.e'],
    ['an even exponent', ({ rsa }) => ({ ...rsa, e: 'AQAA' }), 'keys.0.e'],
    ['a huge modulus', ({ rsa }) => ({ ...rsa, n: 'v'.repeat(2000) }), 'keys.0.n'],
    ['the use of encryption', ({ rsa }) => ({ ...rsa, use: 'enc' }), 'keys.0.use'],
    ['operations without verify', ({ rsa }) => ({ ...rsa, key_ops: ['encrypt'] }), 'keys.0.key_ops'],
    ['an algorithm of another kind', ({ rsa }) => ({ ...rsa, alg: 'ES256' }), 'keys.0.alg'],
    ['an algorithm of shared secrets', ({ rsa }) => ({ ...rsa, alg: 'HS256' }), 'keys.0.alg'],
    ['an algorithm of encryption', ({ rsa }) => ({ ...rsa, alg: 'RSA-OAEP' }), 'keys.0.alg'],
    ['an empty kid', ({ rsa }) => ({ ...rsa, kid: '' }), 'keys.0.kid'],
    ['a kid with a line end', ({ rsa }) => ({ ...rsa, kid: 'a\nb' }), 'keys.0.kid'],
    ['a very long kid', ({ rsa }) => ({ ...rsa, kid: 'k'.repeat(257) }), 'keys.0.kid'],
  ]
  test.each(faults)('with %s is told with its place', (_what, change, path) => {
    expect(faultsOf({ keys: [change(publicKeys)] }).map(([where]) => where)).toEqual([path])
  })

  test('with a modulus of 1024 bits is refused', async () => {
    expect(faultsOf({ keys: [await small()] }).map(([where]) => where)).toEqual(['keys.0.n'])
  })

  test('is told beside the others', () => {
    const { p256, rsa } = publicKeys
    const found = faultsOf({ keys: [p256, { ...rsa, use: 'enc' }, { ...p256, crv: 'P-521' }] })
    expect(found.map(([path]) => path)).toEqual(['keys.1.use', 'keys.2.crv'])
  })
})

describe('a JWK Set', () => {
  test.each([
    ['nothing', undefined, ''],
    ['null', null, ''],
    ['a list', [], ''],
    ['a single key', { kty: 'EC' }, ''],
    ['keys that are no list', { keys: {} }, ''],
    ['no keys', { keys: [] }, 'keys'],
  ])('of %s is refused', (_what, value, path) => {
    expect(faultsOf(value).map(([where]) => where)).toEqual([path])
  })

  test('that is a single private key is told to be one, before it goes into a set', () => {
    const found = faultsOf({ ...publicKeys.p256, d: 'AAAA' })
    expect(found.map(([where]) => where)).toEqual(['d', ''])
  })

  test('has no single key beside its keys, as a merge patch would make it', () => {
    const { p256 } = publicKeys
    const found = faultsOf({ keys: [p256], ...p256, d: 'AAAA' })
    expect(found.map(([where]) => where)).toEqual(['d', ''])
    expect(faultsOf({ keys: [p256], ...p256 }).map(([where]) => where)).toEqual([''])
  })

  test('has a bounded number of keys', () => {
    const keys = (count: number) => ({ keys: Array.from({ length: count }, () => publicKeys.p256) })
    expect(faultsOf(keys(mostClientKeys))).toEqual([])
    expect(faultsOf(keys(mostClientKeys + 1)).map(([path]) => path)).toEqual(['keys'])
  })

  test('has no kid twice', () => {
    const { rsa, p256 } = publicKeys
    expect(
      faultsOf({
        keys: [
          { ...rsa, kid: 'a' },
          { ...p256, kid: 'a' },
        ],
      }),
    ).toEqual([['keys.1.kid', 'is the kid of another key too']])
    expect(faultsOf({ keys: [rsa, p256] })).toEqual([])
  })
})

test('whatever a JWK Set is, it is parsed or refused, and what is parsed has no private member and fits an algorithm', () => {
  const member = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constantFrom('RSA', 'EC', 'OKP', 'P-256', 'sig', 'AQAB'),
    fc.jsonValue(),
  )
  const jwk = fc.dictionary(
    fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'k', 'kid', 'alg', 'use', 'key_ops', '__proto__'),
    member,
  )
  const nearly = fc
    .tuple(fc.constantFrom(...names), jwk)
    .map(([name, change]) => ({ ...publicKeys[name], ...change }))
  const value = fc.oneof(fc.jsonValue(), fc.record({ keys: fc.array(fc.oneof(jwk, nearly, fc.jsonValue())) }))
  fc.assert(
    fc.property(value, (given) => {
      const parsed = parseClientJwks(given)
      if ('faults' in parsed) return parsed.faults.length > 0
      return parsed.keys.every((key) => algorithmsOf(key).length > 0 && !('d' in key) && !('k' in key))
    }),
  )
})
