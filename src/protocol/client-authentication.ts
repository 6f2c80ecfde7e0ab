import { Type } from '@sinclair/typebox'

/**
 * The ways in which a client authenticates, with the names of OpenID Connect Core section 9. The table in
 * clients/authentication/authentication-methods.ts has one row for each.
 */
export const authenticationMethodNames = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
] as const

export type AuthenticationMethodName = (typeof authenticationMethodNames)[number]

/** The methods of a client whose registration names none. */
export const defaultMethodNames: readonly AuthenticationMethodName[] = [
  'client_secret_basic',
  'client_secret_post',
]

/** The kind of credentials with which a client authenticates. */
type CredentialKind = 'secrets' | 'keys' | 'nothing'

const credentialKinds: Readonly<Record<AuthenticationMethodName, CredentialKind>> = {
  client_secret_basic: 'secrets',
  client_secret_post: 'secrets',
  private_key_jwt: 'keys',
  none: 'nothing',
}

/** Whether a client with this registered method authenticates with secrets. Null: its registration names no method. */
export function usesSecrets(method: AuthenticationMethodName | null | undefined): boolean {
  return credentialKindOf(method) === 'secrets'
}

/** Whether a client with this registered method authenticates with keys. */
export function usesKeys(method: AuthenticationMethodName | null | undefined): boolean {
  return credentialKindOf(method) === 'keys'
}

/** Whether a client with this registered method is public: it proves nothing (RFC 6749 section 2.1). */
export function isPublic(method: AuthenticationMethodName | null | undefined): boolean {
  return credentialKindOf(method) === 'nothing'
}

function credentialKindOf(method: AuthenticationMethodName | null | undefined): CredentialKind {
  return method ? credentialKinds[method] : 'secrets'
}

/** The only `client_assertion_type` that grantd supports (RFC 7523 section 2.2). */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The most characters of a `client_assertion`. */
export const longestAssertion = 8192
/** The most seconds from now to its `exp`. */
export const longestAssertionLife = 3600
/** Seconds by which the clock of a client may differ from ours. */
export const assertionLeeway = 30
/** The most characters of its `jti`. */
export const longestAssertionId = 256

const text = (description: string) => Type.Optional(Type.String({ description }))

/**
 * The parameters of a form with which a client authenticates (RFC 6749 section 2.3.1, RFC 7521 section 4.2). HTTP Basic needs none of
 * them.
 */
export const ClientParameters = {
  client_id: text('For client_secret_post and none; else in HTTP Basic'),
  client_secret: text('For client_secret_post; else in HTTP Basic'),
  client_assertion_type: text(`For private_key_jwt: ${assertionType}`),
  client_assertion: text('For private_key_jwt: a JWT signed with the private key of the client'),
}
