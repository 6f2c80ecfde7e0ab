import type { Deps } from '../../deps.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { type CacheableOptions, cacheableJson } from './cacheable.ts'
import { repeatWhile } from './response-cache.ts'

type TenantKeys = Awaited<ReturnType<Deps['keyring']['of']>>

export interface TenantDocumentOptions {
  readonly deps: Pick<Deps, 'tenants' | 'keyring' | 'hashing'>
  readonly render: (keys: TenantKeys) => { readonly body: object } & Pick<CacheableOptions, 'maxAge'>
}

/** A public JSON document that depends only on a tenant, its keys and the configuration. */
export async function tenantDocument(
  request: Request,
  { id, generation }: Tenant,
  { deps, render }: TenantDocumentOptions,
): Promise<Response> {
  const keys = await deps.keyring.of(id, generation)
  // The cache takes only tenants of config.yaml, because a stored tenant may be deleted before the next request.
  if (deps.tenants.findConfigured(id)) repeatWhile(request, () => deps.keyring.findOpened(id) === keys)
  const { body, ...options } = render(keys)
  return cacheableJson(request, body, { hashing: deps.hashing, ...options })
}
