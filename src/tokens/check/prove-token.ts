import { JwtExpired, JwtInvalid, verifyJwtByKey } from '../../keys/jwt.ts'
import { readTokenClaims, type TokenClaims } from '../token-claims.ts'
import { typesOf } from './find-issuer.ts'
import { invalidToken, tokenExpired } from './invalid-token.ts'
import type { ReadToken } from './read-token.ts'
import { type Proof, type RecallDeps, recallToken } from './recall-token.ts'

export interface ProveDeps extends RecallDeps {
  /** Up to when (ms) expired rows are forgotten: a token that expired by then stays expired, whatever the clock says. */
  readonly expiryCutoff: () => number
}

/**
 * Step 3 of a token check: the claims of a token that a key of the tenant signed, whose iss and typ are those of the tenant, and whose
 * time has come and is not over. Throws `invalid_token`.
 */
export async function proveToken(read: ReadToken, proof: Proof, deps: ProveDeps): Promise<TokenClaims> {
  const claims = recallToken(read, proof, deps) ?? (await verify(read, proof, deps))
  if (claims.exp !== undefined && claims.exp * 1000 <= deps.expiryCutoff()) throw tokenExpired()
  return claims
}

async function verify(
  { text }: ReadToken,
  { issuer: { tenant, oauth2, keys }, toRevoke }: Proof,
  { now, verifiedTokens }: ProveDeps,
): Promise<TokenClaims> {
  const { key, typ, ...verified } = await verifyJwtByKey(text, {
    keys,
    issuer: tenant.issuer,
    types: typesOf(oauth2),
    now: now(),
    // An API key may live for ever; readTokenClaims wants the exp of an access token.
    requireExpiry: false,
    allowFuture: toRevoke,
  }).catch(explainError)
  const claims = readTokenClaims(verified.claims)
  if (!claims) throw invalidToken('not the claims of an access token')
  // We issue no nbf: a token that has one would have to be compared with the clock each time.
  if (!toRevoke && !('nbf' in claims)) verifiedTokens.keep(text, { key, typ, claims })
  return claims
}

function explainError(cause: unknown): never {
  if (cause instanceof JwtExpired) throw tokenExpired(cause)
  if (cause instanceof JwtInvalid) throw invalidToken('refused by the verifier', cause)
  throw cause
}
