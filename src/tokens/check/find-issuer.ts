import type { Keyring } from '../../keys/keyring.ts'
import type { TenantKeys } from '../../keys/tenant-keys.ts'
import { quoted, uriText } from '../../protocol/finding-words.ts'
import type { OAuth2Settings, OAuth2Tenant } from '../../tenants/tenant.ts'
import type { TenantRegistry } from '../../tenants/tenant-registry.ts'
import { invalidToken } from './invalid-token.ts'
import type { ReadToken } from './read-token.ts'
import type { StepFinding } from './token-steps.ts'

/** The tenant that must have issued a token, with its keys. */
export interface TokenIssuer extends OAuth2Tenant {
  readonly keys: TenantKeys
}

export interface IssuerDeps {
  readonly tenants: TenantRegistry
  readonly keyring: Keyring
}

/**
 * Step 2 of a token check: finds the active tenant that the token names. With `tenantId`, it must be this tenant. Throws `invalid_token`.
 */
export async function findIssuer(
  { issuer }: ReadToken,
  { tenantId }: { readonly tenantId?: string | undefined },
  deps: IssuerDeps,
): Promise<TokenIssuer> {
  const tenant = await deps.tenants.findByIssuer(issuer)
  const isForeign = tenantId !== undefined && tenant?.id !== tenantId
  if (isForeign) throw invalidToken('not a token of this tenant', await findForeign(issuer, tenantId, deps))
  if (!tenant?.oauth2) throw invalidToken('not a JWT of one of our issuers', findStranger(issuer))
  return openIssuer({ tenant, oauth2: tenant.oauth2 }, deps)
}

/** A caller of one tenant learns of no other one, so this is the same whether there is a tenant with this issuer. */
async function findForeign(
  issuer: string,
  tenantId: string,
  { tenants }: Pick<IssuerDeps, 'tenants'>,
): Promise<StepFinding> {
  const own = (await tenants.find(tenantId))?.issuer
  return {
    check: 'issuer',
    saw: `iss ${uriText(issuer)}, which is not that of this tenant`,
    wanted: `iss ${quoted(own)}, byte for byte`,
  }
}

function findStranger(issuer: string): StepFinding {
  return {
    check: 'issuer',
    saw: `iss ${uriText(issuer)}, which no active tenant with oauth2 has`,
    wanted: 'the issuer of an active tenant of this server, byte for byte',
  }
}

/** Step 2 for a tenant that is known, active or not. */
export async function openIssuer(
  { tenant, oauth2 }: OAuth2Tenant,
  { keyring }: Pick<IssuerDeps, 'keyring'>,
): Promise<TokenIssuer> {
  return { tenant, oauth2, keys: await keyring.of(tenant.id, tenant.generation) }
}

/** The typ values of access tokens. at+jwt always is one. The other typ is one only if the tenant uses it. */
export function typesOf({ access_token_typ }: OAuth2Settings): readonly string[] {
  return [access_token_typ, 'at+jwt']
}
