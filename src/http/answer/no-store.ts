/** For every answer that holds a token or a secret, and for every error (RFC 6749 section 5.1). `json` adds it by itself. */
export const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const
