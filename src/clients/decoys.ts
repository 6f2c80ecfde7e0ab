import type { SecretHash } from '../keys/secrets.ts'
import type { Hashing } from '../platform/platform.ts'
import type { Client } from './client.ts'

/** Chooses the hash that an unknown client id is checked against. */
export type FindDecoy = (clientId: string) => SecretHash

/**
 * Some clients of a tenant have a fast hash and some a slow one, so what an unknown id is checked against decides
 * whether it can be told from a known one. It gets a hash of one of the tenant's own kinds, in proportion, always the
 * same for the same id, here and at every replica and after every restart: the choice depends on the id and on what
 * only the configuration knows.
 */
export function createDecoys(clients: readonly Client[], hashing: Hashing): FindDecoy {
  const sorted = [...clients].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ secretHash }) => secretHash)
  const [first = emptyTenantDecoy] = sorted
  // With one kind there is nothing to choose, and nothing to pay.
  if (sorted.every((hash) => costOf(hash) === costOf(first))) return () => first
  const key = hashing.sha256(first.kind === 'sha256' ? first.digest : first.text)
  return (clientId) => {
    const digest = hashing.hmacSha256(key, clientId)
    const number = new DataView(digest.buffer, digest.byteOffset).getUint32(0)
    return sorted[number % sorted.length] ?? first
  }
}

const emptyTenantDecoy: SecretHash = { kind: 'sha256', digest: new Uint8Array(32) }

/** The part of a hash that decides how long it takes: algorithm and parameters, without salt and digest. */
function costOf(hash: SecretHash): string {
  return hash.kind === 'sha256'
    ? hash.kind
    : hash.text
        .split('$')
        .slice(0, hash.text.startsWith('$2') ? 3 : 4)
        .join('$')
}
