import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { decodeJwt, JwtMalformed } from '../../src/keys/jwt.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Whether a part of a JWT is taken for canonical base64url. */
function isTaken(text: string): boolean {
  try {
    decodeJwt(`e30.e30.${text}`)
    return true
  } catch (error) {
    if (error instanceof JwtMalformed) return false
    throw error
  }
}

/** By decoding and encoding, which the platform does. */
function isCanonical(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text
}

test('every text of up to three characters is taken where decoding and encoding gives it back', () => {
  const letters = [...alphabet, '=', '+', '/', ' ', '\n', 'é']
  for (const a of letters) {
    expect(isTaken(a)).toBe(isCanonical(a))
    for (const b of letters) expect([a + b, isTaken(a + b)]).toEqual([a + b, isCanonical(a + b)])
  }
  for (const c of letters) expect(isTaken(`ab${c}`)).toBe(isCanonical(`ab${c}`))
})

test('so is any longer one', () => {
  const character = fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...alphabet) },
    fc.string({ maxLength: 1 }),
  )
  fc.assert(
    fc.property(fc.array(character, { maxLength: 40 }), (characters) => {
      expect(isTaken(characters.join(''))).toBe(isCanonical(characters.join('')))
    }),
    { numRuns: 2000 },
  )
})

test('a line end after the last character is no part of it', () => {
  expect(isTaken('AAAA\n')).toBe(false)
})
