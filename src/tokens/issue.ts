import type { Client } from '../clients/client.ts'
import { signJwt } from '../keys/jwt.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { SigningKey } from '../keys/signing-key.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { TokenResponse } from '../protocol/messages.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { type Authorization, accessTokenTtl, buildAccessTokenClaims, largestToken } from './access-token.ts'
import type { RecentTokens, SharedToken } from './recent-tokens.ts'
import type { SignedTokens } from './signed-tokens.ts'

export interface IssueDeps {
  readonly keyring: Keyring
  readonly recentTokens: RecentTokens
  readonly signedTokens: SignedTokens
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
  const { active: key } = await deps.keyring.of(tenant.id, tenant.generation)
  const lifetime = accessTokenTtl(client, oauth2)
  const mint = () => mintAccessToken({ ...request, key, lifetime }, deps)
  // Who has waited for the storage may find the key replaced.
  const mintLater = async () => {
    const { active } = await deps.keyring.of(tenant.id, tenant.generation)
    return mintAccessToken({ ...request, key: active, lifetime }, deps)
  }
  const { subject, scopes, audience } = authorization
  // Nobody gets a token that has less than half of its life left.
  const window = Math.min(oauth2.reuseWindow, Math.floor(lifetime / 2))
  const { token, tokenId, issuedAt } =
    window === 0
      ? await mint()
      : await deps.recentTokens.share({
          tenantId: tenant.id,
          sameAs: [
            tenant.generation,
            tenant.issuer,
            oauth2.accessTokenTyp,
            key.kid,
            lifetime,
            client.id,
            subject,
            scopes,
            audience,
          ],
          window,
          mint: mintLater,
        })
  const response: TokenResponse = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: window === 0 ? lifetime : issuedAt + lifetime - Math.floor(deps.now() / 1000),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  }
  return { response, tokenId, algorithm: key.algorithm }
}

interface Mint extends IssueRequest {
  readonly key: SigningKey
  /** Seconds. */
  readonly lifetime: number
}

async function mintAccessToken(
  { tenant, oauth2, client, authorization, key, lifetime }: Mint,
  deps: IssueDeps,
): Promise<SharedToken> {
  const issuedAt = Math.floor(deps.now() / 1000)
  const tokenId = deps.randomBytes(tokenIdBytes).toBase64({ alphabet: 'base64url', omitPadding: true })
  const claims = buildAccessTokenClaims({ tenant, client, authorization, tokenId, issuedAt, lifetime })
  const token = await signJwt(claims, { key, typ: oauth2.accessTokenTyp })
  // No server would take it in a header, nor could it be revoked.
  if (token.length > largestToken) {
    throw new OAuthError('invalid_target', 'The token would be too large: ask for fewer resources or scopes')
  }
  deps.signedTokens.remember(token, key)
  return { token, tokenId, clientId: client.id, issuedAt }
}
