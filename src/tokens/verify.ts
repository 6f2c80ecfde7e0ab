import type { Tenant } from '../tenants/tenant.ts'
import { checkStanding, type Standing, type StandingDeps } from './check/check-standing.ts'
import { findIssuer, type IssuerDeps, type OAuth2Tenant, openIssuer } from './check/find-issuer.ts'
import { type ProveDeps, proveToken } from './check/prove-token.ts'
import { readToken } from './check/read-token.ts'
import type { TokenClaims } from './token-claims.ts'

export type VerifyDeps = IssuerDeps & ProveDeps & StandingDeps

/** A token that was checked in all that it claims. */
export interface VerifiedToken extends Standing {
  readonly tenant: Tenant
  readonly claims: TokenClaims
}

export interface WantedToken {
  /** A token of any other tenant is refused, and leaves no trace there. Default: of any tenant. */
  readonly tenantId?: string | undefined
}

/**
 * Checks an access token or an API key of an active tenant, in four steps, each a file of check/: what it says, whose it has to be, whether
 * a key of that tenant signed it and its time is now, and whether it still stands. Throws `invalid_token` (RFC 6750 section 3.1), and
 * StorageError where what was revoked cannot be looked up.
 */
export async function verifyToken(
  token: string,
  wanted: WantedToken,
  deps: VerifyDeps,
): Promise<VerifiedToken> {
  const read = readToken(token, deps)
  const issuer = await findIssuer(read, wanted, deps)
  const claims = await proveToken(read, { issuer, toRevoke: false }, deps)
  const standing = await checkStanding(read, { claims, issuer }, deps)
  return { tenant: issuer.tenant, claims, ...standing }
}

/**
 * The claims of a token that this tenant signed and that is not expired, to revoke it: the first three steps, for a tenant that may be
 * inactive. The token may have been revoked before, and may have been issued later than now. Throws `invalid_token`.
 */
export async function verifyTokenToRevoke(
  token: string,
  found: OAuth2Tenant,
  deps: Pick<IssuerDeps, 'keyring'> & ProveDeps,
): Promise<TokenClaims> {
  const read = readToken(token, deps)
  const issuer = await openIssuer(found, deps)
  return proveToken(read, { issuer, toRevoke: true }, deps)
}
