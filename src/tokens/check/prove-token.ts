import { JwtExpired, JwtInvalid, verifyJwtByKey } from '../../keys/jwt.ts'
import { readTokenClaims, type TokenClaims } from '../token-claims.ts'
import { typesOf } from './find-issuer.ts'
import { invalidToken, tokenExpired } from './invalid-token.ts'
import type { ReadToken } from './read-token.ts'
import { type Proof, type RecallDeps, recallToken } from './recall-token.ts'
import { findExpired, findUnproven } from './token-findings.ts'

export interface ProveDeps extends RecallDeps {
  /** See Deps.expiryCutoff. */
  readonly expiryCutoff: () => number
}

/**
 * Step 3 of a token check. Checks that a key of the tenant signed the token, that iss and typ are those of the tenant, and that the token
 * is valid now. Returns its claims. Throws `invalid_token`.
 */
export async function proveToken(read: ReadToken, proof: Proof, deps: ProveDeps): Promise<TokenClaims> {
  const claims = recallToken(read, proof, deps) ?? (await verify(read, proof, deps))
  if (claims.exp !== undefined && claims.exp * 1000 <= deps.expiryCutoff())
    throw tokenExpired(findExpired(claims, proof.issuer.tenant.id, deps.now()))
  return claims
}

async function verify(
  read: ReadToken,
  proof: Proof,
  { now, verifiedTokens }: ProveDeps,
): Promise<TokenClaims> {
  const { text } = read
  const { tenant, oauth2, keys } = proof.issuer
  const { toRevoke } = proof
  const { key, typ, ...verified } = await verifyJwtByKey(text, {
    keys,
    issuer: tenant.issuer,
    types: typesOf(oauth2),
    now: now(),
    // An API key may live for ever. readTokenClaims checks that an access token has an exp.
    requireExpiry: false,
    allowFuture: toRevoke,
  }).catch((cause: unknown) => refuse(cause, { read, proof, now: now() }))
  const claims = readTokenClaims(verified.claims)
  if (!claims) throw invalidToken('not the claims of an access token', { ...otherClaims, tenant: tenant.id })
  // A token with nbf is not remembered, because its nbf would have to be checked each time. grantd issues none.
  if (!toRevoke && !('nbf' in claims)) verifiedTokens.keep(text, { key, typ, claims })
  return claims
}

const otherClaims = {
  check: 'claims',
  saw: 'the claims of another kind of token, such as an ID token',
  wanted: 'an access token or an API key',
} as const

interface Unproven {
  readonly read: ReadToken
  readonly proof: Proof
  readonly now: number
}

function refuse(cause: unknown, { read, proof, now }: Unproven): never {
  if (cause instanceof JwtExpired)
    throw tokenExpired(findExpired(read.said?.claims ?? {}, proof.issuer.tenant.id, now), cause)
  if (!(cause instanceof JwtInvalid)) throw cause
  throw invalidToken(
    'refused by the verifier',
    findUnproven(read, proof, { code: cause.message, now }),
    cause,
  )
}
