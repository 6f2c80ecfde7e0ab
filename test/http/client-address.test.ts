import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { findClientAddress, type ProxyHeader } from '../../src/http/request/client-address.ts'
import { parseIpAddress, parseIpRange, renderIpAddress } from '../../src/protocol/url/ip-address.ts'

const proxies = ['10.0.0.0/8', '::1', '2001:db8::/32'].flatMap((range) => parseIpRange(range) ?? [])
const findIn = (header: ProxyHeader) => (peer: string | undefined, value: string | null) =>
  findClientAddress(peer, value, { proxies, header })

type Case = [what: string, peer: string | undefined, value: string | null, found: string | undefined]

describe('by X-Forwarded-For', () => {
  const find = findIn('x-forwarded-for')

  test.each<Case>([
    ['of the connection where there is no header', '10.0.0.1', null, '10.0.0.1'],
    ['of the connection where it is no trusted proxy', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['not known where that of the connection is not', undefined, '198.51.100.7', undefined],
    ['the last one that a trusted proxy wrote', '10.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
    ['before proxies of ours', '10.0.0.1', '203.0.113.9, 198.51.100.7, 10.9.9.9, 10.8.8.8', '198.51.100.7'],
    ['the farthest one where all are proxies of ours', '10.0.0.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
    ['of IPv6', '::1', '2001:db9::7', '2001:db9::7'],
    ['of IPv6 in its canonical form', '::1', '2001:DB9:0:0:0:0:0:07', '2001:db9::7'],
    ['without its port', '10.0.0.1', '198.51.100.7:50123', '198.51.100.7'],
    ['without its port, of IPv6', '10.0.0.1', '[2001:db9::7]:50123', '2001:db9::7'],
    ['in brackets without a port', '10.0.0.1', '[2001:db9::7]', '2001:db9::7'],
    ['not one of IPv6 with a port and no brackets', '10.0.0.1', '2001:db9:0:0:0:0:0:7:50123', '10.0.0.1'],
    ['IPv4 where it is written as IPv6', '10.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
    ['IPv4 of ours where it is written as IPv6', '10.0.0.1', '1.2.3.4, ::ffff:a00:2', '1.2.3.4'],
    ['without its zone', '10.0.0.1', 'fe80::7%<b>eth0', 'fe80::7'],
    ['of the proxy that wrote nonsense', '10.0.0.1', '198.51.100.7, unknown', '10.0.0.1'],
    ['of the proxy that hides it', '10.0.0.1', '198.51.100.7, _hidden', '10.0.0.1'],
    ['of the nearest proxy before nonsense', '10.0.0.1', 'x, 10.5.5.5', '10.5.5.5'],
    ['of the proxy that wrote nothing', '10.0.0.1', '', '10.0.0.1'],
    ['of the proxy that wrote nothing after another', '10.0.0.1', '198.51.100.7,', '10.0.0.1'],
    ['not in the words of the other header', '10.0.0.1', 'for=198.51.100.7', '10.0.0.1'],
    ['of the connection in the form of IPv6', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
  ])('the address is that %s', (_what, peer, value, found) => {
    expect(find(peer, value)).toBe(found)
  })

  test('a header without end is looked at for as long as a chain of proxies can be', () => {
    expect(find('10.0.0.1', `198.51.100.7${', 10.1.1.1'.repeat(100_000)}`)).toBe('10.1.1.1')
  })
})

describe('by Forwarded', () => {
  const find = findIn('forwarded')

  test.each<Case>([
    ['of the connection where there is no header', '10.0.0.1', null, '10.0.0.1'],
    ['of the connection where it is no trusted proxy', '192.0.2.1', 'for=198.51.100.7', '192.0.2.1'],
    [
      'the last one that a trusted proxy wrote',
      '10.0.0.1',
      'for=203.0.113.9, for=198.51.100.7',
      '198.51.100.7',
    ],
    ['before proxies of ours', '10.0.0.1', 'for=198.51.100.7, for=10.9.9.9;by=10.0.0.1', '198.51.100.7'],
    [
      'among other members',
      '10.0.0.1',
      'proto=https;For="198.51.100.7:50123";host="a.example"',
      '198.51.100.7',
    ],
    ['of IPv6', '10.0.0.1', 'for="[2001:db9::7]"', '2001:db9::7'],
    ['of IPv6 without its port', '10.0.0.1', 'for="[2001:db9::7]:50123"', '2001:db9::7'],
    ['of IPv6 without its hidden port', '10.0.0.1', 'for="[2001:db9::7]:_app"', '2001:db9::7'],
    ['of IPv6 that was not quoted', '10.0.0.1', 'for=[2001:db9::7]:50123', '2001:db9::7'],
    ['of the proxy that does not know', '10.0.0.1', 'for=198.51.100.7, for=unknown', '10.0.0.1'],
    ['of the proxy that hides it', '10.0.0.1', 'for=198.51.100.7, for=_hidden', '10.0.0.1'],
    ['of the proxy that names no sender', '10.0.0.1', 'for=198.51.100.7, proto=https', '10.0.0.1'],
    ['of the proxy that names two', '10.0.0.1', 'for=198.51.100.7;for=203.0.113.9', '10.0.0.1'],
    [
      'after a quote that the sender left open',
      '10.0.0.1',
      'for="203.0.113.9, for=198.51.100.7',
      '198.51.100.7',
    ],
    [
      'after a pair of quotes around a comma',
      '10.0.0.1',
      'for=6.6.6.6;x=", for="198.51.100.7"',
      '198.51.100.7',
    ],
    ['of the proxy where the value has an escape', '10.0.0.1', 'for="198.51.100\\.7"', '10.0.0.1'],
    ['of the proxy where there is no value', '10.0.0.1', 'for=', '10.0.0.1'],
    ['not in the words of the other header', '10.0.0.1', '198.51.100.7', '10.0.0.1'],
  ])('the address is that %s', (_what, peer, value, found) => {
    expect(find(peer, value)).toBe(found)
  })
})

test('several header lines are one list', () => {
  const headers = new Headers([
    ['X-Forwarded-For', '203.0.113.9'],
    ['X-Forwarded-For', '198.51.100.7'],
  ])
  expect(findIn('x-forwarded-for')('10.0.0.1', headers.get('x-forwarded-for'))).toBe('198.51.100.7')
})

test('nobody is trusted unless the configuration says so', () => {
  for (const header of ['x-forwarded-for', 'forwarded'] as const)
    expect(findClientAddress('10.0.0.1', '198.51.100.7', { proxies: [], header })).toBe('10.0.0.1')
})

const someAddress = fc.oneof(fc.ipV4(), fc.ipV6())
const isOurs = (text: string) => findIn('x-forwarded-for')(text, '192.0.2.250') === '192.0.2.250'

test('whatever the sender writes, the address is the one that the first trusted proxy saw', () => {
  const anyText = fc.oneof(fc.string(), fc.stringMatching(/^(for=)?["[\];,=:._%0-9a-f ]{0,40}$/))
  fc.assert(
    fc.property(anyText, someAddress, fc.array(fc.ipV4(), { maxLength: 5 }), (sent, sender, last) => {
      fc.pre(!isOurs(sender))
      const chain = [sender, ...last.map((text) => text.replace(/^\d+/, '10'))]
      const seen = renderIpAddress(parseIpAddress(sender) ?? [])
      expect(findIn('x-forwarded-for')('10.0.0.1', [sent, ...chain].join(', '))).toBe(seen)
      const elements = chain.map((text) =>
        text.includes(':') ? `for="[${text}]:80"` : `for=${text};proto=http`,
      )
      expect(findIn('forwarded')('10.0.0.1', [sent, ...elements].join(','))).toBe(seen)
    }),
  )
})

test('the answer to any header is an address', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('x-forwarded-for', 'forwarded'), (value, header) => {
      const found = findIn(header)('10.0.0.1', value) ?? ''
      expect(renderIpAddress(parseIpAddress(found) ?? [])).toBe(found)
    }),
  )
})

test('an address is rendered so that it is read as the same again', () => {
  fc.assert(
    fc.property(someAddress, (text) => {
      const address = parseIpAddress(text) ?? []
      expect(parseIpAddress(renderIpAddress(address))).toEqual([...address])
    }),
  )
  const canonical = (text: string) => renderIpAddress(parseIpAddress(text) ?? [])
  expect(['::', '::1', '1::', '2001:db8:0:0:1:0:0:1', '1:2:3:4:5:6:7:0'].map(canonical)).toEqual([
    '::',
    '::1',
    '1::',
    '2001:db8::1:0:0:1',
    '1:2:3:4:5:6:7:0',
  ])
})
