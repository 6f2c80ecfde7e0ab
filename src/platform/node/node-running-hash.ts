import { createHash } from 'node:crypto'
import type { RunningHash } from '../hashing.ts'

/** See Platform.startSha256. */
export function startSha256(): RunningHash {
  const hash = createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), finish: () => hash.digest('hex') }
}
