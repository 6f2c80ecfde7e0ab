import type { Client } from '../clients/client.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { GrantType } from '../protocol/grant-types.ts'
import type { Storage } from '../storage/storage.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import type { Authorization } from '../tokens/authorization.ts'

/** `confidential`: it proves who it is. `public`: it only says so (RFC 6749 section 2.1). */
export type ClientKind = 'confidential' | 'public'

/**
 * Who decides about scopes before the grant is asked. `requested`: the scopes of the request, within those of the client; its default
 * scopes where the request names none. `own`: the grant; it gets what the request names, unchecked. `none`: the request names no scopes.
 */
export type ScopePolicy = 'requested' | 'own' | 'none'

/** A token request after the phases that every grant shares: the client is known and may use the grant. */
export interface TokenRequest {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
  readonly client: Client
  /** See {@link ScopePolicy}; empty where the request names none and the policy has no default. */
  readonly scopes: readonly string[]
  /** Of the resources that the request names, or the default for these scopes; the client may have it. */
  readonly audience: readonly string[]
  /** The grant's own parameters, those named in {@link Grant.parameters} and no others. */
  readonly parameters: Readonly<Record<string, string>>
}

/** What a grant may use. Nothing of HTTP is among it. */
export interface GrantDeps {
  readonly storage: Storage
  readonly keyring: Pick<Keyring, 'of'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** The questions that one grant type answers (RFC 6749 section 1.3). */
export interface Grant {
  readonly type: GrantType
  readonly clients: ClientKind | 'both'
  /** The parameters that it reads besides the shared ones, each with a sentence for the OpenAPI document. */
  readonly parameters: Readonly<Record<string, string>>
  readonly scopePolicy: ScopePolicy
  /** Whether identical requests may get the same token. Default: false. */
  readonly shareable?: boolean
  /**
   * Who gets what. The scopes must be among those of the client. Throws OAuthError, such as `invalid_grant` and `invalid_request`, and
   * StorageError.
   */
  authorize(request: TokenRequest, deps: GrantDeps): Promise<Authorization>
}
