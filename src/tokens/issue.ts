import type { Client } from '../clients/client.ts'
import { signJwt } from '../keys/jwt.ts'
import type { Keyring } from '../keys/keyring.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { TokenResponse } from '../protocol/messages.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { type Authorization, accessTokenTtl, buildAccessTokenClaims, largestToken } from './access-token.ts'

export interface IssueDeps {
  readonly keyring: Keyring
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

export interface IssueRequest {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
  readonly client: Client
  readonly authorization: Authorization
}

export interface IssuedTokens {
  readonly response: TokenResponse
  /** The jti of the access token. */
  readonly tokenId: string
  /** The algorithm that signed it. */
  readonly algorithm: string
}

const tokenIdBytes = 16

/** Mints the tokens of an authorization: the one place where a token comes to be (RFC 6749 section 5.1). */
export async function issueTokens(request: IssueRequest, deps: IssueDeps): Promise<IssuedTokens> {
  const { tenant, oauth2, client, authorization } = request
  const keys = await deps.keyring.of(tenant.id, tenant.incarnation)
  const lifetime = accessTokenTtl(client, oauth2)
  const claims = buildAccessTokenClaims({
    tenant,
    client,
    authorization,
    tokenId: deps.randomBytes(tokenIdBytes).toBase64({ alphabet: 'base64url', omitPadding: true }),
    issuedAt: Math.floor(deps.now() / 1000),
    lifetime,
  })
  const token = await signJwt(claims, { key: keys.active, typ: oauth2.accessTokenTyp })
  // No server would take it in a header, nor could it be revoked.
  if (token.length > largestToken) {
    throw new OAuthError('invalid_target', 'The token would be too large: ask for fewer resources or scopes')
  }
  const response: TokenResponse = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: lifetime,
    ...(claims.scope !== undefined && { scope: claims.scope }),
  }
  return { response, tokenId: claims.jti, algorithm: keys.active.algorithm }
}
