import { expect, test } from 'bun:test'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { createKeysOfFewPrimes } from '../../bench/contenders/few-primes.ts'

test('three primes make three keys that differ and sign, and no fourth', () => {
  const make = createKeysOfFewPrimes(3)
  const keys = Array.from({ length: 3 }, () => createPrivateKey(make()))
  const data = new TextEncoder().encode('what is signed')
  for (const key of keys) {
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048)
    expect(verify('sha256', data, createPublicKey(key), sign('sha256', data, key))).toBe(true)
  }
  expect(new Set(keys.map((key) => key.export({ format: 'jwk' }).n)).size).toBe(3)
  expect(make).toThrow('3 primes have no more pairs')
})
