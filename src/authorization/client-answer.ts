import type { ErrorCode } from '../protocol/errors.ts'
import type { ReturnAddress } from './authorization-request.ts'

/** An answer for the client: its redirect URI, and the members that go there. */
export interface ClientAnswer extends Pick<ReturnAddress, 'redirectUri' | 'responseMode'> {
  readonly parameters: Readonly<Record<string, string>>
}

/** What is answered: a code, or an error (RFC 6749 sections 4.1.2 and 4.1.2.1). */
export type ClientResult =
  | { readonly code: string }
  | { readonly error: ErrorCode; readonly error_description: string }

/** The answer to a request, with its state, and with the issuer against mix-up attacks (RFC 9207). */
export function makeClientAnswer(
  { redirectUri, responseMode, state }: Omit<ReturnAddress, 'client'>,
  result: ClientResult,
  issuer: string,
): ClientAnswer {
  const parameters = { ...result, ...(state !== undefined && { state }), iss: issuer }
  return { redirectUri, responseMode, parameters }
}

/**
 * The URL of an answer of the mode `query`. The redirect URI stays as the client wrote it, with its own query (RFC 6749 section 3.1.2): a
 * parser might write it in another way, or refuse the scheme of an app.
 */
export function clientAnswerUrl({ redirectUri, parameters }: Omit<ClientAnswer, 'responseMode'>): string {
  const join = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&'
  return `${redirectUri}${join}${new URLSearchParams(parameters)}`
}
