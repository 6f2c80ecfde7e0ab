import type { NamedProxy } from './proxy.ts'

/** A server that did not answer. */
export interface Unreached {
  readonly url: URL
  readonly cause: unknown
  readonly proxy: NamedProxy | undefined
}

type Explain = (unreached: Unreached) => string

const anotherServer = 'name another server with --url URL'

/** Texts of the runtimes (codes of Bun, words of Deno) and what they mean. The first match counts. */
const faults: readonly (readonly [pattern: RegExp, explain: Explain])[] = [
  [
    /TimeoutError/,
    () => 'no answer within 10 seconds; is it grantd that has the port, and does a firewall let you through?',
  ],
  [
    /ERR_PROXY_TUNNEL/,
    () => 'the proxy refuses to reach it; put the server into NO_PROXY, or ask who runs the proxy',
  ],
  [
    /ENOTFOUND|EAI_|dns error/,
    ({ url, proxy }) =>
      `no address is known for ${nameOf(url, proxy)}; correct the name, or ${anotherServer}`,
  ],
  [
    /ECONNREFUSED|Connection refused|os error 111/,
    ({ proxy }) =>
      proxy ? 'nothing listens at the proxy' : `is grantd running there? Start it, or ${anotherServer}`,
  ],
  [/ENETUNREACH|EHOSTUNREACH|os error 1(?:01|13)/, () => `this machine knows no way there; ${anotherServer}`],
  [
    /EPROTO|WRONG_VERSION_NUMBER|InvalidContentType/,
    ({ url }) => `no TLS is spoken there; write http://${url.host}, or name the port that speaks TLS`,
  ],
  [
    /ALTNAME_INVALID|NotValidForName/,
    ({ url }) =>
      `its certificate is of another name than ${url.hostname}; name the server as the certificate does`,
  ],
  [/CERT_HAS_EXPIRED|Expired/, () => 'its certificate has expired; renew it'],
  [/CERT_NOT_YET_VALID|NotValidYet/, () => 'its certificate is not valid yet; compare the clocks'],
  [
    /UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|invalid peer certificate/,
    () =>
      'nobody whom this machine trusts vouches for its certificate; name a file with that of its authority in NODE_EXTRA_CA_CERTS',
  ],
  [
    /ECONNRESET|connection closed|os error 104|unexpected message|handshake eof/,
    ({ url }) =>
      url.protocol === 'http:'
        ? `it closes the connection without an answer; if that port speaks TLS, write https://${url.host}`
        : 'it closes the connection without an answer; look at what has the port',
  ],
]

function nameOf(url: URL, proxy: NamedProxy | undefined): string {
  return proxy ? `the proxy or for ${url.hostname}` : url.hostname
}

/** `Cannot reach http://...: why; what to do`. */
export function explainUnreached(unreached: Unreached): string {
  const { url, cause, proxy } = unreached
  const way = proxy ? ` through the proxy of ${proxy.variable}` : ''
  const told = describe(cause)
  const explain = faults.find(([pattern]) => pattern.test(told))?.[1]
  return `Cannot reach ${url.origin}${way}: ${explain?.(unreached) ?? `it does not answer; ${anotherServer}`}`
}

/** The texts of an error and its causes, for matching only: they may contain the URL of a proxy, so they are never shown. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  return [cause.name, code, cause.message, cause.cause === undefined ? '' : describe(cause.cause)].join(' ')
}
