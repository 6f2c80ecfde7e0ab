const sane = /^[A-Za-z0-9._-]{1,128}$/

/** The sender's X-Request-Id when it is sane, else a new one of 128 random bits. */
export function resolveRequestId(given: string | null, randomBytes: (count: number) => Uint8Array): string {
  return given !== null && sane.test(given) ? given : randomBytes(16).toHex()
}
