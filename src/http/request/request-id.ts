const sane = /^[A-Za-z0-9._-]{1,128}$/

/** Returns the X-Request-Id of the sender if its form is valid, otherwise a new id. */
export function resolveRequestId(given: string | null, newId: () => string): string {
  return given !== null && sane.test(given) ? given : newId()
}

/** Ids per call of randomBytes. */
const atOnce = 256
/** 128 bits, in hexadecimal digits. */
const digits = 32

/** Makes ids of 128 random bits each. */
export function createRequestIds(randomBytes: (count: number) => Uint8Array): () => string {
  let text = ''
  let at = 0
  return () => {
    if (at === text.length) {
      text = randomBytes((atOnce * digits) / 2).toHex()
      at = 0
    }
    at += digits
    return text.slice(at - digits, at)
  }
}
