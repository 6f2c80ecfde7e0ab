import type { Peer } from '../../platform/network.ts'
import {
  type IpAddress,
  type IpRange,
  isInRange,
  parseIpAddress,
  parseIpRange,
  renderIpAddress,
} from '../../protocol/url/ip-address.ts'

/** The header in which the proxies name the address before them: one of them, because a proxy passes on the other one as it came. */
export type ProxyHeader = 'x-forwarded-for' | 'forwarded'

/** The proxies that are believed, and the header that they write. */
export interface TrustedChain {
  readonly proxies: readonly IpRange[]
  readonly header: ProxyHeader
}

/** Entries of the header that count, from the end. No chain of proxies is longer. */
const longestChain = 20

/**
 * The address of the sender: the peer of the connection, or, if that is a trusted proxy, the last address in the header that is not a
 * trusted proxy. The sender may have written the entries before that one. An entry that is not an address ends the search at the proxy
 * that wrote it. The address has its canonical text, because an entry can have any zone.
 */
export function findClientAddress(
  peer: string | undefined,
  value: string | null,
  { proxies, header }: TrustedChain,
): string | undefined {
  const own = peer === undefined ? undefined : parseIpAddress(peer)
  if (!own) return peer
  let found: IpAddress = own
  // An entry with a comma in quotes is no address. So cutting at each comma is enough, and no entry changes how a later one is read.
  const entries = value?.split(',').slice(-longestChain) ?? []
  while (isTrusted(found, proxies)) {
    const entry = entries.pop()
    const node = entry === undefined || header === 'x-forwarded-for' ? entry : findForwardedNode(entry)
    const address = node === undefined ? undefined : parseNode(node.trim())
    if (!address) break
    found = address
  }
  return renderIpAddress(found)
}

function isTrusted(address: IpAddress, proxies: readonly IpRange[]): boolean {
  return proxies.some((range) => isInRange(address, range))
}

/**
 * One pair of a Forwarded element: a token, and a token or a quoted text without escapes, in which also `:` and `[` are taken as they
 * are.
 */
const forwardedPair = /^\s*([!#$%&'*+.^_`|~0-9a-z-]+)=(?:"([^"\\]*)"|([^\s";,\\]*))\s*$/i

/**
 * The value of `for` in one element of Forwarded (RFC 7239 section 4). Undefined if there is not exactly one, or if the element is
 * malformed.
 */
function findForwardedNode(element: string): string | undefined {
  const nodes: string[] = []
  for (const pair of element.split(';')) {
    const [all, name = '', quoted, plain = ''] = forwardedPair.exec(pair) ?? []
    if (all === undefined) return undefined
    if (name.toLowerCase() === 'for') nodes.push(quoted ?? plain)
  }
  return nodes.length === 1 ? nodes[0] : undefined
}

/**
 * The address of a node (RFC 7239 section 6). Some proxies write a port: `192.0.2.7:50123`, `[2001:db8::7]:50123`. Undefined for `unknown`,
 * for a name such as `_hidden`, and for everything else that is no address.
 */
function parseNode(node: string): IpAddress | undefined {
  const inBrackets = /^\[([^\]]*)\](?::\w{1,16})?$/.exec(node)
  return parseIpAddress(inBrackets?.[1] ?? node.replace(/^(\d+\.\d+\.\d+\.\d+):\w{1,16}$/, '$1'))
}

/** Members of `server` in config.yaml. */
export interface ProxySettings {
  readonly trusted_proxies: readonly string[]
  readonly proxy_header: ProxyHeader
}

/** Finds the address of a request at the first call and keeps it. */
export function createAddressFinder(
  settings: ProxySettings,
): (request: Request, peer: Peer) => () => string | undefined {
  const header = settings.proxy_header
  const chain = { header, proxies: settings.trusted_proxies.flatMap((range) => parseIpRange(range) ?? []) }
  return (request, peer) => {
    let found: { readonly address: string | undefined } | undefined
    return () => {
      found ??= { address: find(request, peer, chain) }
      return found.address
    }
  }
}

function find({ headers }: Request, peer: Peer, chain: TrustedChain): string | undefined {
  const address = peer.address()
  // Most servers trust no proxy, and need not read the header.
  if (chain.proxies.length === 0 && !address?.includes(':')) return address
  return findClientAddress(address, headers.get(chain.header), chain)
}
