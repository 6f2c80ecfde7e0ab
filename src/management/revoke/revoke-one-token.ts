import type { AuditSink } from '../../protocol/audit-events.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { endFamily } from '../../tokens/people/families.ts'
import { type FindFamilyDeps, findFamily } from '../../tokens/people/refresh.ts'
import { type RevokeOneDeps, revokeOne } from '../../tokens/revoke-issued.ts'
import { isApiKey } from '../../tokens/token-claims.ts'
import { type Actor, recordChange } from '../actor.ts'

export interface RevokedToken {
  readonly kind: 'token' | 'api_key' | 'refresh_token'
  /** The jti of a token, the id of an API key, or the family of a refresh token. */
  readonly id: string
  readonly clientId: string
  /** The id by its name, as in the audit event. */
  readonly detail: Readonly<Record<string, string>>
}

type Deps = RevokeOneDeps & FindFamilyDeps & { readonly audit: AuditSink }

/**
 * Revokes one token of a tenant: an access token, the API key that it stands for, or a refresh token with the access tokens of its sign-in.
 * Throws the errors of revokeOne.
 */
export async function revokeOneToken(
  { token, actor }: { token: string; actor: Actor },
  tenant: Tenant,
  deps: Deps,
): Promise<RevokedToken> {
  const revoked = (await revokeRefresh(token, tenant, deps)) ?? (await revokeSigned(token, tenant, deps))
  const { kind, clientId, detail } = revoked
  recordChange(`${kind}.revoked`, { actor, tenantId: tenant.id, client: clientId, detail }, deps.audit)
  return revoked
}

/** Undefined for a text that is no refresh token of the tenant. */
async function revokeRefresh(token: string, tenant: Tenant, deps: Deps): Promise<RevokedToken | undefined> {
  const found = await findFamily(token, tenant, deps)
  if (!found) return undefined
  const { familyId: id, family } = found
  await endFamily(id, tenant.id, deps)
  return { kind: 'refresh_token', id, clientId: family.client_id, detail: { family: id, sub: family.sub } }
}

async function revokeSigned(token: string, tenant: Tenant, deps: Deps): Promise<RevokedToken> {
  const claims = await revokeOne(token, tenant, deps)
  const { sub, jti, client_id: clientId } = claims
  return isApiKey(claims)
    ? { kind: 'api_key', id: sub, clientId, detail: { api_key: sub } }
    : { kind: 'token', id: jti, clientId, detail: { jti } }
}
