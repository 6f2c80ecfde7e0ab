import type { OAuth2Tenant, Tenant } from '../tenants/tenant.ts'
import { checkStanding, type Standing, type StandingDeps } from './check/check-standing.ts'
import { findIssuer, type IssuerDeps, openIssuer } from './check/find-issuer.ts'
import { type ProveDeps, proveToken } from './check/prove-token.ts'
import { readToken } from './check/read-token.ts'
import type { TokenClaims } from './token-claims.ts'

export type VerifyDeps = IssuerDeps & ProveDeps & StandingDeps

/** What a token that is about to be revoked needs. */
export type VerifyToRevokeDeps = Pick<IssuerDeps, 'keyring'> & ProveDeps

/** A token after all four steps of the check. */
export interface VerifiedToken extends Standing {
  readonly tenant: Tenant
  readonly claims: TokenClaims
}

export interface WantedToken {
  /** Only tokens of this tenant are accepted; others are refused and not noted there. Default: tokens of any tenant. */
  readonly tenantId?: string | undefined
}

/**
 * Checks an access token or an API key of an active tenant in four steps, each a file of check/: read the text; find its issuer; prove
 * the signature and the times; check revocation, client, API key and person. Throws `invalid_token` (RFC 6750 section 3.1), and
 * StorageError if revocations cannot be read.
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
 * Returns the claims of a token that is about to be revoked, after the first three steps. The tenant may be inactive, the token may be
 * revoked already, and its time of issue may be in the future. Throws `invalid_token`.
 */
export async function verifyTokenToRevoke(
  token: string,
  found: OAuth2Tenant,
  deps: VerifyToRevokeDeps,
): Promise<TokenClaims> {
  const read = readToken(token, deps)
  const issuer = await openIssuer(found, deps)
  return proveToken(read, { issuer, toRevoke: true }, deps)
}
