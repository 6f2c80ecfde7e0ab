import { type Tenant, tenantPath } from '../../tenants/tenant.ts'
import { type LinkDeps, linkPath, makeLink, renderLink } from '../../users/password-links.ts'
import type { StoredUser } from '../../users/stored-person.ts'

/** A link that was made: it is shown only now. */
export interface OpenedLink {
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface OpenLinkDeps extends LinkDeps {
  readonly randomBytes: (count: number) => Uint8Array
  /** The base of links. */
  readonly publicUrl: string
}

/** Makes a link for a person, whose row keeps `stored`. An earlier link of the person is over with it. */
export function openLink(
  sub: string,
  tenant: Pick<Tenant, 'id'>,
  deps: OpenLinkDeps,
): { readonly link: OpenedLink; readonly stored: NonNullable<StoredUser['link']> } {
  const { secret, stored } = makeLink(deps)
  const url = `${deps.publicUrl}${linkPath(tenantPath(tenant.id), renderLink(sub, secret))}`
  return { link: { url, expiresAt: stored.expires_at }, stored }
}
