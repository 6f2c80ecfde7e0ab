import { type Finding, OAuthError } from '../../protocol/errors.ts'

/** The error for an invalid token (RFC 6750 section 3.1). `reason` is only for the log, and `finding` for operators, not for the sender. */
export function invalidToken(
  reason: string,
  finding: Finding,
  cause: unknown = new Error(reason),
): OAuthError {
  return new OAuthError('invalid_token', 'The access token is invalid', { cause, finding })
}

/** The error for an API key that was revoked. */
export function apiKeyRevoked(finding: Finding): OAuthError {
  return new OAuthError('invalid_token', 'API key has been revoked', { finding })
}

/** The error for a token of ours that has expired. */
export function tokenExpired(finding: Finding, cause?: unknown): OAuthError {
  return new OAuthError('invalid_token', 'Token has expired', { cause, finding })
}
