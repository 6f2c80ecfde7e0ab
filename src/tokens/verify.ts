import type { Client } from '../clients/client.ts'
import type { ClientRegistry } from '../clients/registry.ts'
import { JwtExpired, JwtInvalid, peekJwt, verifyJwt } from '../keys/jwt.ts'
import type { Keyring } from '../keys/keyring.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { AccessTokenClaims } from '../protocol/messages.ts'
import type { TenantRegistry } from '../tenants/registry.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { readAccessTokenClaims } from './access-token.ts'

export interface VerifyDeps {
  readonly tenants: TenantRegistry
  readonly clients: ClientRegistry
  readonly keyring: Keyring
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A token that was checked in all that it claims. */
export interface VerifiedAccessToken {
  readonly tenant: Tenant
  readonly client: Client
  readonly claims: AccessTokenClaims
}

/** Longer texts are no token of ours and are not looked at. */
export const largestToken = 8 * 1024

/**
 * Checks an access token of any active tenant: signature by one of its keys, iss, aud, exp, iat, typ, and that its
 * client is still active and still entitled to the audience. Throws `invalid_token` (RFC 6750 section 3.1).
 */
export async function verifyAccessToken(token: string, deps: VerifyDeps): Promise<VerifiedAccessToken> {
  if (token.length > largestToken) throw refuse('longer than a token can be')
  const peeked = peekJwt(token)
  const tenant = peeked && deps.tenants.findByIssuer(peeked.issuer)
  if (!tenant?.oauth2) throw refuse('not a JWT of one of our issuers')
  const payload = await verifyWithKeys(token, tenant, tenant.oauth2, deps)
  const claims = readAccessTokenClaims(payload)
  if (!claims) throw refuse('not the claims of an access token')
  const client = deps.clients.of(tenant.id).find(claims.client_id)
  if (!client?.active) throw refuse('the client is unknown or inactive')
  const entitled = [...(client.audience ?? tenant.oauth2.audience), ...client.resources]
  if (!claims.aud.every((audience) => entitled.includes(audience))) throw refuse('another audience')
  return { tenant, client, claims }
}

async function verifyWithKeys(token: string, tenant: Tenant, oauth2: OAuth2Settings, deps: VerifyDeps) {
  const keys = await deps.keyring.of(tenant.id)
  try {
    // at+jwt is an access token wherever it comes from; the other typ is one only where the tenant says so.
    const types = [oauth2.accessTokenTyp, 'at+jwt']
    return await verifyJwt(token, { keys, issuer: tenant.issuer, types, now: deps.now() })
  } catch (cause) {
    if (cause instanceof JwtExpired) throw new OAuthError('invalid_token', 'Token has expired', { cause })
    if (cause instanceof JwtInvalid) throw refuse('refused by the verifier', cause)
    throw cause
  }
}

function refuse(reason: string, cause: unknown = new Error(reason)): OAuthError {
  return new OAuthError('invalid_token', 'The access token is invalid', { cause })
}
