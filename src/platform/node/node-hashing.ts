import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Hashing } from '../hashing.ts'

/** Hashes by node:crypto, for a runtime that has nothing faster. */
export const nodeHashing: Hashing = {
  sha256: (data) => hash('sha256', data, 'buffer'),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}
