import { expect, test } from 'bun:test'
import { isBaseUrl, isIssuerUrl, isLoopbackUrl, normalIssuer } from '../../src/protocol/url/uri.ts'

test.each([
  'https://auth.example.com',
  'https://auth.example.com:8443',
  'https://auth.example.com/',
  'https://auth.example.com/x/',
  'https://auth.example.com/tenants/a',
  'http://localhost:3000',
  'http://127.0.0.1/x',
  'https://[::1]:3000/x',
])('%p can be an issuer', (text) => {
  expect(isIssuerUrl(text)).toBe(true)
})

test.each([
  '',
  'auth.example.com',
  '//auth.example.com',
  'ftp://auth.example.com',
  'https://',
  'https:///x',
  'https://auth.example.com//',
  'https://auth.example.com/x//',
  'https://auth.example.com?x',
  'https://auth.example.com/?x=y',
  'https://auth.example.com#x',
  'https://auth.example.com/#',
  'https://user@auth.example.com',
  'https://user:secret@auth.example.com',
  'https://auth.example.com/a b',
  'https://auth.example.com\n',
  ' https://auth.example.com',
  'https://auth.example.com:99999',
])('%p cannot be an issuer', (text) => {
  expect(isIssuerUrl(text)).toBe(false)
})

test.each([
  ['http://localhost', true],
  ['http://localhost:3000/x', true],
  ['http://LOCALHOST', true],
  ['http://127.0.0.1:1', true],
  ['http://127.255.0.9', true],
  ['http://[::1]:3000', true],
  ['http://localhost.example.com', false],
  ['http://127.example.com', false],
  ['http://128.0.0.1', false],
  ['http://0.0.0.0', false],
  ['http://10.0.0.1', false],
  ['http://[::2]', false],
])('%p is this machine: %p', (text, wanted) => {
  expect(isLoopbackUrl(text)).toBe(wanted)
})

test('a base of links is an issuer without a slash at its end', () => {
  expect(isBaseUrl('https://auth.example.com/x')).toBe(true)
  expect(isBaseUrl('https://auth.example.com/x/')).toBe(false)
  expect(isBaseUrl('https://auth.example.com/')).toBe(false)
  expect(isBaseUrl('auth.example.com')).toBe(false)
})

test.each([
  ['https://a.example', 'https://a.example/'],
  ['https://a.example/', 'https://a.example/'],
  ['https://a.example/x', 'https://a.example/x'],
  ['https://a.example/x/', 'https://a.example/x'],
  ['https://A.example:443/x//y/', 'https://a.example/x/y'],
])('%s is spelt %s', (issuer, spelling) => {
  expect(normalIssuer(issuer)).toBe(spelling)
})
