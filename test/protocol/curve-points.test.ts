import { describe, expect, test } from 'bun:test'
import { isOnCurve, isSmallOrder } from '../../src/protocol/curve-points.ts'

const fromHex = (hex: string) => Uint8Array.fromHex(hex)

describe('a point', () => {
  test.each(['P-256', 'P-384'] as const)(
    'of a key of %s is on the curve, and its neighbour is not',
    async (name) => {
      for (let round = 0; round < 20; round++) {
        const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: name }, true, [
          'sign',
          'verify',
        ])
        const jwk = await crypto.subtle.exportKey('jwk', publicKey)
        const [x, y] = [jwk.x ?? '', jwk.y ?? ''].map((text) =>
          Uint8Array.fromBase64(text, { alphabet: 'base64url' }),
        )
        if (!x || !y) throw new TypeError('A key without coordinates')
        expect(isOnCurve(name, { x, y })).toBe(true)
        y[5] = (y[5] ?? 0) ^ 1
        expect(isOnCurve(name, { x, y })).toBe(false)
      }
    },
  )

  test('with a coordinate of the field size or more is not on the curve', () => {
    const big = new Uint8Array(32).fill(255)
    expect(isOnCurve('P-256', { x: big, y: big })).toBe(false)
  })
})

/** The encodings of all points of small order, canonical or not, as libsodium lists them. */
const smallOrders = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

describe('an Ed25519 key', () => {
  test.each(smallOrders)('%s is of small order, with either sign', (hex) => {
    const key = fromHex(hex)
    expect(isSmallOrder(key)).toBe(true)
    key[31] = (key[31] ?? 0) | 128
    expect(isSmallOrder(key)).toBe(true)
  })

  test('that a runtime makes is not, nor is that of RFC 8032 section 7.1', async () => {
    expect(isSmallOrder(fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'))).toBe(
      false,
    )
    const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
    if (!('publicKey' in pair)) throw new TypeError('No pair')
    expect(isSmallOrder(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)))).toBe(false)
  })
})
