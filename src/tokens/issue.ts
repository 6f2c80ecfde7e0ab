import { signJwt } from '../keys/jwt.ts'
import type { SigningKey } from '../keys/signing-key.ts'
import { base64url } from '../protocol/base64url.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { TokenResponse } from '../protocol/messages.ts'
import { accessTokenTtl, buildAccessTokenClaims, largestToken } from './access-token.ts'
import type { FurtherTokenName } from './authorization.ts'
import { issueFurtherTokens } from './further-tokens.ts'
import type { IssueDeps, IssueRequest } from './issue-request.ts'
import { tokenIdIn } from './people/families.ts'
import type { SharedToken } from './recent-tokens.ts'

export interface IssueOptions extends IssueRequest {
  /** Whether identical requests may share one access token if the tenant has a reuse_window. Default: false. */
  readonly shareable?: boolean
}

export interface IssuedTokens {
  readonly response: TokenResponse & Partial<Record<FurtherTokenName, string>>
  /** The jti of the access token. */
  readonly tokenId: string
  /** The sub of the access token. */
  readonly subject: string
  /** The algorithm of its signature. */
  readonly algorithm: string
}

const tokenIdBytes = 16

/** Issues the tokens of an authorization (RFC 6749 section 5.1). No other code issues access tokens. */
export async function issueTokens(request: IssueOptions, deps: IssueDeps): Promise<IssuedTokens> {
  const { tenant, oauth2, client, authorization } = request
  const { active: key } = await deps.keyring.of(tenant.id, tenant.generation)
  const lifetime = accessTokenTtl(client, oauth2)
  // A shared token has at least half of its life left.
  const window = mayShare(request) ? Math.min(oauth2.reuse_window, Math.floor(lifetime / 2)) : 0
  const mint = { ...request, key, lifetime }
  const accessToken =
    window === 0 ? await mintAccessToken(mint, deps) : await shareAccessToken(mint, window, deps)
  const { token, tokenId, issuedAt } = accessToken
  const response: TokenResponse = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: window === 0 ? lifetime : issuedAt + lifetime - Math.floor(deps.now() / 1000),
    ...(authorization.scopes.length > 0 && { scope: authorization.scopes.join(' ') }),
  }
  const issued = { response, tokenId, subject: authorization.subject, algorithm: key.algorithm }
  if (!authorization.alsoIssue) return issued
  const further = await issueFurtherTokens(request, { ...deps, accessToken })
  return { ...issued, response: { ...response, ...further } }
}

/** Requests do not share a token that is bound to its sender, or that belongs to a person or to further tokens. */
function mayShare({ shareable = false, authorization }: IssueOptions): boolean {
  const { confirmation, person, alsoIssue } = authorization
  return shareable && !confirmation && !person && !alsoIssue
}

interface Mint extends IssueRequest {
  readonly key: SigningKey
  /** Seconds. */
  readonly lifetime: number
}

/** The token of an identical request inside the window (seconds), or a new one. */
function shareAccessToken(mint: Mint, window: number, deps: IssueDeps): Promise<SharedToken> {
  const { tenant, oauth2, key } = mint
  return deps.recentTokens.share({
    tenantId: tenant.id,
    sameAs: [
      tenant.generation,
      oauth2.access_token_typ,
      key.kid,
      buildClaims(mint, { tokenId: '', issuedAt: 0 }),
    ],
    window,
    mint: async () => {
      // The key may have changed during a read of the storage.
      const { active } = await deps.keyring.of(tenant.id, tenant.generation)
      return mintAccessToken({ ...mint, key: active }, deps)
    },
  })
}

async function mintAccessToken(mint: Mint, deps: IssueDeps): Promise<SharedToken> {
  const { client, oauth2, key } = mint
  const issuedAt = Math.floor(deps.now() / 1000)
  const tokenId = makeTokenId(mint, deps)
  const token = await signJwt(buildClaims(mint, { tokenId, issuedAt }), { key, typ: oauth2.access_token_typ })
  // Servers refuse larger headers, and revocation refuses larger tokens.
  if (token.length > largestToken) {
    throw new OAuthError('invalid_target', 'The token would be too large: ask for fewer resources or scopes')
  }
  deps.signedTokens.remember(token, key)
  return { token, tokenId, clientId: client.id, issuedAt }
}

/** The jti of a token of a person begins with its family, which a check of the token reads. */
function makeTokenId({ authorization: { person } }: Mint, { randomBytes }: IssueDeps): string {
  const id = base64url(randomBytes(tokenIdBytes))
  return person ? tokenIdIn(person.familyId, id) : id
}

function buildClaims(
  { tenant, client, authorization, lifetime }: Mint,
  { tokenId, issuedAt }: { tokenId: string; issuedAt: number },
) {
  return buildAccessTokenClaims({ tenant, client, authorization, lifetime, tokenId, issuedAt })
}
