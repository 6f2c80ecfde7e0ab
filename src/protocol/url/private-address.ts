import { type IpAddress, type IpRange, isInRange, parseIpAddress, parseIpRange } from './ip-address.ts'

/** Addresses that are no host of the public internet (the registries of IANA for special-purpose addresses, RFC 6890). */
const privateRanges = [
  // This host, private use, shared by carriers, loopback, link-local with the metadata services of clouds
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.168.0.0/16'],
  // Protocol assignments, documentation, relays that are gone, benchmarks
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24'],
  // Multicast, and reserved with broadcast
  ...['224.0.0.0/4', '240.0.0.0/4'],
  // The same of IPv6: unspecified, loopback, discard, protocol assignments with Teredo, documentation, segments, local, multicast
  ...[
    '::/128',
    '::1/128',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '3fff::/20',
    '5f00::/16',
    'fc00::/7',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ],
].flatMap((text) => parseIpRange(text) ?? [])

/** Ranges whose addresses carry an IPv4 address, and the first of its two groups: compatible, translated (RFC 2765, RFC 6052, RFC 8215), 6to4. */
const carriers: readonly (readonly [range: IpRange | undefined, at: number])[] = [
  [parseIpRange('::/96'), 6],
  [parseIpRange('::ffff:0:0:0/96'), 6],
  [parseIpRange('64:ff9b::/96'), 6],
  [parseIpRange('64:ff9b:1::/48'), 6],
  [parseIpRange('2002::/16'), 1],
]

/** Whether the address is not one of the public internet, so that a request to it may reach what only this machine can reach. */
export function isPrivateAddress(address: IpAddress): boolean {
  if (privateRanges.some((range) => isInRange(address, range))) return true
  return carriers.some(([range, at]) => {
    if (!range || !isInRange(address, range)) return false
    return isPrivateAddress([0, 0, 0, 0, 0, 0xffff, address[at] ?? 0, address[at + 1] ?? 0])
  })
}

/**
 * Whether the host of the URL is this machine by name, or a literal address that {@link isPrivateAddress}. Any other name has to be resolved
 * to know. `url` must be a URL.
 */
export function hasPrivateHost(url: string): boolean {
  const { hostname } = new URL(url)
  if (/(?:^|\.)localhost\.?$/.test(hostname)) return true
  const address = parseIpAddress(hostname.replace(/^\[(.*)\]$/, '$1'))
  return address !== undefined && isPrivateAddress(address)
}
