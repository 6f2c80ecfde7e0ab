import { describe, expect, test } from 'bun:test'
import { OAuthError } from '../../src/protocol/errors.ts'
import { isResourceUri, resolveAudience } from '../../src/protocol/url/resource.ts'

describe('a resource', () => {
  test.each([
    'https://api.example',
    'https://api.example/v2?tenant=x',
    'http://localhost:8080/',
    'urn:example:files',
    'a+b-c.d:x',
  ])('%p is one', (text) => {
    expect(isResourceUri(text)).toBe(true)
  })

  test.each([
    '',
    'api',
    '/v2',
    '//api.example/v2',
    'https:',
    'https://',
    'https://api.example/#',
    'https://api.example#x',
    'urn:a#b',
    'urn:a b',
    '1a:b',
    ':b',
    'https://api.example/\n',
  ])('%p is none', (text) => {
    expect(isResourceUri(text)).toBe(false)
  })
})

describe('the audience', () => {
  const lists = { byDefault: ['a', 'b'], others: ['c'] }

  test.each([
    [[], ['a', 'b']],
    [['b'], ['b']],
    [['c'], ['c']],
    [
      ['c', 'a'],
      ['c', 'a'],
    ],
    [
      ['c', 'a', 'c'],
      ['c', 'a'],
    ],
  ])('of %p is %p', (requested, wanted) => {
    expect(resolveAudience(requested, lists)).toEqual(wanted)
  })

  test.each([[['x']], [['a', 'x']], [['A']], [['']], [['a b']]])('of %p is refused', (requested) => {
    const refused = () => resolveAudience(requested, lists)
    expect(refused).toThrow(OAuthError)
    expect(refused).toThrow('The requested resource is not allowed for this client')
  })
})
