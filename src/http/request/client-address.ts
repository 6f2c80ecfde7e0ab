import type { Peer } from '../../platform/network.ts'
import { type IpRange, isInRange, parseIpAddress, parseIpRange } from '../../protocol/ip-address.ts'

/** Entries of X-Forwarded-For that are looked at: no chain of proxies is so long. */
const longestChain = 20

/**
 * Where a request comes from: the other end of its connection, or, where that is a trusted proxy, the last address in
 * X-Forwarded-For that is none. What stands before that one was written by whoever sent the request. An entry that is no address ends
 * the search at the proxy that wrote it.
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

/** Some proxies write `192.0.2.7:50123` and `[2001:db8::7]:50123`. */
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
  // Most servers trust nobody, and need not look.
  if (trusted.length === 0) return address
  return findClientAddress(address, headers.get('x-forwarded-for'), trusted)
}
