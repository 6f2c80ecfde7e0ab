import { OAuthError } from '../../protocol/errors.ts'

/** The error for an invalid token (RFC 6750 section 3.1). `reason` is only for the log, not for the sender. */
export function invalidToken(reason: string, cause: unknown = new Error(reason)): OAuthError {
  return new OAuthError('invalid_token', 'The access token is invalid', { cause })
}

/** The error for a token of ours that has expired. */
export function tokenExpired(cause?: unknown): OAuthError {
  return new OAuthError('invalid_token', 'Token has expired', { cause })
}
