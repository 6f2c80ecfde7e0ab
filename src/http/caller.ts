import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import { isApiKey } from '../tokens/token-claims.ts'
import { type VerifiedToken, verifyToken } from '../tokens/verify.ts'
import { realm, withBearerToken } from './request/bearer.ts'
import { notesOf } from './request/request-notes.ts'

export interface Wanted {
  /** One of them will do; a refusal names the first. */
  readonly scopes: readonly [string, ...string[]]
  /** A token of any other tenant is as good as none; left out: of any tenant. */
  readonly tenantId?: string
}

/**
 * Whoever calls a route of ours with a token for the issuer that has one of the scopes, which its client has now too. Throws `invalid_token`, and
 * `insufficient_scope` (RFC 6750 section 3.1).
 */
export async function getCaller(
  request: Request,
  { scopes, tenantId }: Wanted,
  deps: Deps,
): Promise<VerifiedToken> {
  const verified = await withBearerToken(request, (token) => verifyToken(token, { tenantId }, deps))
  const { claims } = verified
  const notes = notesOf(request)
  notes.clientId = claims.client_id
  notes.actor = isApiKey(claims) ? claims.sub : claims.client_id
  notes.callerTenant = verified.tenant.id
  if (!scopes.some((scope) => hasScope(verified, scope))) throw insufficientScope(scopes[0], verified)
  checkAudience(verified)
  return verified
}

/** An API that gets a token for itself must not be able to use it here. Throws `invalid_token`. */
function checkAudience({ claims, tenant }: VerifiedToken): void {
  if (claims.aud.includes(tenant.issuer)) return
  const challenge = { scheme: 'Bearer', realm, withError: true } as const
  throw new OAuthError(
    'invalid_token',
    'The access token is for another API: its aud does not have the issuer',
    {
      challenge,
      cause: new Error('the aud has not the issuer'),
    },
  )
}

export function hasScope({ scopes }: VerifiedToken, scope: string): boolean {
  return scopes.includes(scope)
}

/** The caller knows its own token and client, so what is missing is no news. */
function insufficientScope(scope: string, { claims, client, apiKey }: VerifiedToken): OAuthError {
  const challenge = { scheme: 'Bearer', realm, withError: true, scope } as const
  const refuse = (sentence: string) => new OAuthError('insufficient_scope', sentence, { challenge })
  if (!client.scopes.includes(scope)) return refuse(`The client does not have the scope ${scope}`)
  const isDisallowed = apiKey !== undefined && claims.scope?.split(' ').includes(scope)
  return isDisallowed
    ? refuse(`The tenant allows no API key the scope ${scope}`)
    : refuse(`The access token does not have the scope ${scope}`)
}
