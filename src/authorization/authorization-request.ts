import type { Client } from '../clients/client.ts'
import type { ClaimsRequest } from '../tokens/people/claims-request.ts'

/** What a client may ask of the pages (OpenID Connect Core section 3.1.2.1). */
export const prompts = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof prompts)[number]

/** How the answer goes to the client (OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode). */
export const responseModes = ['query', 'form_post'] as const
export type ResponseMode = (typeof responseModes)[number]

/** Where an answer goes. It is known only after the client and its redirect URI are proven. */
export interface ReturnAddress {
  readonly client: Client
  /** As the client sent it. */
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  readonly state: string | undefined
}

/** An authorization request that passed every check (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1). */
export interface AuthorizationRequest extends ReturnAddress {
  /** Null: the request has no code challenge. Its method is S256. */
  readonly codeChallenge: string | null
  readonly scopes: readonly string[]
  /** The resources that the access token will be for, resolved. */
  readonly audience: readonly string[]
  readonly claims: ClaimsRequest | undefined
  readonly nonce: string | undefined
  readonly prompt: readonly Prompt[]
  /** Seconds. */
  readonly maxAge: number | undefined
  /** The person of `id_token_hint`, or of the claim `sub` that the request wants. */
  readonly hintedSub: string | undefined
  readonly loginHint: string | undefined
  /** Language tags, the best first, separated by spaces. */
  readonly uiLocales: string | undefined
}
