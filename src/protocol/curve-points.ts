/*
 * Checks public keys before a runtime imports them. Bun refuses to import a key that is not a point of its curve, but keeps an error that
 * the next HMAC of the process throws, in any request.
 */

/** A curve of FIPS 186-4: y² = x³ - 3x + b modulo p. */
interface Curve {
  readonly p: bigint
  readonly b: bigint
}

const curves: Readonly<Record<'P-256' | 'P-384', Curve>> = {
  'P-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
}

/** Whether the big-endian coordinates are a point of the curve. Runtimes refuse to import other keys. */
export function isOnCurve(
  name: keyof typeof curves,
  point: { readonly x: Uint8Array; readonly y: Uint8Array },
): boolean {
  const { p, b } = curves[name]
  const [x, y] = [toNumber(point.x), toNumber(point.y)]
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}

const edwardsPrime = 2n ** 255n - 19n
/** The y of two of the four points of order 8. The y of the other two is the negative. */
const orderEight = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
const smallOrders = new Set([0n, 1n, edwardsPrime - 1n, orderEight, edwardsPrime - orderEight])

/**
 * Whether an Ed25519 key (RFC 8032 section 5.1.2) is a point of small order. For such a key, a valid signature of any text can be
 * guessed.
 */
export function isSmallOrder(key: Uint8Array): boolean {
  // The highest bit is the sign of x.
  const y = toNumber(key.toReversed()) & (2n ** 255n - 1n)
  return smallOrders.has(y % edwardsPrime)
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toHex()}`)
}
