import type { Hashing } from '../platform/hashing.ts'

/**
 * Generated secrets look like `gds_<43 characters><6 characters>`: 256 random bits in base 62, then a checksum of the characters before
 * it. Scanners of repositories find secrets by their shape and recognize real ones by the checksum.
 */
const prefix = 'gds_'
const randomLength = 43
const checksumLength = 6

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A new secret of 256 random bits, with a prefix by which scanners find it and a checksum. */
export function generateSecret(randomBytes: (count: number) => Uint8Array, hashing: Hashing): string {
  const body = prefix + toBase62(randomBytes(32), randomLength)
  return body + checksum(body, hashing)
}

/** Whether the text is a secret that {@link generateSecret} can have made. */
export function isGeneratedSecret(text: string, hashing: Hashing): boolean {
  const shape = new RegExp(`^${prefix}[0-9A-Za-z]{${randomLength + checksumLength}}$`)
  const body = text.slice(0, -checksumLength)
  return shape.test(text) && text.endsWith(checksum(body, hashing))
}

/** The first 32 bits of SHA-256, in base 62. */
function checksum(body: string, hashing: Hashing): string {
  return toBase62(hashing.sha256(body).subarray(0, 4), checksumLength)
}

function toBase62(bytes: Uint8Array, length: number): string {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  let text = ''
  for (let index = 0; index < length; index++) {
    text = (digits[Number(number % 62n)] ?? '') + text
    number /= 62n
  }
  return text
}
