import type { Hashing } from '../hashing.ts'

/** Hashes with Bun's own functions. They take half the time of node:crypto, and a start need not load node:crypto. */
export const bunHashing: Hashing = {
  sha256: (data) => Bun.SHA256.hash(data, new Uint8Array(32)) as Uint8Array,
  sha384: (data) => Bun.SHA384.hash(data, new Uint8Array(48)) as Uint8Array,
  sha512: (data) => Bun.SHA512.hash(data, new Uint8Array(64)) as Uint8Array,
  hmacSha256: (key, data) => {
    try {
      return hmac(key, data)
    } catch {
      // Bun 1.4 throws the error that a failed import of a key left on this thread, once. HMAC itself does not fail.
      return hmac(key, data)
    }
  },
  equal: (a, b) => a.length === b.length && crypto.timingSafeEqual(a, b),
}

function hmac(key: Uint8Array, data: string): Uint8Array {
  return new Bun.CryptoHasher('sha256', key).update(data).digest()
}
