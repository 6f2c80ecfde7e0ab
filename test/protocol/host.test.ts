import { expect, test } from 'bun:test'
import { isHost } from '../../src/protocol/url/host.ts'

test.each([
  ...['localhost', '127.0.0.1', '0.0.0.0', '255.255.255.255', '::', '::1', 'fd00::1', '::ffff:127.0.0.1'],
  ...['fe80::1%eth0', 'a', 'auth.example.com', 'auth.example.com.', 'my_host', '3com.example', 'x-1'],
])('%s is a host', (text) => {
  expect(isHost(text)).toBe(true)
})

test.each([
  ...[
    '',
    ' ',
    '0',
    '00',
    '1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x0',
    '256.0.0.1',
    '1.2.3.4.5',
  ],
  ...[
    '1.2.3.4.',
    '01.2.3.4',
    '*',
    '[::]',
    ':',
    '127.0.0.1:3000',
    'localhost:3000',
    'a b',
    'a..b',
    '.a',
    '-a',
  ],
  ...['http://a', 'a/b', 'a\n', '\0', '$HOST', 'é'],
])('%j is none', (text) => {
  expect(isHost(text)).toBe(false)
})
