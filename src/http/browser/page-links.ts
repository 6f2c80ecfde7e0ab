import type { Deps } from '../../deps.ts'
import { stylesheet } from '../../pages/frame/stylesheet.ts'
import { basePathOf } from '../../protocol/url/uri.ts'
import { type Tenant, tenantPath } from '../../tenants/tenant.ts'

type LinkDeps = Pick<Deps, 'publicUrl' | 'hashing'>

/** The URL of the stylesheet of a tenant, or of the pages that belong to none. Its name has a hash, so that caches can keep it for ever. */
export function stylesheetUrl(tenant: Tenant | undefined, { publicUrl, hashing }: LinkDeps): string {
  const name = `style-${hashing.sha256(stylesheet).toHex().slice(0, 16)}.css`
  return `${basePathOf(publicUrl)}${tenant ? tenantPath(tenant.id) : ''}/pages/${name}`
}
