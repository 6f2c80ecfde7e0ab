import { createPrivateKey, generatePrimeSync } from 'node:crypto'

/** Half of the modulus. */
const bits = 1024
const exponent = 65_537n

/**
 * RSA keys of 2048 bits as PKCS#8 PEM, each another one, out of pairs of few primes: a millisecond each, where making one rightly
 * takes a fifth of a second. For a benchmark alone: two keys that have a prime in common give each other away. 150 primes, which take
 * some seconds, are enough for 11,175 keys; one more throws.
 */
export function createKeysOfFewPrimes(count = 150): () => string {
  const primes: bigint[] = []
  const pairs = pairUp(() => {
    while (primes.length < count) {
      const prime = generatePrimeSync(bits, { bigint: true })
      if ((prime - 1n) % exponent !== 0n) primes.push(prime)
    }
    return primes
  })
  return () => {
    const { value } = pairs.next()
    if (!value) throw new Error(`${count} primes have no more pairs`)
    return renderKey(value)
  }
}

function* pairUp(find: () => readonly bigint[]): Generator<readonly [bigint, bigint], undefined> {
  const primes = find()
  for (const [index, first] of primes.entries())
    for (const second of primes.slice(index + 1)) yield first > second ? [first, second] : [second, first]
}

function renderKey([p, q]: readonly [bigint, bigint]): string {
  const d = invert(exponent, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: exponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: invert(q, p) }
  const members = Object.entries(numbers).map(([name, number]) => [name, encode(number)])
  const key = createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(members) }, format: 'jwk' })
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The number that `value` times makes 1 modulo `modulus`, by Euclid. */
function invert(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [modulus, value % modulus]
  let [factor, nextFactor] = [0n, 1n]
  while (next > 0n) {
    const times = rest / next
    ;[rest, next] = [next, rest - times * next]
    ;[factor, nextFactor] = [nextFactor, factor - times * nextFactor]
  }
  return ((factor % modulus) + modulus) % modulus
}

function encode(number: bigint): string {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
