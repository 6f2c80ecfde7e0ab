import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { OAuthError } from '../../src/protocol/errors.ts'
import { checkScopes, isScopeToken, parseScope } from '../../src/protocol/scope.ts'

/** The code of what `work` throws; undefined when it throws nothing. */
function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof OAuthError) return error.code
    throw error
  }
}

describe('a scope-token', () => {
  test('is made of the characters of RFC 6749 section 3.3 and of no others', () => {
    for (let code = 0; code < 0x180; code++) {
      const allowed = code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e)
      expect([code, isScopeToken(String.fromCharCode(code))]).toEqual([code, allowed])
    }
  })

  test('has one character or more, all of them allowed', () => {
    expect(isScopeToken('')).toBe(false)
    expect(isScopeToken('https://api.example/read.write:all')).toBe(true)
    for (const text of ['a b', ' a', 'a ', 'a\n', '\na', 'aé'])
      expect([text, isScopeToken(text)]).toEqual([text, false])
  })
})

describe('a scope parameter', () => {
  test('is its tokens in their order, each once', () => {
    expect(parseScope('b a b c a')).toEqual(['b', 'a', 'c'])
    expect(parseScope('a A')).toEqual(['a', 'A'])
    expect(parseScope('a')).toEqual(['a'])
  })

  test.each(['', ' ', 'a ', ' a', 'a  b', 'a\tb', 'a\n', 'a"b', 'a\\b', 'é'])('%p is malformed', (text) => {
    expect(codeOf(() => parseScope(text))).toBe('invalid_scope')
  })

  test('of any tokens is read back, and any other text is read or refused', () => {
    const token = fc.string({ unit: fc.constantFrom('a', 'B', '!', '#', '[', ']', '~', ':'), minLength: 1 })
    const good = fc.property(fc.uniqueArray(token, { minLength: 1 }), (tokens) => {
      expect(parseScope(tokens.join(' '))).toEqual(tokens)
    })
    fc.assert(good)
    const any = fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect([undefined, 'invalid_scope']).toContain(codeOf(() => parseScope(text)))
    })
    fc.assert(any, { numRuns: 500 })
  })
})

describe('the allow-list', () => {
  test.each([
    [[], []],
    [[], ['a']],
    [['a'], ['a', 'b']],
    [
      ['b', 'a'],
      ['a', 'b'],
    ],
  ])('%p is within %p', (requested, allowed) => {
    expect(codeOf(() => checkScopes(requested, allowed))).toBeUndefined()
  })

  test.each([
    [['a'], []],
    [
      ['a', 'c'],
      ['a', 'b'],
    ],
    [['A'], ['a']],
    [['a'], ['ab']],
  ])('%p is not within %p', (requested, allowed) => {
    expect(codeOf(() => checkScopes(requested, allowed))).toBe('invalid_scope')
  })
})
