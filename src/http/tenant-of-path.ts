import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { notesOf } from './request/request-notes.ts'

/**
 * The active tenant that a path names. Throws `tenant_not_found`, in the same bytes, for an unknown and for an
 * inactive one.
 */
export async function getTenant(request: Request, id: string, { tenants }: TenantDeps): Promise<Tenant> {
  return known(request, isOneSpelling(request) ? await tenants.find(id) : undefined)
}

/** Like {@link getTenant}, for public documents: they are answered while the storage is away. */
export async function getTenantOfDocument(
  request: Request,
  id: string,
  { tenants }: TenantDeps,
): Promise<Tenant> {
  return known(request, isOneSpelling(request) ? await tenants.findForDocuments(id) : undefined)
}

type TenantDeps = Pick<Deps, 'tenants'>

/**
 * The router decodes %74est to test, and no id holds a percent sign. What the server resolves before anybody here sees
 * it, dot segments and backslashes, cannot be told any more.
 */
function isOneSpelling({ url }: Request): boolean {
  return !url.includes('%') || !new URL(url).pathname.includes('%')
}

function known(request: Request, tenant: Tenant | undefined): Tenant {
  if (!tenant) throw tenantNotFound()
  notesOf(request).tenant = tenant.id
  return tenant
}

export interface OAuth2Tenant {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
}

/** Like {@link getTenant}, for what only a tenant with oauth2 has: one without is answered as unknown. */
export async function getOAuth2Tenant(request: Request, id: string, deps: TenantDeps): Promise<OAuth2Tenant> {
  return withOAuth2(await getTenant(request, id, deps))
}

export function withOAuth2(tenant: Tenant): OAuth2Tenant {
  if (!tenant.oauth2) throw tenantNotFound()
  return { tenant, oauth2: tenant.oauth2 }
}

export function tenantNotFound(): OAuthError {
  return new OAuthError('tenant_not_found', 'Tenant not found')
}
