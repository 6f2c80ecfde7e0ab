import type { Hashing } from '../../platform/hashing.ts'
import type { ClientJwk } from '../../protocol/client-jwks.ts'
import type { SecretHash } from '../../secrets/secret-checker.ts'
import type { Client } from '../client.ts'

/** What authenticates a client. */
export type DummyCredentials = Pick<Client, 'secrets' | 'jwks'>

/** Chooses what an unknown client id is checked against. */
export type FindDummy = (clientId: string) => DummyCredentials

/**
 * Some clients of a tenant have a fast hash and some a slow one, some have several, and some have keys. So what an unknown id is checked
 * against decides whether it can be told from a known one. It gets the credentials of one of the tenant's own clients, each kind in
 * proportion, always the same for the same id, here and at every replica and after every restart: the choice depends on the id and on
 * what only the configuration knows.
 */
export function createDummies(clients: readonly Client[], hashing: Hashing): FindDummy {
  const sorted = [...clients]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ secrets, jwks }) => ({ secrets, jwks }))
  const [first = emptyTenantDummy] = sorted
  // With one kind there is nothing to choose, and nothing to pay.
  if (sorted.every((each) => costOf(each) === costOf(first))) return always(first)
  const key = hashing.sha256(findHidden(sorted))
  return (clientId) => {
    const digest = hashing.hmacSha256(key, clientId)
    const number = new DataView(digest.buffer, digest.byteOffset).getUint32(0)
    return sorted[number % sorted.length] ?? first
  }
}

/** A function of its own: one made above would keep the credentials of every client in memory. */
function always(dummy: DummyCredentials): FindDummy {
  return () => dummy
}

/** The first hash of a secret; where clients have keys alone, the first key is the best that there is. */
function findHidden(sorted: readonly DummyCredentials[]): Uint8Array | string {
  const hash = sorted.find(({ secrets }) => secrets.length > 0)?.secrets[0]?.hash
  if (hash) return hash.kind === 'sha256' ? hash.digest : hash.text
  return JSON.stringify(sorted[0]?.jwks)
}

const emptyTenantDummy: DummyCredentials = {
  secrets: [
    { id: '', hash: { kind: 'sha256', digest: new Uint8Array(32) }, notBefore: null, expiresAt: null },
  ],
  jwks: null,
}

/** The part of the credentials that decides how long they take. */
function costOf({ secrets, jwks }: DummyCredentials): string {
  const each = secrets.map(
    ({ hash, notBefore, expiresAt }) => `${costOfHash(hash)} ${notBefore} ${expiresAt}`,
  )
  return [...each, ...(jwks?.keys ?? []).map(costOfKey)].join(', ')
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

function costOfKey({ kty, crv, n, alg }: ClientJwk): string {
  return `${kty} ${crv ?? n?.length} ${alg}`
}
