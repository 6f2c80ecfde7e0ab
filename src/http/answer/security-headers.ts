import { isLoopbackUrl } from '../../protocol/url/uri.ts'

/** The headers of an answer that is not a page. The answer runs nothing, no frame shows it, and browsers do not guess its type. */
const byDefault: readonly (readonly [name: string, value: string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
]

/** Adds the security headers that the answer does not set itself. */
export function addSecurityHeaders(headers: Headers): void {
  for (const [name, value] of byDefault) {
    if (!headers.has(name)) headers.set(name, value)
  }
}

/**
 * The value of Strict-Transport-Security (RFC 6797); undefined: no answer has it. Browsers keep it for the host, so it is sent only where
 * this server speaks TLS itself and the host is not that of every developer's machine.
 */
export function hstsOf(publicUrl: string, tls: { readonly hsts: number } | undefined): string | undefined {
  if (!tls || tls.hsts === 0 || !publicUrl.startsWith('https:') || isLoopbackUrl(publicUrl)) return undefined
  return `max-age=${tls.hsts}`
}
