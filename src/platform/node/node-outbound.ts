import { lookup } from 'node:dns/promises'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Outbound, OutboundPost } from '../outbound.ts'

export interface OutboundOptions {
  /** PEM certificates of authorities to trust, for tests. Default: those of the system. */
  readonly authorities?: string
}

/** Requests by node:http and node:https, which connect to an address and check the certificate for another name, unlike `fetch`. */
export function nodeOutbound({ authorities }: OutboundOptions = {}): Outbound {
  return {
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    post: (request) => post(request, authorities),
  }
}

function post({ url, address, form, userAgent, signal }: OutboundPost, ca: string | undefined) {
  const { protocol, hostname, host, port, pathname, search } = new URL(url)
  const isTls = protocol === 'https:'
  const body = form.toString()
  const options = {
    // An agent of its own, so that no connection is kept and none of another name is used.
    ...{ method: 'POST', agent: false, host: address, port: port || (isTls ? 443 : 80) },
    ...{ path: pathname + search, signal, ...(ca !== undefined && { ca }) },
    headers: {
      Host: host,
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(new TextEncoder().encode(body).length),
      'User-Agent': userAgent,
    },
  }
  // An address has no server name (RFC 6066 section 3): the certificate has to name the address.
  const servername = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) ? {} : { servername: hostname }
  return new Promise<number>((resolve, reject) => {
    const request = isTls
      ? requestHttps({ ...options, ...servername, rejectUnauthorized: true })
      : requestHttp(options)
    request.on('error', reject)
    request.on('response', (response) => {
      response.on('error', () => {})
      resolve(response.statusCode ?? 0)
      request.destroy()
    })
    request.end(body)
  })
}
