import type { Client } from '../clients/client.ts'
import type { GrantType } from '../protocol/grant-types.ts'
import type { Authorization } from '../tokens/access-token.ts'

/** A token request after the phases that every grant shares: its scopes and audience are checked. */
export interface TokenRequest {
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** The grant's own parameters, those named in {@link Grant.parameters} and no others. */
  readonly parameters: Readonly<Record<string, string>>
}

/** The questions that one grant type answers (RFC 6749 section 1.3); it knows no HTTP. */
export interface Grant {
  readonly type: GrantType
  /** The parameters that it may read besides the shared ones. */
  readonly parameters: readonly string[]
  /** Who gets what. Throws OAuthError. */
  authorize(request: TokenRequest, client: Client): Promise<Authorization>
}
