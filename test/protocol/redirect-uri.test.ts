import { describe, expect, test } from 'bun:test'
import { isPlainHttp, isRedirectUri, matchesRedirectUri } from '../../src/protocol/url/redirect-uri.ts'

test.each([
  'https://app.example.com/callback',
  'https://app.example.com',
  'https://app.example.com:8443/a/b?tenant=1&x=%20',
  'http://localhost:8080/callback',
  'http://127.0.0.1/cb',
  'http://[::1]:9/cb',
  'http://app.example.com/callback',
  'com.example.app:/callback',
  'com.example.app:/',
  'com.example.app://auth/callback',
  'com.example.my-app:/oauth?x=1',
])('%s is a redirect URI', (uri) => expect(isRedirectUri(uri)).toBe(true))

test.each([
  ['a script', 'javascript:alert(1)'],
  ['a script with a path', 'javascript://app.example.com/%0aalert(1)'],
  ['data', 'data:text/html,x'],
  ['a file', 'file:///etc/passwd'],
  ['a blob', 'blob:https://app.example.com/1'],
  ['a scheme without a dot', 'myapp:/callback'],
  ['a scheme with a dot and no path', 'com.example.app:callback'],
  ['a scheme in capitals', 'COM.example.app:/callback'],
  ['https in capitals', 'HTTPS://app.example.com/callback'],
  ['a fragment', 'https://app.example.com/callback#x'],
  ['an empty fragment', 'https://app.example.com/callback#'],
  ['a user', 'https://app@evil.example/callback'],
  ['a user in a private scheme', 'com.example.app://app@evil/callback'],
  ['a backslash', 'https://app.example.com\\@evil.example/'],
  ['a space', 'https://app.example.com/a b'],
  ['a line end', 'https://app.example.com/\n'],
  ['no host', 'https:///callback'],
  ['one slash', 'https:/app.example.com/callback'],
  ['a path alone', '/callback'],
  ['beyond ASCII', 'https://\u00e4pp.example.com/callback'],
  ['out-of-band', 'urn:ietf:wg:oauth:2.0:oob'],
  ['an impossible port', 'https://app.example.com:99999/'],
  ['nothing', ''],
  ['a star', 'https://*.example.com/<callback>'],
])('%s is none', (_what, uri) => expect(isRedirectUri(uri)).toBe(false))

test('http beyond this machine is plain', () => {
  expect(
    ['http://app.example/', 'http://localhost:1/', 'http://127.0.0.1/', 'https://app.example/'].map(
      isPlainHttp,
    ),
  ).toEqual([true, false, false, false])
})

describe('a requested URI', () => {
  test.each([
    ['http://127.0.0.1/cb', 'http://127.0.0.1:50123/cb'],
    ['http://127.0.0.1:8080/cb', 'http://127.0.0.1:1/cb'],
    ['http://127.0.0.1:8080/cb', 'http://127.0.0.1/cb'],
    ['http://[::1]/cb?x=1', 'http://[::1]:50123/cb?x=1'],
    ['http://localhost:8080/callback', 'http://localhost:3001/callback'],
    ['http://localhost', 'http://localhost:3001'],
  ])('%s matches %s: the port of a loopback address is free', (registered, requested) => {
    expect(matchesRedirectUri(registered, requested)).toBe(true)
  })

  test.each([
    ['https://app.example/cb', 'https://app.example/cb/'],
    ['https://app.example/cb', 'https://app.example/CB'],
    ['https://app.example/cb', 'https://APP.example/cb'],
    ['https://app.example/cb', 'https://app.example:443/cb'],
    ['https://app.example/cb', 'https://app.example/cb?x=1'],
    ['https://app.example/cb', 'https://app.example/x/../cb'],
    ['https://app.example/cb', 'https://app.example/%63b'],
    ['https://app.example/cb', 'https://app.example.evil.example/cb'],
    ['https://localhost/cb', 'https://localhost:8443/cb'],
    ['http://127.0.0.1/cb', 'http://localhost/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.2:80/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:80/cb/x'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:80@evil.example/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:99999/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:8x/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1.evil.example:80/cb'],
  ])('%s does not match %s', (registered, requested) => {
    expect(matchesRedirectUri(registered, requested)).toBe(false)
  })
})
