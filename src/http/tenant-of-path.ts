import type { Deps } from '../deps.ts'
import { type Finding, OAuthError } from '../protocol/errors.ts'
import type { OAuth2Tenant, Tenant } from '../tenants/tenant.ts'
import { notesOf } from './request/request-notes.ts'

/**
 * The active tenant that a path names. Throws the same `tenant_not_found` for an unknown tenant and for an inactive one.
 */
export async function getTenant(request: Request, id: string, { tenants }: TenantDeps): Promise<Tenant> {
  return known(request, isOneSpelling(request) ? await tenants.find(id) : undefined)
}

/** Like {@link getTenant}, for public documents, which are also available while the storage is away. */
export async function getTenantOfDocument(
  request: Request,
  id: string,
  { tenants }: TenantDeps,
): Promise<Tenant> {
  return known(request, isOneSpelling(request) ? await tenants.findForDocuments(id) : undefined)
}

type TenantDeps = Pick<Deps, 'tenants'>

/**
 * Whether the path has no percent sign. The router decodes %74est to test, but a tenant id has exactly one spelling. The server
 * resolves dot segments and backslashes before this code runs, so they cannot be found here.
 */
function isOneSpelling({ url }: Request): boolean {
  return !url.includes('%') || !new URL(url).pathname.includes('%')
}

function known(request: Request, tenant: Tenant | undefined): Tenant {
  if (!tenant) throw tenantNotFound({ check: 'tenant', saw: noTenant, wanted: 'the id of an active tenant' })
  notesOf(request).tenant = tenant.id
  return tenant
}

/** Like {@link getTenant}, for endpoints of OAuth. Also throws `tenant_not_found` for a tenant without oauth2. */
export async function getOAuth2Tenant(request: Request, id: string, deps: TenantDeps): Promise<OAuth2Tenant> {
  return withOAuth2(await getTenant(request, id, deps))
}

const noTenant = 'a path whose tenant does not exist or is not active, or is written with a percent sign'

/** The tenant with its settings of tokens. Throws `tenant_not_found` for a tenant that issues none. */
export function withOAuth2(tenant: Tenant): OAuth2Tenant {
  if (!tenant.oauth2)
    throw tenantNotFound({
      check: 'tenant',
      saw: 'a tenant that issues no tokens',
      wanted: 'oauth2 of the tenant',
    })
  return { tenant, oauth2: tenant.oauth2 }
}

export function tenantNotFound(finding?: Finding): OAuthError {
  return new OAuthError('tenant_not_found', 'Tenant not found', { finding })
}
