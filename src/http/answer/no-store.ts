/** The headers of every answer with a token or a secret, and of every error (RFC 6749 section 5.1). `json` adds them. */
export const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const
