import { renderCause } from '../../log.ts'
import { type Challenge, clientGone, GoneError, OAuthError, UnavailableError } from '../../protocol/errors.ts'
import type { ErrorResponse } from '../../protocol/messages.ts'
import type { RequestNotes } from '../request/request-notes.ts'
import { json } from './json.ts'
import { noStore } from './no-store.ts'

/**
 * Turns an error into an answer in JSON. No other code does this; `withErrorPages` of http/browser/page-answer.ts makes pages. For an
 * error that is not an OAuthError, the log gets the cause and the client gets `server_error`.
 */
export function renderError(error: unknown, notes: RequestNotes): Response {
  const known = noteError(error, notes)
  const headers: Record<string, string> = {}
  if (known.challenge) headers['WWW-Authenticate'] = renderChallenge(known.challenge, known)
  if (known.retryAfterSeconds !== undefined) headers['Retry-After'] = String(known.retryAfterSeconds)
  // RFC 6750 section 3.1: the answer to a request without credentials has no error code.
  if (known.challenge?.scheme === 'Bearer' && !known.challenge.withError) {
    return new Response(null, { status: known.status, headers: { ...noStore, ...headers } })
  }
  const body: ErrorResponse = { error: known.code, error_description: known.message }
  return json(body, { status: known.status, headers })
}

/** The error that the client sees. The notes get its code, its sentence, its cause and its finding. */
export function noteError(error: unknown, notes: RequestNotes): OAuthError {
  const known = error instanceof OAuthError ? error : hideError(error)
  notes.error = known.code
  notes.reason = known.cause === undefined ? known.reason : renderCause(known.cause)
  notes.sentence = known.message
  notes.finding = known.finding
  return known
}

/** Seconds after which a client should retry. */
const retryAfterSeconds = 5

function hideError(cause: unknown): OAuthError {
  if (cause instanceof UnavailableError) {
    const options = { cause, retryAfterSeconds }
    return new OAuthError('temporarily_unavailable', 'The server cannot answer this right now', options)
  }
  if (cause instanceof GoneError)
    return new OAuthError('temporarily_unavailable', 'The connection is closed', {
      cause,
      status: clientGone,
    })
  return new OAuthError('server_error', 'The server met an unexpected condition', { cause })
}

function renderChallenge(challenge: Challenge, { code, message }: OAuthError): string {
  const { scheme, realm, withError, scope } = challenge
  const parameters = [`realm="${realm}"`]
  if (withError) parameters.push(`error="${code}"`, `error_description="${message}"`)
  if (scope !== undefined) parameters.push(`scope="${scope}"`)
  return `${scheme} ${parameters.join(', ')}`
}
