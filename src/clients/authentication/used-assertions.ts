import type { Hashing } from '../../platform/hashing.ts'

import type { Storage } from '../../storage/storage.ts'
import { usedAssertions } from '../client-row.ts'

interface UsedAssertion {
  readonly clientId: string
  readonly jti: string
  /** Milliseconds since the epoch, from which on nobody takes the assertion any more. */
  readonly expiresAt: number
}

export interface UsedAssertionsDeps {
  readonly tenantId: string
  readonly storage: Storage
  readonly hashing: Hashing
}

/**
 * Uses an assertion up. Of all that have this `jti` and this client, exactly one is `true`, whichever process asks: the row that it
 * leaves is one statement, which is durable before the answer. Throws StorageError.
 */
export function consumeAssertion(
  { clientId, jti, expiresAt }: UsedAssertion,
  { tenantId, storage, hashing }: UsedAssertionsDeps,
): Promise<boolean> {
  // A digest: a jti is a text of the client, long or odd as it may be.
  const id = hashing.sha256(JSON.stringify([clientId, jti])).toHex()
  return storage.of(tenantId).of(usedAssertions).create({ id, value: {}, expiresAt })
}
