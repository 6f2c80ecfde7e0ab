import { clockLeeway } from '../../keys/jwt.ts'
import type { TenantKeys } from '../../keys/tenant-keys.ts'
import type { AccessTokenClaims } from '../../protocol/messages.ts'
import type { SignedTokens } from '../signed-tokens.ts'
import type { TokenClaims } from '../token-claims.ts'
import type { RememberedToken, VerifiedTokens } from '../verified-tokens.ts'
import { type TokenIssuer, typesOf } from './find-issuer.ts'
import type { ReadToken } from './read-token.ts'

export interface RecallDeps {
  readonly verifiedTokens: VerifiedTokens
  /** Default: this process has signed no token. */
  readonly signedTokens?: SignedTokens
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The conditions for the proof of a token. */
export interface Proof {
  readonly issuer: TokenIssuer
  /**
   * True: the token is about to be revoked, so its iat may be in the future. Otherwise a token that was issued by a clock ahead of time
   * could not be revoked and would become valid later.
   */
  readonly toRevoke: boolean
}

/**
 * Returns the claims of a token whose signature this process made or checked before, if everything else is still valid. Undefined: the
 * token has to be verified, which also finds the fault. This only saves time. Without it, every token is verified.
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
    // Compares the key object and not only the kid, because the key may have left the ring, or another key may have its kid.
    keys.find(key.kid) === key &&
    typesOf(oauth2).includes(typ) &&
    claims.iss === tenant.issuer &&
    (claims.exp === undefined || claims.exp > Math.floor(deps.now() / 1000)) &&
    (toRevoke || claims.iat * 1000 <= deps.now() + clockLeeway)
  return isOfNow ? claims : undefined
}

/** Finds a token that this process signed itself. The digest of its bytes proves its content. */
function findSigned(
  { text, said }: ReadToken,
  keys: TenantKeys,
  { signedTokens }: Pick<RecallDeps, 'signedTokens'>,
): RememberedToken | undefined {
  const key = signedTokens && said && keys.find(said.kid)
  if (!said?.typ || !key || !signedTokens.has(text, key)) return undefined
  return { key, typ: said.typ, claims: said.claims as AccessTokenClaims }
}
