import { OAuthError } from '../protocol/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { revokeApiKey } from './api-keys/api-key-records.ts'
import { revokeToken } from './revocations.ts'
import { isApiKey, type TokenClaims } from './token-claims.ts'

interface RevokeDeps {
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Revokes the token, or the API key that it stands for, with all of its tokens. Throws StorageError. */
export async function revokeByClaims(
  claims: TokenClaims,
  tenantId: string,
  { storage, now }: RevokeDeps,
): Promise<void> {
  if (!isApiKey(claims))
    return revokeToken(storage, tenantId, { jti: claims.jti, exp: claims.exp, now: now() })
  await revokeApiKey(storage, tenantId, { id: claims.sub, now: now() }).catch((error: unknown) => {
    // If the key does not exist, its tokens are not valid.
    if (!(error instanceof OAuthError) || error.code !== 'not_found') throw error
  })
}
