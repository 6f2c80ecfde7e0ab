/**
 * The error codes that leave this server, each with its HTTP status.
 *
 * They come from RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 8628 section 3.5, RFC 8707 section 2, OpenID Connect Core
 * section 3.1.2.6 and OpenID Connect Core Error Code unmet_authentication_requirements 1.0. All routes share `tenant_not_found`,
 * `not_found`, `method_not_allowed`, `conflict`, `precondition_failed`, `precondition_required` (RFC 6585 section 3) and
 * `temporarily_unavailable` (as in RFC 6749 section 4.1.2.1).
 */
export const errorStatus = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  access_denied: 400,
  login_required: 400,
  consent_required: 400,
  interaction_required: 400,
  account_selection_required: 400,
  unmet_authentication_requirements: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  registration_not_supported: 400,
  invalid_request_uri: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  tenant_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  precondition_required: 428,
  server_error: 500,
  temporarily_unavailable: 503,
} as const

/**
 * The status for a caller that failed too often (RFC 6585 section 4). The code is `temporarily_unavailable`, because no RFC has one for
 * this. A client that knows neither learns from Retry-After that it may try again.
 */
export const tooManyRequests = 429

/** Whether an error makes its caller wait, see {@link tooManyRequests}. */
export function isThrottled(error: unknown): error is OAuthError {
  return error instanceof OAuthError && error.status === tooManyRequests
}

/** Whether the code tells a device that polls to go on (RFC 8628 section 3.5), so that nothing refused it. */
export function isPolling(code: string | undefined): boolean {
  return code === 'authorization_pending' || code === 'slow_down'
}

/**
 * The status in log and metrics for a client that closed the connection, as nginx has it. Anybody can do that, so it must not count as an
 * error of the server.
 */
export const clientGone = 499

export type ErrorCode = keyof typeof errorStatus

/**
 * A part that the answer needs is not available now, for example because a key is broken or a database is down. The client learns that it
 * may try again. `message` is only for the log.
 */
export class UnavailableError extends Error {}

/** The client closed the connection, so nobody reads the answer. `message` is only for the log. */
export class GoneError extends Error {}

/** The content of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
export interface Challenge {
  readonly scheme: 'Basic' | 'Bearer'
  readonly realm: string
  /** False for a request without credentials, because its answer has no error code (RFC 6750 section 3.1). */
  readonly withError: boolean
  /** The scope that the request needs (RFC 6750 section 3). */
  readonly scope?: string
}

/**
 * Why a request was refused, for operators alone: `grantd explain` shows it, and no answer to the client has it. It never contains a
 * secret, token, code, password, hash or e-mail address, nor a part of one.
 */
export interface Finding {
  /** The check that failed, in a few words that name it, such as `redirect URI of the code`. */
  readonly check: string
  /** What the check saw, such as `the code expired 12 s ago`. */
  readonly saw?: string | undefined
  /** What would have passed, such as `a code at most 60 s old`. */
  readonly wanted?: string | undefined
  /** The tenant that it concerns, where the path of the request names none: the tenant that is said to have issued the token. */
  readonly tenant?: string | undefined
}

export interface OAuthErrorOptions extends ErrorOptions {
  /** Replaces the code's own status. */
  readonly status?: number
  readonly challenge?: Challenge
  readonly retryAfterSeconds?: number
  /** The check that failed, as a code for the log and the audit trail only. */
  readonly reason?: string
  /** What `grantd explain` says of the refusal. Default: the reason, or else the sentence, is all there is to say. */
  readonly finding?: Finding | undefined
}

/** A name of at most 100 characters that an error_description may have (RFC 6749 section 5.2). */
const shownName = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,100}$/

/** Returns `sentence`, followed by the name that it is about if an error_description may have that name. */
export function nameIn(sentence: string, name: string | undefined): string {
  return name !== undefined && shownName.test(name) ? `${sentence}: ${name}` : sentence
}

/**
 * An error that the client sees. `message` is the error_description and has only the characters of RFC 6749 section 5.2. It may repeat
 * names of the request (see {@link nameIn}), but never a value that may be secret. `cause` and `reason` are for the log.
 */
export class OAuthError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly challenge: Challenge | undefined
  readonly retryAfterSeconds: number | undefined
  readonly reason: string | undefined
  readonly finding: Finding | undefined

  constructor(code: ErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(description, options)
    this.code = code
    this.status = options.status ?? errorStatus[code]
    this.challenge = options.challenge
    this.retryAfterSeconds = options.retryAfterSeconds
    this.reason = options.reason
    this.finding = options.finding
  }
}

/** Errors show only names of this form. Any other name is a text of the sender, and may be a secret in the wrong place. */
const parameterName = /^[a-z_]{1,32}$/

/** The error for a parameter that is sent twice, in a form or in a query. */
export function sentTwice(name: string): OAuthError {
  const sentence = 'A parameter was sent more than once'
  const shown = parameterName.test(name) ? name : undefined
  const finding = { check: 'parameters', saw: `${shown ?? 'a parameter'} more than once`, wanted: 'it once' }
  return new OAuthError('invalid_request', nameIn(sentence, shown), { finding })
}
