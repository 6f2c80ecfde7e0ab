import type { Client } from '../clients/client.ts'
import { isReservedScope } from '../protocol/reserved-scopes.ts'
import { resolveAudience } from '../protocol/url/resource.ts'
import type { OAuth2Settings } from '../tenants/tenant.ts'
import type { TokenOwner } from './token-owner.ts'

/**
 * The audience of tokens. The endpoints of grantd take tokens whose `aud` has the issuer of the tenant. By default a token with a
 * reserved scope is for these endpoints only, because an API that receives a token must not be able to use it here.
 */

/** The audience of a token with these scopes, if its request names none. */
export function defaultAudience(
  scopes: readonly string[],
  { tenant, oauth2, client }: TokenOwner,
): readonly string[] {
  return scopes.some(isReservedScope) ? [tenant.issuer] : ownAudience(client, oauth2)
}

/**
 * The audience of a token with these scopes whose request names `requested`; see resolveAudience. Throws `invalid_target`.
 */
export function requestedAudience(
  requested: readonly string[],
  scopes: readonly string[],
  owner: TokenOwner,
): readonly string[] {
  const byDefault = defaultAudience(scopes, owner)
  if (requested.length === 0) return byDefault
  const { tenant, oauth2, client } = owner
  const others = [...ownAudience(client, oauth2), ...client.resources]
  return resolveAudience(requested, {
    byDefault,
    others: client.scopes.some(isReservedScope) ? [...others, tenant.issuer] : others,
  })
}

/**
 * The audience of a token of a person whose request names `requested`. By default it is for the API and, because userinfo takes it, for the
 * issuer. A named resource leaves both out (RFC 8707 section 2.2). Throws `invalid_target`.
 */
export function personAudience(
  requested: readonly string[],
  { tenant, oauth2, client }: TokenOwner,
): readonly string[] {
  const byDefault = [...new Set([...ownAudience(client, oauth2), tenant.issuer])]
  return resolveAudience(requested, { byDefault, others: client.resources })
}

/** Whether the client may have this audience now. It may always have the issuer, because the issuer alone gives no right. */
export function isEntitled(audience: string, { tenant, oauth2, client }: TokenOwner): boolean {
  return (
    ownAudience(client, oauth2).includes(audience) ||
    client.resources.includes(audience) ||
    audience === tenant.issuer
  )
}

function ownAudience(client: Client, oauth2: OAuth2Settings): readonly string[] {
  return client.audience ?? oauth2.audience
}
