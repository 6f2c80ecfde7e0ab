import type { Client } from '../clients/client.ts'
import type { AccessTokenClaims } from '../protocol/messages.ts'
import type { StaticClaims } from '../protocol/static-claims.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import type { Authorization } from './authorization.ts'
import { supportedClaims } from './people/person-claims.ts'

/** The lifetime of an access token of this client, in seconds. */
export function accessTokenTtl(client: Client, oauth2: OAuth2Settings): number {
  return client.access_token_ttl ?? oauth2.access_token_ttl
}

/** The most characters of a token. Longer texts are refused without reading them. */
export const largestToken = 8 * 1024

export interface AccessTokenInput {
  readonly tenant: Tenant
  readonly client: Client
  readonly authorization: Authorization
  readonly tokenId: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds. */
  readonly lifetime: number
}

/**
 * Builds the claims of an access token: the static claims of the configuration, and our own, which win. Values of the request are
 * checked.
 */
export function buildAccessTokenClaims(input: AccessTokenInput): AccessTokenClaims {
  const { tenant, client, authorization, tokenId, issuedAt, lifetime } = input
  const { person, confirmation, scopes } = authorization
  const claims = {
    ...(person ? claimsBesidePerson(input) : staticClaims(input)),
    iss: tenant.issuer,
    sub: authorization.subject,
    aud: [...authorization.audience],
    exp: issuedAt + lifetime,
    iat: issuedAt,
    jti: tokenId,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    client_id: client.id,
  }
  if (!person && !confirmation) return claims
  return { ...claims, ...person?.accessTokenClaims, ...(confirmation && { cnf: confirmation }) }
}

type Owner = Pick<AccessTokenInput, 'tenant' | 'client'>

function staticClaims({ tenant, client }: Owner): StaticClaims {
  return { ...tenant.oauth2?.claims, ...client.claims }
}

/** The static claims that nobody can take for a claim about the person, who may have no such claim, or another one. */
function claimsBesidePerson(owner: Owner): StaticClaims {
  const claims = Object.entries(staticClaims(owner))
  // Most have none, and then the names of the others, which take as long as reading a row, are not needed.
  if (claims.length === 0) return {}
  const { oidc } = owner.tenant
  const ofPeople = new Set([...supportedClaims(owner.tenant), ...(oidc?.access_token_claims ?? [])])
  return Object.fromEntries(claims.filter(([name]) => !ofPeople.has(name)))
}
