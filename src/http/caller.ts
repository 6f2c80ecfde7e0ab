import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import { quoted } from '../protocol/finding-words.ts'
import { isApiKey } from '../tokens/token-claims.ts'
import { type VerifiedToken, verifyToken } from '../tokens/verify.ts'
import { bearerChallenge, withBearerToken } from './request/bearer.ts'
import { notesOf } from './request/request-notes.ts'

export interface Wanted {
  /** The caller needs one of them. An error names the first. */
  readonly scopes: readonly [string, ...string[]]
  /** Tokens of other tenants are refused. Default: tokens of every tenant are accepted. */
  readonly tenantId?: string
  /** An access token of the body. Default: it is in the Authorization header. */
  readonly postedToken?: string | undefined
}

/**
 * Returns the verified token of the caller. It has the issuer as audience and one of the scopes, and its client still has this scope.
 * Throws `invalid_token` and `insufficient_scope` (RFC 6750 section 3.1).
 */
export async function getCaller(
  request: Request,
  { scopes, tenantId, postedToken }: Wanted,
  deps: Deps,
): Promise<VerifiedToken> {
  const verify = (token: string) => verifyToken(token, { tenantId }, deps)
  const verified = await withBearerToken(request, verify, { postedToken })
  const { claims } = verified
  const notes = notesOf(request)
  notes.clientId = claims.client_id
  notes.actor = isApiKey(claims) ? claims.sub : claims.client_id
  notes.callerTenant = verified.tenant.id
  if (!scopes.some((scope) => hasScope(verified, scope))) throw insufficientScope(scopes[0], verified)
  checkAudience(verified)
  return verified
}

/** An API must not be able to use here a token that it received. Throws `invalid_token`. */
function checkAudience({ claims, tenant }: VerifiedToken): void {
  if (claims.aud.includes(tenant.issuer)) return
  throw new OAuthError(
    'invalid_token',
    'The access token is for another API: its aud does not have the issuer',
    {
      challenge: bearerChallenge(),
      cause: new Error('the aud has not the issuer'),
      finding: {
        ...{ check: 'audience', tenant: tenant.id },
        saw: `aud ${quoted(claims.aud)}`,
        wanted: `an aud with the issuer ${quoted(tenant.issuer)}, as a token with a scope of this server has`,
      },
    },
  )
}

export function hasScope({ scopes }: VerifiedToken, scope: string): boolean {
  return scopes.includes(scope)
}

/** The error names the missing scope. That reveals nothing, because the caller knows its own token and client. */
function insufficientScope(scope: string, verified: VerifiedToken): OAuthError {
  const { claims, client, apiKey, ofPerson } = verified
  const challenge = bearerChallenge(scope)
  const finding = {
    ...{ check: 'scopes', tenant: verified.tenant.id },
    saw: `the token says ${quoted(claims.scope ?? '')}; of these, ${quoted(verified.scopes.join(' '))} count now`,
    wanted: `the scope ${scope}, in the token and among those of the client`,
  }
  const refuse = (sentence: string) => new OAuthError('insufficient_scope', sentence, { challenge, finding })
  if (!ofPerson && !client.scopes.includes(scope))
    return refuse(`The client does not have the scope ${scope}`)
  const isDisallowed = apiKey !== undefined && claims.scope?.split(' ').includes(scope)
  return isDisallowed
    ? refuse(`The tenant allows no API key the scope ${scope}`)
    : refuse(`The access token does not have the scope ${scope}`)
}
