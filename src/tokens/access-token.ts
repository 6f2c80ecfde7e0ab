import type { Client } from '../clients/client.ts'
import type { AccessTokenClaims } from '../protocol/messages.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import type { Authorization } from './authorization.ts'

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

/** Builds the claims of an access token: the static claims of the configuration, and our own, which win. Values of the request are checked. */
export function buildAccessTokenClaims(input: AccessTokenInput): AccessTokenClaims {
  const { tenant, client, authorization, tokenId, issuedAt, lifetime } = input
  const claims = {
    ...tenant.oauth2?.claims,
    ...client.claims,
    iss: tenant.issuer,
    sub: authorization.subject,
    aud: [...authorization.audience],
    exp: issuedAt + lifetime,
    iat: issuedAt,
    jti: tokenId,
    ...(authorization.scopes.length > 0 && { scope: authorization.scopes.join(' ') }),
    client_id: client.id,
  }
  return isPlain(authorization) ? claims : { ...claims, ...buildOwnClaims(authorization) }
}

/** Whether a client acts for itself with a token that is not bound. This is the usual case. */
function isPlain({ session, authTime, confirmation }: Authorization): boolean {
  return session === undefined && authTime === undefined && confirmation === undefined
}

function buildOwnClaims({ session, authTime, confirmation }: Authorization): Partial<AccessTokenClaims> {
  return {
    ...(session !== undefined && { sid: session }),
    // RFC 9068 section 2.2.1
    ...(authTime !== undefined && { auth_time: authTime }),
    ...(confirmation && { cnf: confirmation }),
  }
}
