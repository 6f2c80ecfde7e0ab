import type { Keyring } from '../keys/keyring.ts'
import type { Hashing } from '../platform/hashing.ts'
import type { Storage } from '../storage/storage.ts'
import type { Authorization } from './authorization.ts'
import type { RecentTokens } from './recent-tokens.ts'
import type { SignedTokens } from './signed-tokens.ts'
import type { TokenOwner } from './token-owner.ts'

/** The dependencies of issuing tokens. */
export interface IssueDeps {
  readonly keyring: Keyring
  readonly storage: Storage
  readonly hashing: Hashing
  readonly recentTokens: RecentTokens
  readonly signedTokens: SignedTokens
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** The owner and the content of the tokens to issue. */
export interface IssueRequest extends TokenOwner {
  readonly authorization: Authorization
}

/** The access token of the same answer. */
export interface AccessToken {
  readonly token: string
  readonly tokenId: string
}

/** A token that an answer can hold beside the access token. */
export interface FurtherToken {
  /** A description of one sentence, for the OpenAPI document. */
  readonly description: string
  readonly issue: (
    request: IssueRequest,
    deps: IssueDeps & { readonly accessToken: AccessToken },
  ) => Promise<string>
}
