import type { AuditSink } from '../protocol/audit-events.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { type RevokeOneDeps, revokeOne } from '../tokens/revoke-issued.ts'
import { isApiKey, type TokenClaims } from '../tokens/token-claims.ts'
import { type Actor, recordChange } from './actor.ts'

export interface RevokedToken {
  readonly claims: TokenClaims
  /** Whether the token was an API key. */
  readonly isKey: boolean
  /** The id of the token or API key, as in the audit event. */
  readonly detail: Readonly<Record<string, string>>
}

/** Revokes one token of a tenant, or the API key that it stands for. Throws the errors of revokeOne. */
export async function revokeOneToken(
  { token, actor }: { token: string; actor: Actor },
  tenant: Tenant,
  deps: RevokeOneDeps & { readonly audit: AuditSink },
): Promise<RevokedToken> {
  const claims = await revokeOne(token, tenant, deps)
  const isKey = isApiKey(claims)
  const detail: Record<string, string> = isKey ? { api_key: claims.sub } : { jti: claims.jti }
  recordChange(
    isKey ? 'api_key.revoked' : 'token.revoked',
    { actor, tenantId: tenant.id, client: claims.client_id, detail },
    deps.audit,
  )
  return { claims, isKey, detail }
}
