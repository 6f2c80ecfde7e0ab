import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseFormText } from '../../src/http/request/form.ts'
import { OAuthError } from '../../src/protocol/errors.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 20 })

/** The fault of a text, which must be an OAuthError; undefined when the text is a form. */
function faultOf(text: string): OAuthError | undefined {
  try {
    parseFormText(text)
    return undefined
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
}

describe('reading', () => {
  test.each([
    ['a plain pair', 'a=b', 'a', 'b'],
    ['a plus sign as a space', 'a=b+c', 'a', 'b c'],
    ['an escaped plus sign as itself', 'a=b%2Bc', 'a', 'b+c'],
    ['an escape in lower case', 'a=b%2bc', 'a', 'b+c'],
    ['a value up to the next ampersand, equals signs included', 'a=b=c==&d=e', 'a', 'b=c=='],
    ['an escaped name', '%61%20b=c', 'a b', 'c'],
    ['an escaped ampersand as part of the value', 'a=b%26c=d', 'a', 'b&c=d'],
    ['UTF-8 in escapes', 'a=%C3%A9%E2%82%AC%F0%9F%98%80', 'a', 'é€😀'],
    ['UTF-8 without escapes', 'é=€', 'é', '€'],
    ['a semicolon as part of the value', 'a=b;c=d', 'a', 'b;c=d'],
    ['empty segments as nothing', '&&a=b&&', 'a', 'b'],
    ['a name that objects have', '__proto__=x', '__proto__', 'x'],
    ['another name that objects have', 'constructor=x&toString=y', 'toString', 'y'],
    ['a zero character', 'a=%00', 'a', '\0'],
    ['a pair with an empty name', '=b', '', 'b'],
  ])('takes %s', (_, text, name, value) => {
    expect(parseFormText(text).get(name)).toBe(value)
  })

  test.each(['', '&', 'a', 'a=', 'b=c', 'A=b', 'a%20=b', '%EF%BB%BFa=b'])('finds no a in %p', (text) => {
    expect(parseFormText(text).get('a')).toBeUndefined()
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('an empty form has no %s', (name) => {
    expect(parseFormText('').get(name)).toBeUndefined()
    expect(parseFormText('').getAll(name)).toEqual([])
  })

  test('keeps the order of a repeated resource and leaves its empty values out', () => {
    const form = parseFormText('resource=b&resource=&x=y&resource=a&resource=b')
    expect(form.getAll('resource')).toEqual(['b', 'a', 'b'])
    expect(form.getAll('x')).toEqual(['y'])
    expect(form.getAll('none')).toEqual([])
  })
})

describe('refusing', () => {
  test.each([
    ['a percent sign at the end', 'a=%'],
    ['half an escape', 'a=%4'],
    ['an escape of no hex digits', 'a=%zz'],
    ['a broken escape in a name', '%zz=a'],
    ['a broken escape in a parameter that nobody reads', 'a=b&unknown=%'],
    ['a byte that UTF-8 never has', 'a=%FF'],
    ['a cut sequence', 'a=%C3'],
    ['an overlong sequence', 'a=%C0%AF'],
    ['a surrogate', 'a=%ED%A0%80'],
    ['a code point beyond the last', 'a=%F4%90%80%80'],
    ['a character spread over escape and text', 'a=%C3b'],
  ])('%s', (_, text) => {
    expect(faultOf(text)).toMatchObject({
      code: 'invalid_request',
      status: 400,
      message: 'The request body is malformed',
    })
  })

  const sentTwice = 'A parameter was sent more than once'

  test.each([
    ['with two values', 'a=b&a=c', `${sentTwice}: a`],
    ['with the same value', 'a=b&a=b', `${sentTwice}: a`],
    ['of which one is empty', 'a=&a=b', `${sentTwice}: a`],
    ['without values', 'a&a', `${sentTwice}: a`],
    ['of which one is escaped', 'a=b&%61=b', `${sentTwice}: a`],
    ['apart', 'a=b&c=d&a=e', `${sentTwice}: a`],
    ['that is unknown', 'grant_type=x&unknown=1&unknown=2', `${sentTwice}: unknown`],
    ['that objects have', '__proto__=1&__proto__=2', `${sentTwice}: __proto__`],
    ['whose name is no name of a parameter', 'Resource=1&Resource=2', sentTwice],
    ['whose name may be a secret', 'gds_0123456789=1&gds_0123456789=2', sentTwice],
  ])('a parameter twice, %s', (_, text, message) => {
    expect(faultOf(text)).toMatchObject({
      code: 'invalid_request',
      status: 400,
      message,
    })
  })
})

describe('for every form', () => {
  const distinctPairs = fc.uniqueArray(fc.tuple(anyText, anyText), { selector: ([name]) => name })

  test('distinct pairs in the encoding of URLSearchParams read back the same', () => {
    const property = fc.property(distinctPairs, (pairs) => {
      const form = parseFormText(new URLSearchParams(pairs).toString())
      for (const [name, value] of pairs) expect(form.get(name)).toBe(value === '' ? undefined : value)
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('a name that comes again anywhere is refused', () => {
    const notResource = distinctPairs.filter((pairs) => pairs.every(([name]) => name !== 'resource'))
    const withDuplicate = fc
      .tuple(notResource, anyText, fc.nat(), fc.nat())
      .filter(([pairs]) => pairs.length > 0)
    const property = fc.property(withDuplicate, ([pairs, value, from, to]) => {
      const again = pairs[from % pairs.length]?.[0] ?? ''
      const sent = pairs.toSpliced(to % (pairs.length + 1), 0, [again, value])
      expect(faultOf(new URLSearchParams(sent).toString())?.message).toStartWith(
        'A parameter was sent more than once',
      )
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('any text is a form or an invalid_request, and nothing else is thrown', () => {
    const likeForms = fc.string({
      unit: fc.constantFrom('a', '=', '&', '+', '%', '4', '1', 'C', '3', 'é', '\ud800'),
    })
    const property = fc.property(fc.oneof(anyText, likeForms), (text) => {
      const fault = faultOf(text)
      if (fault) expect([fault.code, fault.status]).toEqual(['invalid_request', 400])
    })
    fc.assert(property, { numRuns: 2000 })
  })
})
