import type { Confirmation } from '../protocol/messages.ts'
import type { Person } from '../users/person.ts'
import type { PersonGrant } from './people/person-grant.ts'

/** Tokens that an answer can hold beside the access token, by the member that holds them. further-tokens.ts makes them. */
export type FurtherTokenName = 'id_token' | 'refresh_token'

/** The person that the tokens are of. */
export interface AuthorizedPerson {
  readonly person: Person
  readonly grant: PersonGrant
  /** The nonce of the ID token (OpenID Connect Core section 2); undefined: it has none. */
  readonly nonce: string | undefined
  /** The tokens of one code or device; see people/families.ts. The jti of the access token begins with it. */
  readonly familyId: string
  /** The text of the refresh token; undefined: the client gets none. */
  readonly refreshToken: string | undefined
  /** More claims of the access token, by `oidc.access_token_claims` of the tenant. */
  readonly accessTokenClaims: Readonly<Record<string, unknown>>
}

/** The decision of a grant: the subject, the scopes, the audience, and the tokens to issue. */
export interface Authorization {
  readonly subject: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** The key of the sender to which the access token is bound: the claim `cnf`. Default: any holder can use the token. */
  readonly confirmation?: Confirmation
  /** Default: a client acts for itself. */
  readonly person?: AuthorizedPerson
  /** Default: none. */
  readonly alsoIssue?: readonly FurtherTokenName[]
}
