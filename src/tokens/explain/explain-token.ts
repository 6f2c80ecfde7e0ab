import { LastUse } from '../../storage/last-use.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { parseRefreshToken } from '../people/family-secrets.ts'
import type { RefreshDeps } from '../people/refresh.ts'
import type { VerifyDeps } from '../verify.ts'
import { explainRefreshToken } from './refresh-explanation.ts'
import { explainSigned, type TokenExplanation } from './token-explanation.ts'

export type ExplainDeps = Omit<VerifyDeps, 'lastUse'> & RefreshDeps

/** Where a token is looked for. */
export interface ExplainPlace {
  /** The tenant of a refresh token, which does not name its own; undefined: not known. */
  readonly tenant: Tenant | undefined
  /** The only tenant of which the caller may know; undefined: of all. A token of another one is refused. */
  readonly tenantId: string | undefined
}

/** Explains why this server takes or refuses a token now, and changes nothing. Throws StorageError. */
export async function explainToken(
  text: string,
  { tenant, tenantId }: ExplainPlace,
  deps: ExplainDeps,
): Promise<TokenExplanation> {
  // Looking at a key is no use of it, so what is noted here is never written.
  const lastUse = new LastUse({
    storage: deps.storage,
    after: () => () => {},
    isThere: async () => true,
    onError: () => {},
  })
  if (!parseRefreshToken(text)) return explainSigned(text, { tenantId }, { ...deps, lastUse })
  if (tenant?.active && tenant.oauth2)
    return explainRefreshToken(text, { tenant, oauth2: tenant.oauth2 }, deps)
  const saw = tenant
    ? 'a tenant that is not active or issues no tokens'
    : 'no tenant: a refresh token does not name its own'
  const wanted = tenant ? 'an active tenant' : 'the id of the tenant (--tenant)'
  const step = { step: 'tenant', result: 'fail', saw, wanted } as const
  return { kind: 'refresh_token', accepted: false, tenant: tenant?.id ?? null, steps: [step] }
}
