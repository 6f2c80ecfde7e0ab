import { OAuthError } from '../protocol/errors.ts'
import type { Storage } from '../storage/storage.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { revokeTokensOfClient, revokeTokensOfTenant } from './revocations.ts'
import { revokeByClaims } from './revoke-token.ts'
import type { TokenClaims } from './token-claims.ts'
import { type VerifyToRevokeDeps, verifyTokenToRevoke } from './verify.ts'

export interface RevokeIssuedOptions {
  /** Undefined: the tokens of every client of the tenant. */
  readonly clientId: string | undefined
  /** Milliseconds since the epoch; undefined: now. */
  readonly before: number | undefined
}

/**
 * Revokes all tokens and API keys that were issued at or before `before`, and returns the time (ms). The client may be deleted already.
 * Throws `invalid_request` for a time in the future, because that is probably a mistake.
 */
export async function revokeIssued(
  { clientId, before }: RevokeIssuedOptions,
  tenantId: string,
  { storage, now }: { storage: Storage; now: () => number },
): Promise<number> {
  const time = before ?? now()
  if (time > now()) throw new OAuthError('invalid_request', 'The field before must not be in the future')
  const seconds = Math.floor(time / 1000)
  if (clientId === undefined) await revokeTokensOfTenant(storage, tenantId, { before: seconds })
  else await revokeTokensOfClient(storage, tenantId, { clientId, before: seconds })
  return seconds * 1000
}

export type RevokeOneDeps = VerifyToRevokeDeps & { readonly storage: Storage }

/**
 * Revokes one token of the tenant, or its API key, and returns the claims. Throws `invalid_request` for a text that is no valid token
 * of the tenant, so that a typing error does not look like success.
 */
export async function revokeOne(token: string, tenant: Tenant, deps: RevokeOneDeps): Promise<TokenClaims> {
  const claims = await verify(token, tenant, deps)
  await revokeByClaims(claims, tenant.id, deps)
  return claims
}

async function verify(token: string, tenant: Tenant, deps: RevokeOneDeps): Promise<TokenClaims> {
  const { oauth2 } = tenant
  try {
    if (oauth2) return await verifyTokenToRevoke(token, { tenant, oauth2 }, deps)
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_token') throw error
  }
  throw new OAuthError('invalid_request', 'The field token is no token of this tenant, or has expired')
}
