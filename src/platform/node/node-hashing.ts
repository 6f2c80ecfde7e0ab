import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Hashing } from '../hashing.ts'

/** Hashes with node:crypto, for a runtime without a faster way. */
export const nodeHashing: Hashing = {
  sha256: (data) => hash('sha256', data, 'buffer'),
  sha384: (data) => hash('sha384', data, 'buffer'),
  sha512: (data) => hash('sha512', data, 'buffer'),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}
