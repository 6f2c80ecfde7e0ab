import type { Hashing } from '../../platform/hashing.ts'
import type { ClientJwk } from '../../protocol/client-jwks.ts'
import type { SecretHash } from '../../secrets/secret-checker.ts'
import { type Client, type Credentials, credentialsOf, noCredentials } from '../client.ts'

/** Chooses the dummy credentials for a client id. */
export type FindDummy = (clientId: string) => Credentials

/**
 * Makes an unknown client id look like a known one. Some clients of a tenant have a fast hash and some a slow one, some have several
 * secrets, and some have keys. So an unknown id is checked against the credentials of one of the tenant's own clients. Each kind is
 * chosen in proportion. The same id always gets the same credentials, at every replica and after every restart, because the choice
 * depends only on the id and on a secret part of the configuration.
 */
export function createDummies(clients: readonly Client[], hashing: Hashing): FindDummy {
  const sorted = [...clients].sort((a, b) => (a.id < b.id ? -1 : 1)).map(credentialsOf)
  const [first = emptyTenantDummy] = sorted
  // If all clients cost the same, there is nothing to choose.
  if (sorted.every((each) => costOf(each) === costOf(first))) return always(first)
  const key = hashing.sha256(findHidden(sorted))
  return (clientId) => {
    const digest = hashing.hmacSha256(key, clientId)
    const number = new DataView(digest.buffer, digest.byteOffset).getUint32(0)
    return sorted[number % sorted.length] ?? first
  }
}

/** A separate function, because a closure in createDummies would keep the credentials of every client in memory. */
function always(dummy: Credentials): FindDummy {
  return () => dummy
}

/** The secret part of the choice: the first hash of a secret. If clients have only keys, the first key has to do, although it is public. */
function findHidden(sorted: readonly Credentials[]): Uint8Array | string {
  const hash = sorted.find(({ secrets }) => secrets.length > 0)?.secrets[0]?.hash
  if (hash) return hash.kind === 'sha256' ? hash.digest : hash.text
  return JSON.stringify(sorted[0]?.jwks)
}

const emptyTenantDummy: Credentials = {
  ...noCredentials,
  secrets: [
    { id: '', hash: { kind: 'sha256', digest: new Uint8Array(32) }, notBefore: null, expiresAt: null },
  ],
}

/** The part of the credentials that decides how long they take. */
function costOf({ secrets, jwks }: Credentials): string {
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
