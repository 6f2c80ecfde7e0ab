import { OAuthError } from '../../protocol/errors.ts'

/** The error for a token that is not good (RFC 6750 section 3.1). `reason` is for the log; the sender does not learn it. */
export function invalidToken(reason: string, cause: unknown = new Error(reason)): OAuthError {
  return new OAuthError('invalid_token', 'The access token is invalid', { cause })
}

/** The error for a token of ours whose time is over. */
export function tokenExpired(cause?: unknown): OAuthError {
  return new OAuthError('invalid_token', 'Token has expired', { cause })
}
