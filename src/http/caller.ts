import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import { isApiKey, type VerifiedToken, verifyToken, verifyTokenOf } from '../tokens/verify.ts'
import { realm, withBearerToken } from './bearer.ts'
import { notesOf } from './request-notes.ts'

/**
 * Whoever calls a route of ours with a token that has `scope`; with `tenantId`, of that tenant alone: a token of any other
 * is as good as none. Throws `invalid_token`, and `insufficient_scope` (RFC 6750 section 3.1).
 */
export async function getCaller(
  request: Request,
  { scope, tenantId }: { scope: string; tenantId?: string },
  deps: Deps,
): Promise<VerifiedToken> {
  const verified = await withBearerToken(request, (token) =>
    tenantId === undefined ? verifyToken(token, deps) : verifyTokenOf(tenantId, token, deps),
  )
  const { claims } = verified
  const notes = notesOf(request)
  notes.clientId = claims.client_id
  notes.actor = isApiKey(claims) ? claims.sub : claims.client_id
  notes.callerTenant = verified.tenant.id
  if (claims.scope?.split(' ').includes(scope)) return verified
  throw new OAuthError('insufficient_scope', 'The access token has not the scope that this takes', {
    challenge: { scheme: 'Bearer', realm, withError: true, scope },
  })
}
