import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { notesOf } from './request-notes.ts'

/**
 * The active tenant that a path names. Throws `tenant_not_found`, in the same bytes, for an unknown and for an
 * inactive one.
 */
export function getTenant(request: Request, id: string, { tenants }: Pick<Deps, 'tenants'>): Tenant {
  // The router decodes %74est to test, and no id holds a percent sign. What the server resolves before anybody here sees
  // it, dot segments and backslashes, cannot be told any more.
  const { pathname } = new URL(request.url)
  const tenant = pathname.includes('%') ? undefined : tenants.find(id)
  if (!tenant) throw tenantNotFound()
  notesOf(request).tenant = tenant.id
  return tenant
}

/** Like {@link getTenant}, for what only a tenant with oauth2 has: one without is answered as unknown. */
export function getOAuth2Tenant(
  request: Request,
  id: string,
  deps: Pick<Deps, 'tenants'>,
): { tenant: Tenant; oauth2: OAuth2Settings } {
  const tenant = getTenant(request, id, deps)
  if (!tenant.oauth2) throw tenantNotFound()
  return { tenant, oauth2: tenant.oauth2 }
}

function tenantNotFound(): OAuthError {
  return new OAuthError('tenant_not_found', 'Tenant not found')
}
