/** The address as people write it: an IPv4 address that came through an IPv6 socket loses its `::ffff:`. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '')
}
