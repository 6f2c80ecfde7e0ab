import type { Hashing } from '../platform/platform.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { ApiKeyClaims } from '../protocol/messages.ts'
import type { LastUse } from '../storage/last-use.ts'
import { apiKeys } from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import type { Tenant } from '../tenants/tenant.ts'

type ApiKey = (typeof apiKeys.schema)['static']

interface StandingDeps {
  readonly storage: Storage
  readonly hashing: Hashing
  readonly lastUse: LastUse
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * The key that a token stands for: it is in the storage, the token is one of those that stand for it, and it was neither revoked
 * nor replaced; notes the use. Throws `invalid_token`.
 */
export async function getStandingApiKey(
  token: string,
  { claims, tenant }: { claims: ApiKeyClaims; tenant: Tenant },
  { storage, hashing, lastUse, now }: StandingDeps,
): Promise<ApiKey> {
  if (!tenant.apiKeys) throw refuse('the tenant has no API keys')
  const found = await storage.of(tenant.id).of(apiKeys).find(claims.sub)
  if (!found) throw refuse('the API key is unknown')
  const { revoked_at, tokens } = found.value
  if (revoked_at !== null) throw new OAuthError('invalid_token', 'API key has been revoked')
  const presented = tokens.find(({ jti }) => jti === claims.jti)
  if (!presented || presented.hash !== hashing.sha256(token).toHex())
    throw refuse('another token of the API key')
  if (presented.ends_at !== null && presented.ends_at <= now()) {
    throw new OAuthError('invalid_token', 'API key has been replaced')
  }
  lastUse.note({ tenantId: tenant.id, kind: apiKeys, id: claims.sub, at: now(), create: undefined })
  return found.value
}

function refuse(reason: string): OAuthError {
  return new OAuthError('invalid_token', 'The access token is invalid', { cause: new Error(reason) })
}
