import { Type } from '@sinclair/typebox'

/**
 * The ways in which a client authenticates, by the names of OpenID Connect Core section 9; clients/authentication/authentication-methods.ts has one row
 * for each.
 */
export const authenticationMethodNames = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const

export type AuthenticationMethodName = (typeof authenticationMethodNames)[number]

/** The methods of a client that is registered for none by name. */
export const defaultMethodNames: readonly AuthenticationMethodName[] = [
  'client_secret_basic',
  'client_secret_post',
]

/** What a client proves itself by. */
type CredentialKind = 'secrets' | 'keys'

const credentialKinds: Readonly<Record<AuthenticationMethodName, CredentialKind>> = {
  client_secret_basic: 'secrets',
  client_secret_post: 'secrets',
  private_key_jwt: 'keys',
}

/** Whether a client that is registered so proves itself by secrets. Null: it is registered for none by name. */
export function usesSecrets(method: AuthenticationMethodName | null | undefined): boolean {
  return credentialKindOf(method) === 'secrets'
}

/** Whether a client that is registered so proves itself by keys. */
export function usesKeys(method: AuthenticationMethodName | null | undefined): boolean {
  return credentialKindOf(method) === 'keys'
}

function credentialKindOf(method: AuthenticationMethodName | null | undefined): CredentialKind {
  return method ? credentialKinds[method] : 'secrets'
}

/** The one `client_assertion_type` that there is (RFC 7523 section 2.2). */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Characters of a `client_assertion` at most. */
export const longestAssertion = 8192
/** Seconds from now to its `exp` at most. */
export const longestAssertionLife = 3600
/** Seconds by which the clock of a client may differ from ours. */
export const assertionLeeway = 30
/** Characters of its `jti` at most. */
export const longestAssertionId = 256

const text = (description: string) => Type.Optional(Type.String({ description }))

/** How a client says who it is in a form (RFC 6749 section 2.3.1, RFC 7521 section 4.2); with HTTP Basic it needs none of them. */
export const ClientParameters = {
  client_id: text('For client_secret_post; else in HTTP Basic'),
  client_secret: text('For client_secret_post; else in HTTP Basic'),
  client_assertion_type: text(`For private_key_jwt: ${assertionType}`),
  client_assertion: text('For private_key_jwt: a JWT signed with the private key of the client'),
}
