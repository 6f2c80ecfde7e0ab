import type { Confirmation } from '../protocol/messages.ts'

/** Tokens that an answer can hold beside the access token, by the member that holds them. further-tokens.ts makes them. */
export type FurtherTokenName = 'id_token' | 'refresh_token'

/** The decision of a grant: the subject, the scopes, the audience, and the tokens to issue. */
export interface Authorization {
  readonly subject: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** The id of the session in which a person allowed it: the claim `sid`. */
  readonly session?: string
  /** The nonce of the authorization request, for the ID token (OIDC Core section 2). */
  readonly nonce?: string
  /** When the person signed in, in seconds since the epoch: the claim `auth_time`. */
  readonly authTime?: number
  /** The key of the sender to which the access token is bound: the claim `cnf`. Default: any holder can use the token. */
  readonly confirmation?: Confirmation
  /** Default: none. */
  readonly alsoIssue?: readonly FurtherTokenName[]
}
