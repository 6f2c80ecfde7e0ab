import { forgetConsents } from '../../consents/consents.ts'
import type { Storage } from '../../storage/storage.ts'
import { revokeTokensOfClient } from '../../tokens/revocations.ts'
import { revokeApiKeysOf } from './revoke-api-keys.ts'

/**
 * Ends what an earlier client of this id left, so that a new one inherits no token, API key or consent. Call it in the transaction that
 * makes the new one.
 */
export async function endEarlierClient(
  inside: Storage,
  tenantId: string,
  { clientId, now }: { readonly clientId: string; readonly now: number },
): Promise<void> {
  // The new client's own tokens are issued in this second at the earliest.
  await revokeTokensOfClient(inside, tenantId, { clientId, before: Math.floor(now / 1000) - 1 })
  await revokeApiKeysOf(inside, tenantId, { clientId, now })
  await forgetConsents({ tenantId, clientId }, { storage: inside, now: () => now })
}
