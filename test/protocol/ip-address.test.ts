import { expect, test } from 'bun:test'
import { isIP } from 'node:net'
import fc from 'fast-check'
import { isInSubnet, parseIpAddress, parseIpRange } from '../../src/protocol/url/ip-address.ts'

test.each([
  ['192.0.2.7', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x207]],
  ['::ffff:192.0.2.7', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x207]],
  ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
  ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
  ['2001:DB8::7', [0x2001, 0xdb8, 0, 0, 0, 0, 0, 7]],
  ['1:2:3:4:5:6:7::', [1, 2, 3, 4, 5, 6, 7, 0]],
  ['fe80::1%eth0', [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
])('%s is the address of these bits', (text, groups) => {
  expect(parseIpAddress(text)).toEqual(groups)
})

test.each([
  ...['', 'name', '1.2.3', '1.2.3.256', '1.2.3.4.5', '01.2.3.4x', ':', ':::', '1::2::3', '12345::', 'g::'],
  ...['1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '1.2.3.4:80', '[::1]', '::1.2.3.4:1'],
])('%p is no address', (text) => {
  expect(parseIpAddress(text)).toBeUndefined()
})

test('whatever node takes for an address is one here', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      expect([text, parseIpAddress(text) !== undefined]).toEqual([text, isIP(text) !== 0])
    }),
  )
})

test.each([
  '',
  '/8',
  '10.0.0.0/',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/8/8',
  '10.0.0.0/a',
  'a/8',
  'fe80::1%eth0/64',
])('%p is no range', (text) => {
  expect(parseIpRange(text)).toBeUndefined()
})

test('a range has the addresses that begin with its bits', () => {
  expect(isInSubnet('10.1.2.3', '10.0.0.0/8')).toBe(true)
  expect(isInSubnet('11.1.2.3', '10.0.0.0/8')).toBe(false)
  expect(isInSubnet('::ffff:10.1.2.3', '10.0.0.0/8')).toBe(true)
  expect(isInSubnet('192.0.2.7', '192.0.2.7')).toBe(true)
  expect(isInSubnet('192.0.2.8', '192.0.2.7')).toBe(false)
  expect(isInSubnet('2001:db8:0:1::1', '2001:db8::/63')).toBe(true)
  expect(isInSubnet('2001:db8:0:2::1', '2001:db8::/63')).toBe(false)
  expect(isInSubnet('2001:db8::1', '0.0.0.0/0')).toBe(false)
  expect(isInSubnet('1.2.3.4', '0.0.0.0/0')).toBe(true)
})
