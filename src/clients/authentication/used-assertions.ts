import type { Hashing } from '../../platform/hashing.ts'

import type { Storage } from '../../storage/storage.ts'
import { usedAssertions } from '../client-row.ts'

interface UsedAssertion {
  readonly clientId: string
  readonly jti: string
  /** The time from which every process refuses the assertion, in milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface UsedAssertionsDeps {
  readonly tenantId: string
  readonly storage: Storage
  readonly hashing: Hashing
}

/**
 * Uses up an assertion. Returns true for the first use of this `jti` by this client, and false for every other one. Exactly one process
 * gets true, because one statement writes the row, which is durable before the answer. Throws StorageError.
 */
export function consumeAssertion(
  { clientId, jti, expiresAt }: UsedAssertion,
  { tenantId, storage, hashing }: UsedAssertionsDeps,
): Promise<boolean> {
  // The id is a digest, because the client chooses the jti: it may be long and have any characters.
  const id = hashing.sha256(JSON.stringify([clientId, jti])).toHex()
  return storage.of(tenantId).of(usedAssertions).create({ id, value: {}, expiresAt })
}
