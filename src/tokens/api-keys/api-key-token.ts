import type { Client } from '../../clients/client.ts'
import { signJwt } from '../../keys/jwt.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { Hashing } from '../../platform/hashing.ts'
import { base64url } from '../../protocol/base64url.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { ApiKeyClaims } from '../../protocol/messages.ts'
import type { OAuth2Tenant } from '../../tenants/tenant.ts'
import { largestToken } from '../access-token.ts'

export interface ApiKeyTokenDeps {
  readonly keyring: Keyring
  readonly hashing: Hashing
  readonly randomBytes: (count: number) => Uint8Array
}

/** A token of an API key, and the data about it to store. */
export interface SignedApiKey {
  readonly token: string
  readonly jti: string
  /** SHA-256 of the token, in hex. */
  readonly hash: string
}

export interface ApiKeyContent {
  readonly id: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly client: Client
  /** Seconds since the epoch, as `exp`. */
  readonly issuedAt: number
  /** Undefined: it does not expire. */
  readonly exp: number | undefined
}

/**
 * Issues a token of an API key, with the current static claims. No other code issues one. Throws `invalid_request` for a token that is
 * too large for any server.
 */
export async function signApiKey(
  { id, scopes, audience, client, issuedAt, exp }: ApiKeyContent,
  { tenant, oauth2 }: OAuth2Tenant,
  deps: ApiKeyTokenDeps,
): Promise<SignedApiKey> {
  const jti = randomId(deps)
  const claims: ApiKeyClaims = {
    ...oauth2.claims,
    ...client.claims,
    iss: tenant.issuer,
    sub: id,
    aud: [...audience],
    ...(exp !== undefined && { exp }),
    iat: issuedAt,
    jti,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    client_id: client.id,
    tenant_id: tenant.id,
    api_key: true,
  }
  const { active } = await deps.keyring.of(tenant.id, tenant.generation)
  const token = await signJwt(claims, { key: active, typ: oauth2.access_token_typ })
  if (token.length > largestToken) {
    throw new OAuthError('invalid_request', 'The API key would be too large: ask for fewer scopes')
  }
  return { token, jti, hash: deps.hashing.sha256(token).toHex() }
}

/** 128 random bits, base64url. */
export function randomId({ randomBytes }: Pick<ApiKeyTokenDeps, 'randomBytes'>): string {
  return base64url(randomBytes(16))
}
