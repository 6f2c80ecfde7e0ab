import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseBasic } from '../../src/http/request/basic.ts'

const encode = (bytes: string | Uint8Array) =>
  (typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes).toBase64()

const parsed = (text: string | Uint8Array) => parseBasic(`Basic ${encode(text)}`)

describe('the header', () => {
  test('without one there are no credentials', () => {
    expect(parseBasic(null)).toBeUndefined()
  })

  test.each(['Basic YTpi', 'basic YTpi', 'BASIC YTpi', 'bAsIc YTpi', 'Basic   YTpi'])(
    '%p is a:b',
    (header) => {
      expect(parseBasic(header)).toEqual({ clientId: 'a', clientSecret: 'b' })
    },
  )

  test.each([
    ['an empty header', ''],
    ['the scheme alone', 'Basic'],
    ['the scheme and a space', 'Basic '],
    ['another scheme', 'Bearer YTpi'],
    ['a longer scheme', 'Basics YTpi'],
    ['no space after the scheme', 'BasicYTpi'],
    ['a tab after the scheme', 'Basic\tYTpi'],
    ['a space before the scheme', ' Basic YTpi'],
    ['a space behind', 'Basic YTpi '],
    ['a line end behind', 'Basic YTpi\n'],
    ['two credentials', 'Basic YTpi YTpi'],
    ['two headers joined', 'Basic YTpi, Basic YTpi'],
    ['a parameter behind', 'Basic YTpi;charset=utf-8'],
  ])('%s is malformed', (_, header) => {
    expect(parseBasic(header)).toBe('malformed')
  })
})

describe('base64', () => {
  test('is the standard one, padded', () => {
    expect(parseBasic('Basic YTpiYg==')).toEqual({ clientId: 'a', clientSecret: 'bb' })
    expect(parseBasic('Basic YTp+fn4/')).toEqual({ clientId: 'a', clientSecret: '~~~?' })
  })

  test.each([
    ['without padding', 'YTpiYg'],
    ['with half of the padding', 'YTpiYg='],
    ['with too much padding', 'YTpiYg==='],
    ['with padding where none belongs', 'YTpi===='],
    ['with padding in the middle', 'YTpiYg==YTpi'],
    ['of the url alphabet', 'YTp-fn4_'],
    ['with a space in it', 'YTpi Yg=='],
    ['with a line end in it', 'YTpi\nYg=='],
    ['with bits behind the last byte', 'YTpiYh=='],
    ['with bits behind the last byte, one pad', 'YTpiYmO='],
    ['of characters that it has not', 'YT!i'],
    ['of five characters', 'YTpiY'],
    ['of nothing but padding', '===='],
  ])('%s is malformed', (_, encoded) => {
    expect(parseBasic(`Basic ${encoded}`)).toBe('malformed')
  })
})

describe('the two halves', () => {
  test.each([
    ['the first colon splits', 'a:b:c', 'a', 'b:c'],
    ['an escaped colon does not split', 'a%3Ab:c', 'a:b', 'c'],
    ['both are form-decoded', 'a%20b+c:d%2Be+f', 'a b c', 'd+e f'],
    ['an empty id is an id', ':b', '', 'b'],
    ['an empty secret is a secret', 'a:', 'a', ''],
    ['both may be empty', ':', '', ''],
    ['UTF-8 is read, escaped or not', 'é:%C3%A9', 'é', 'é'],
    ['a byte order mark is a character', '\ufeffa:b', '\ufeffa', 'b'],
  ])('%s', (_, text, clientId, clientSecret) => {
    expect(parsed(text)).toEqual({ clientId, clientSecret })
  })

  test.each([
    ['no colon', 'ab'],
    ['a colon in an escape alone', 'a%3Ab'],
    ['a broken escape in the id', 'a%zz:b'],
    ['a broken escape in the secret', 'a:b%'],
    ['an escape that is no UTF-8', 'a:%FF'],
  ])('%s is malformed', (_, text) => {
    expect(parsed(text)).toBe('malformed')
  })

  test.each([
    ['a byte that UTF-8 never has', [0x61, 0x3a, 0xff]],
    ['Latin-1', [0xe9, 0x3a, 0x62]],
    ['an overlong sequence', [0x61, 0x3a, 0xc0, 0xaf]],
    ['a surrogate', [0x61, 0x3a, 0xed, 0xa0, 0x80]],
  ])('%s is malformed', (_, bytes) => {
    expect(parsed(new Uint8Array(bytes))).toBe('malformed')
  })
})

describe('for every header', () => {
  const anyText = fc.string({ unit: 'binary' })
  const formEncode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)

  test.each([
    ['encodeURIComponent', encodeURIComponent],
    ['form encoding', formEncode],
  ])('any id and secret read back after %s', (_, escapeText) => {
    const property = fc.property(anyText, anyText, (clientId, clientSecret) => {
      expect(parsed(`${escapeText(clientId)}:${escapeText(clientSecret)}`)).toEqual({
        clientId,
        clientSecret,
      })
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('any text, bare or behind the scheme, encoded or not, is read or malformed and never thrown', () => {
    const wrap = [
      (text: string) => text,
      (text: string) => `Basic ${text}`,
      (text: string) => `Basic ${encode(text)}`,
    ]
    const property = fc.property(anyText, fc.constantFrom(...wrap), (text, toHeader) => {
      const result = parseBasic(toHeader(text))
      if (result === 'malformed') return
      expect(Object.keys(result ?? {})).toEqual(['clientId', 'clientSecret'])
    })
    fc.assert(property, { numRuns: 1000 })
  })

  test('a header of a megabyte is read like any other', () => {
    const clientSecret = 'x'.repeat(1_000_000)
    expect(parsed(`a:${clientSecret}`)).toEqual({ clientId: 'a', clientSecret })
    expect(parseBasic(`Basic ${'A'.repeat(1_000_001)}`)).toBe('malformed')
    expect(parseBasic(`Basic${' '.repeat(1_000_000)}`)).toBe('malformed')
  })
})
