import { expect, test } from 'bun:test'
import { findClientAddress } from '../../src/http/request/client-address.ts'
import { parseIpRange } from '../../src/protocol/ip-address.ts'

const trusted = ['10.0.0.0/8', '::1', '2001:db8::/32'].flatMap((range) => parseIpRange(range) ?? [])
const find = (peer: string | undefined, header: string | null) => findClientAddress(peer, header, trusted)

test.each<[what: string, peer: string | undefined, header: string | null, found: string | undefined]>([
  ['of the connection where there is no header', '10.0.0.1', null, '10.0.0.1'],
  ['of the connection where it is no trusted proxy', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['not known where that of the connection is not', undefined, '198.51.100.7', undefined],
  ['the last one that a trusted proxy wrote', '10.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['before proxies of ours', '10.0.0.1', '203.0.113.9, 198.51.100.7, 10.9.9.9, 10.8.8.8', '198.51.100.7'],
  ['the farthest one where all are proxies of ours', '10.0.0.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
  ['of IPv6', '::1', '2001:db9::7', '2001:db9::7'],
  ['without its port', '10.0.0.1', '198.51.100.7:50123', '198.51.100.7'],
  ['without its port, of IPv6', '10.0.0.1', '[2001:db9::7]:50123', '2001:db9::7'],
  ['of the proxy that wrote nonsense', '10.0.0.1', '198.51.100.7, unknown', '10.0.0.1'],
  ['of the nearest proxy before nonsense', '10.0.0.1', 'x, 10.5.5.5', '10.5.5.5'],
  ['of the proxy that wrote nothing', '10.0.0.1', '', '10.0.0.1'],
  ['of the connection in the form of IPv6', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
])('the address is that %s', (_what, peer, header, found) => {
  expect(find(peer, header)).toBe(found)
})

test('nobody is trusted unless the configuration says so', () => {
  expect(findClientAddress('10.0.0.1', '198.51.100.7', [])).toBe('10.0.0.1')
})

test('a header without end is looked at for as long as a chain of proxies can be', () => {
  expect(find('10.0.0.1', `198.51.100.7${', 10.1.1.1'.repeat(100_000)}`)).toBe('10.1.1.1')
})
