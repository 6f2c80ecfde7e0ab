/** The address as people write it: one of IPv4 that came in by a socket of IPv6 without its `::ffff:`. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '')
}
