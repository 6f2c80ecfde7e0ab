import { expect, test } from 'bun:test'
import { isWebOrigin, isWebUrl } from '../../src/protocol/url/web-url.ts'

test.each(['https://app.example.com', 'http://localhost:8080', 'https://[::1]:8443', 'http://127.0.0.1:1'])(
  '%s is an origin',
  (text) => expect(isWebOrigin(text)).toBe(true),
)

test.each([
  'https://app.example.com/',
  'https://App.example.com',
  'https://app.example.com:443',
  'app.example.com',
  'null',
  '*',
  'https://*.example.com',
  'https://app@example.com',
  'com.example.app://x',
  '',
])('%p is no origin', (text) => expect(isWebOrigin(text)).toBe(false))

test.each(['https://app.example/terms?x=1', 'http://a', 'https://a:1/b'])('%s is a web URL', (text) => {
  expect(isWebUrl(text)).toBe(true)
})

test.each([
  'javascript:alert(1)',
  'https://a/#b',
  'https://u@a/',
  'https://a b',
  '//a',
  '/a',
  'ftp://a',
  '',
  'https://',
])('%p is no web URL', (text) => expect(isWebUrl(text)).toBe(false))
