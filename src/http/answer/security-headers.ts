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
