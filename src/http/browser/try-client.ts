import type { Client } from '../../clients/client.ts'
import type { Deps } from '../../deps.ts'
import { hostInUrl } from '../../protocol/url/host.ts'
import { matchesRedirectUri } from '../../protocol/url/redirect-uri.ts'
import { isLoopbackUrl } from '../../protocol/url/uri.ts'
import { type Tenant, tenantPath } from '../../tenants/tenant.ts'

/** Whether the try page is served: `server.try_page`, which is on by default where the server listens on a loopback address. */
export function hasTryPage({
  try_page,
  host,
}: Pick<Deps['settings']['server'], 'try_page' | 'host'>): boolean {
  return try_page ?? isLoopbackUrl(`http://${hostInUrl(host)}`)
}

/** The URL of the try page of a tenant, which is also the redirect URI of its client. */
export function tryUrl({ id }: Pick<Tenant, 'id'>, { publicUrl }: Pick<Deps, 'publicUrl'>): string {
  return `${publicUrl}${tenantPath(id)}/try`
}

/** The client of the try page: the first public one of config.yaml with the URL of the page as a redirect URI; undefined: none. */
export function findTryClient(
  tenant: Tenant,
  { clients, publicUrl }: Pick<Deps, 'clients' | 'publicUrl'>,
): Client | undefined {
  return findPublicClient(tenant, tryUrl(tenant, { publicUrl }), clients)
}

/** The first public client of config.yaml that may sign people in and has `redirectUri`; undefined: none. */
export function findPublicClient(
  tenant: Tenant,
  redirectUri: string,
  clients: Deps['clients'],
): Client | undefined {
  if (!tenant.oauth2 || !tenant.oidc) return undefined
  return clients
    .of(tenant.id)
    .configured.find(
      ({ active, token_endpoint_auth_method: method, grant_types, redirect_uris }) =>
        active &&
        method === 'none' &&
        grant_types.includes('authorization_code') &&
        redirect_uris.some((uri) => matchesRedirectUri(uri, redirectUri)),
    )
}
