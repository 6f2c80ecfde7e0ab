/**
 * The ways in which a client authenticates, by the names of OpenID Connect Core section 9; clients/authentication-methods.ts has one row
 * for each.
 */
export const authenticationMethodNames = ['client_secret_basic', 'client_secret_post'] as const

export type AuthenticationMethodName = (typeof authenticationMethodNames)[number]

/** The methods of a client that is registered for none by name. */
export const defaultMethodNames: readonly AuthenticationMethodName[] = [
  'client_secret_basic',
  'client_secret_post',
]
