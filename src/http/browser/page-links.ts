import type { Deps } from '../../deps.ts'
import { renderStylesheet } from '../../pages/frame/stylesheet.ts'
import { basePathOf } from '../../protocol/url/uri.ts'
import { type Tenant, tenantPath } from '../../tenants/tenant.ts'

type LinkDeps = Pick<Deps, 'publicUrl' | 'hashing' | 'logos'>

/** The stylesheet of a tenant, or of the pages that belong to none. Its name has a hash, so that caches can keep it for ever. */
export interface Stylesheet {
  readonly name: string
  readonly text: string
}

/** The stylesheet with the colors of a tenant. */
export function findStylesheet(
  tenant: Tenant | undefined,
  { hashing }: Pick<LinkDeps, 'hashing'>,
): Stylesheet {
  const text = renderStylesheet(tenant?.oidc?.sign_in.accent ?? null)
  return { name: `style-${hashing.sha256(text).toHex().slice(0, 16)}.css`, text }
}

/** The URL of a path below a tenant, or below the root, as the browser knows it: a proxy may add the path of public_url. */
export function linkTo(
  path: string,
  tenant: Pick<Tenant, 'id'> | undefined,
  { publicUrl }: Pick<LinkDeps, 'publicUrl'>,
): string {
  return `${basePathOf(publicUrl)}${tenant ? tenantPath(tenant.id) : ''}${path}`
}

export function stylesheetUrl(tenant: Tenant | undefined, deps: LinkDeps): string {
  return linkTo(`/pages/${findStylesheet(tenant, deps).name}`, tenant, deps)
}

/** Null for a tenant without a logo. */
export function logoUrl(tenant: Tenant | undefined, deps: LinkDeps): string | null {
  const logo = tenant?.configured ? deps.logos.get(tenant.id) : undefined
  return logo ? linkTo(`/pages/${logo.name}`, tenant, deps) : null
}
