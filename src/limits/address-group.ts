import { parseIpAddress } from '../protocol/url/ip-address.ts'

/** The group of every unknown address. */
const unknownAddress = 'unknown'

/**
 * Returns the group of addresses that belong to one sender: a single IPv4 address, or an IPv6 network of 64 bits (RFC 4291 section 2.5.1),
 * because one machine can use all addresses of such a network.
 */
export function groupOf(address: string | undefined): string {
  if (address === undefined) return unknownAddress
  if (!address.includes(':')) return address
  const groups = parseIpAddress(address)
  if (!groups) return unknownAddress
  // IPv4 addresses in the form of IPv6 count as IPv4, because all of them share their first 64 bits.
  const isIpv4 = groups.slice(0, 6).join() === '0,0,0,0,0,65535'
  const kept = isIpv4 ? groups.slice(6) : groups.slice(0, 4)
  if (isIpv4) return kept.flatMap((group) => [group >> 8, group & 0xff]).join('.')
  return kept.map((group) => group.toString(16)).join(':')
}
