import type { Keyring } from '../keys/keyring.ts'
import type { Hashing } from '../platform/hashing.ts'
import type { GrantType } from '../protocol/grant-types.ts'
import type { Storage } from '../storage/storage.ts'
import type { Authorization } from '../tokens/authorization.ts'
import type { TokenOwner } from '../tokens/token-owner.ts'
import type { People } from '../users/people.ts'

/** A confidential client can prove who it is. A public client cannot (RFC 6749 section 2.1). */
export type ClientKind = 'confidential' | 'public'

/**
 * How the request's `scope` becomes {@link TokenRequest.scopes}. `requested`: each scope must be a scope of the client; a request without
 * `scope` gets the default scopes of the client. `own`: the grant itself checks them. `none`: `scope` is not read.
 */
export type ScopePolicy = 'requested' | 'own' | 'none'

/**
 * How the request's `resource` becomes {@link TokenRequest.audience}. `requested`: the client must be entitled to each; a request without
 * one gets the default for its scopes. `own`: the grant itself decides.
 */
export type AudiencePolicy = 'requested' | 'own'

/** A token request after the shared phases: the client is authenticated and may use the grant. */
export interface TokenRequest extends TokenOwner {
  /** See {@link ScopePolicy}. Empty if the request names none and the policy has no default. */
  readonly scopes: readonly string[]
  /** The resources that the request names, or the default for these scopes. The client may have them. Empty for the policy `own`. */
  readonly audience: readonly string[]
  /** The values of `resource` and `audience`, as the request has them. */
  readonly resources: readonly string[]
  /** The parameters of {@link Grant.parameters} that the request has. */
  readonly parameters: Readonly<Record<string, string>>
}

/** The dependencies of a grant. A grant uses nothing of HTTP. */
export interface GrantDeps {
  readonly storage: Storage
  readonly keyring: Pick<Keyring, 'of'>
  readonly people: People
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** See Deps.expiryCutoff. */
  readonly expiryCutoff: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** The questions that one grant type answers (RFC 6749 section 1.3). */
export interface Grant {
  readonly type: GrantType
  readonly clients: ClientKind | 'both'
  /** Whether its tokens are of people, whom only a tenant with `oidc` has. Default: false. */
  readonly isOfPeople?: boolean
  /** The parameters that it reads besides the shared ones, each with a description for the OpenAPI document. */
  readonly parameters: Readonly<Record<string, string>>
  readonly scopePolicy: ScopePolicy
  /** Default: `requested`. */
  readonly audiencePolicy?: AudiencePolicy
  /** Whether identical requests may get the same token. Default: false. */
  readonly shareable?: boolean
  /**
   * Decides whose tokens are issued and with which rights. A later step refuses scopes that the client does not have. Throws OAuthError,
   * such as `invalid_grant` and `invalid_request`, and StorageError.
   */
  authorize(request: TokenRequest, deps: GrantDeps): Promise<Authorization>
}
