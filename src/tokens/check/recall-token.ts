import type { TenantKeys } from '../../keys/tenant-keys.ts'
import type { AccessTokenClaims } from '../../protocol/messages.ts'
import type { SignedTokens } from '../signed-tokens.ts'
import type { TokenClaims } from '../token-claims.ts'
import type { RememberedToken, VerifiedTokens } from '../verified-tokens.ts'
import { type TokenIssuer, typesOf } from './find-issuer.ts'
import type { ReadToken } from './read-token.ts'

export interface RecallDeps {
  readonly verifiedTokens: VerifiedTokens
  /** Left out: this process has signed none. */
  readonly signedTokens?: SignedTokens
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What a token has to be proved against. */
export interface Proof {
  readonly issuer: TokenIssuer
  /**
   * The token is about to be revoked: it may have been issued later than now. What a clock that was ahead issued must not become good
   * later.
   */
  readonly toRevoke: boolean
}

/**
 * The claims of a token whose signature was made or checked here before, if everything that can have changed since then is right;
 * undefined: the token has to be verified, which says what is wrong with it. A speed trick: without it, every token is verified.
 */
export function recallToken(
  read: ReadToken,
  { issuer: { tenant, oauth2, keys }, toRevoke }: Proof,
  deps: RecallDeps,
): TokenClaims | undefined {
  const found = read.remembered ?? findSigned(read, keys, deps)
  if (!found) return undefined
  // A token that is about to be revoked will not be checked again.
  if (!read.remembered && !toRevoke) deps.verifiedTokens.keep(read.text, found)
  const { key, typ, claims } = found
  const isOfNow =
    // The very key, not one of its kid: it may have left the ring, or another one may have its place.
    keys.find(key.kid) === key &&
    typesOf(oauth2).includes(typ) &&
    claims.iss === tenant.issuer &&
    (claims.exp === undefined || claims.exp > Math.floor(deps.now() / 1000)) &&
    (toRevoke || claims.iat * 1000 <= deps.now())
  return isOfNow ? claims : undefined
}

/** A token that this process signed itself: the digest of its bytes proves what it says. */
function findSigned(
  { text, said }: ReadToken,
  keys: TenantKeys,
  { signedTokens }: Pick<RecallDeps, 'signedTokens'>,
): RememberedToken | undefined {
  const key = signedTokens && said && keys.find(said.kid)
  if (!said?.typ || !key || !signedTokens.has(text, key)) return undefined
  return { key, typ: said.typ, claims: said.claims as AccessTokenClaims }
}
