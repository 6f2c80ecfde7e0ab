import type { Peer } from '../../platform/network.ts'
import { type IpRange, isInRange, parseIpAddress, parseIpRange } from '../../protocol/ip-address.ts'

/** Entries of X-Forwarded-For that count, from the end. No chain of proxies is longer. */
const longestChain = 20

/**
 * The address of the sender: the peer of the connection, or, if that is a trusted proxy, the last address in X-Forwarded-For that is
 * not a trusted proxy. The sender may have written the entries before that one. An entry that is not an address ends the search at the
 * proxy that wrote it.
 */
export function findClientAddress(
  peer: string | undefined,
  forwardedFor: string | null,
  trusted: readonly IpRange[],
): string | undefined {
  if (peer === undefined || forwardedFor === null || !isTrusted(peer, trusted)) return peer
  let found = peer
  for (const entry of forwardedFor.split(',').slice(-longestChain).reverse()) {
    const address = withoutPort(entry.trim())
    if (!parseIpAddress(address)) return found
    found = address
    if (!isTrusted(address, trusted)) return found
  }
  return found
}

function isTrusted(text: string, trusted: readonly IpRange[]): boolean {
  const address = parseIpAddress(text)
  return address !== undefined && trusted.some((range) => isInRange(address, range))
}

/** Some proxies write a port: `192.0.2.7:50123`, `[2001:db8::7]:50123`. */
function withoutPort(entry: string): string {
  const inBrackets = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry)
  return inBrackets?.[1] ?? entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/, '$1')
}

/** Finds the address of a request at the first call and keeps it. `proxies`: the `trusted_proxies` of config.yaml. */
export function createAddressFinder(
  proxies: readonly string[],
): (request: Request, peer: Peer) => () => string | undefined {
  const trusted = proxies.flatMap((range) => parseIpRange(range) ?? [])
  return (request, peer) => {
    let found: { readonly address: string | undefined } | undefined
    return () => {
      found ??= { address: find(request, peer, trusted) }
      return found.address
    }
  }
}

function find({ headers }: Request, peer: Peer, trusted: readonly IpRange[]): string | undefined {
  const address = peer.address()
  // Most servers trust no proxy, and need not read the header.
  if (trusted.length === 0) return address
  return findClientAddress(address, headers.get('x-forwarded-for'), trusted)
}
