import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { generateSecret, isGeneratedSecret } from '../../src/secrets/generated-secret.ts'
import { platform } from '../support/test-app.ts'

const { hashing } = platform

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('a generated secret has its prefix, 43 characters of randomness and 6 of checksum', () => {
  fc.assert(
    fc.property(bytes, (random) => {
      const secret = generateSecret(() => random, hashing)
      expect(secret).toMatch(/^gds_[0-9A-Za-z]{49}$/)
      expect(isGeneratedSecret(secret, hashing)).toBe(true)
    }),
  )
})

test('two different random values never give one secret', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      fc.pre(!hashing.equal(a, b))
      expect(generateSecret(() => a, hashing)).not.toBe(generateSecret(() => b, hashing))
    }),
  )
})

test('32 bytes are asked for', () => {
  const asked: number[] = []
  generateSecret((count) => {
    asked.push(count)
    return new Uint8Array(count)
  }, hashing)
  expect(asked).toEqual([32])
})

test('the checksum tells a secret with one character changed', () => {
  const secret = generateSecret(() => new Uint8Array(32).fill(7), hashing)
  for (let place = 4; place < secret.length; place++) {
    const changed = secret.slice(0, place) + (secret[place] === 'x' ? 'y' : 'x') + secret.slice(place + 1)
    expect(isGeneratedSecret(changed, hashing)).toBe(false)
  }
  expect(isGeneratedSecret('gds_', hashing)).toBe(false)
  expect(isGeneratedSecret(`${secret}0`, hashing)).toBe(false)
})
