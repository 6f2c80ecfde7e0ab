import type { Hashing } from '../platform/hashing.ts'
import type { SecretHash } from '../secrets/secret-checker.ts'
import type { Client, ClientSecret } from './client.ts'

/** Chooses the secrets that an unknown client id is checked against. */
export type FindDummySecrets = (clientId: string) => readonly ClientSecret[]

/**
 * Some clients of a tenant have a fast hash and some a slow one, and some have several, so what an unknown id is checked
 * against decides whether it can be told from a known one. It gets the secrets of one of the tenant's own clients, each
 * kind in proportion, always the same for the same id, here and at every replica and after every restart: the choice
 * depends on the id and on what only the configuration knows.
 */
export function createDummySecrets(clients: readonly Client[], hashing: Hashing): FindDummySecrets {
  const sorted = [...clients].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ secrets }) => secrets)
  const [first = emptyTenantDummy] = sorted
  // With one kind there is nothing to choose, and nothing to pay.
  if (sorted.every((secrets) => costOf(secrets) === costOf(first))) return always(first)
  const [hash] = first.map((secret) => secret.hash)
  const key = hashing.sha256(hash?.kind === 'sha256' ? hash.digest : (hash?.text ?? ''))
  return (clientId) => {
    const digest = hashing.hmacSha256(key, clientId)
    const number = new DataView(digest.buffer, digest.byteOffset).getUint32(0)
    return sorted[number % sorted.length] ?? first
  }
}

/** A function of its own: one made above would keep the secrets of every client in memory. */
function always(secrets: readonly ClientSecret[]): FindDummySecrets {
  return () => secrets
}

const emptyTenantDummy: readonly ClientSecret[] = [
  {
    id: '',
    hash: { kind: 'sha256', digest: new Uint8Array(32) },
    notBefore: null,
    expiresAt: null,
  },
]

/** The part of the secrets that decides how long they take. */
function costOf(secrets: readonly ClientSecret[]): string {
  return secrets
    .map(({ hash, notBefore, expiresAt }) => `${costOfHash(hash)} ${notBefore} ${expiresAt}`)
    .join(', ')
}

/** Algorithm and parameters, without salt and digest. */
function costOfHash(hash: SecretHash): string {
  return hash.kind === 'sha256'
    ? hash.kind
    : hash.text
        .split('$')
        .slice(0, hash.text.startsWith('$2') ? 3 : 4)
        .join('$')
}
