/** For every answer that is not a page: nothing in it may run, be framed or be guessed to be something else. */
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
