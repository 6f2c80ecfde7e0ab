import { isInSubnet } from '../../protocol/url/ip-address.ts'
import { fault, ok, unknown, type Verdict, warning } from '../finding.ts'

export interface ProxyHost {
  /** What the request is sent through. */
  readonly base: string
  /** `server.trusted_proxies`. */
  readonly trusted: readonly string[]
  readonly header: 'x-forwarded-for' | 'forwarded'
  /** Whether public_url is https while the server itself speaks plain http: then a proxy is in front. */
  readonly isBehindProxy: boolean
  /** Sends a request that is refused, with this address as the one before the proxies, and says which address the server noted for it. */
  readonly probe: (spoofed: string | undefined) => Promise<Probed>
}

/** The address that the server noted, or why nothing of the request was found. */
export type Probed = { readonly seen: string } | { readonly why: string }

/** An address of RFC 5737, which nobody has. */
const spoofed = '192.0.2.177'

/** Finds out whether the server believes an address that a sender made up, and whether it learns the true one. */
export async function checkProxy(host: ProxyHost): Promise<Verdict[]> {
  const { base, trusted, header, isBehindProxy, probe } = host
  if (trusted.length === 0) {
    if (!isBehindProxy)
      return [ok('server.trusted_proxies is empty, and no proxy is seen: no header names a sender')]
    return [
      warning(
        'a proxy is in front, because public_url is https and the server speaks plain http, and server.trusted_proxies is empty: all senders count as one, the proxy; name its address there',
      ),
    ]
  }
  const plain = await probe(undefined)
  if ('why' in plain) return [unseen(plain.why)]
  const own = plain.seen
  if (trusted.some((range) => isInSubnet(own, range))) {
    return [
      unknown(
        `whether ${header} is passed on and cleaned was not checked: the server saw this command at ${own}, which server.trusted_proxies trusts; run it on another machine. If that is one already, the proxy does not write ${header}`,
      ),
    ]
  }
  const lying = await probe(spoofed)
  if ('why' in lying) return [unseen(lying.why)]
  const { seen } = lying
  if (seen === spoofed) {
    return [
      fault(
        `the server believed the ${header} of a sender through ${base}: it took ${spoofed}, wanted ${own}; a sender escapes limits and writes any address into the audit trail. Let the proxy append or overwrite ${header}, and trust only its own address`,
      ),
    ]
  }
  return [
    ok(`through ${base} the server sees this machine at ${seen}, whatever the sender writes in ${header}`),
  ]
}

function unseen(why: string): Verdict {
  return unknown(`what the proxies tell was not seen: ${why}`)
}
