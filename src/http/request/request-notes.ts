import type { Proof } from '../../clients/authentication/proof.ts'
import type { RateLimitFields } from '../../limits/rates/token-rates.ts'
import type { Finding } from '../../protocol/errors.ts'
import { defaultLimits, type RequestLimits } from './request-limits.ts'

/** The facts about a request for its log line and its audit events. They never contain a secret, token or body. */
export interface RequestNotes {
  readonly id: string
  /** The address of the sender, see client-address.ts; undefined if unknown. */
  readonly address: () => string | undefined
  readonly limits: RequestLimits
  /** The pattern of the route, such as `/api/v1/tenant/:tenant/strategies`. */
  route: string | undefined
  /** The tenant, if it exists. An id of no tenant is a text of the sender, so it is not noted. */
  tenant: string | undefined
  /** The client, if it exists. Any other id may be a secret in the wrong field, so it is not noted. */
  clientId: string | undefined
  /** The authenticated caller: the id of a client or of an API key. */
  actor: string | undefined
  /** The tenant of the caller's token, if access depends on it. */
  callerTenant: string | undefined
  /** The credential that proved the client. */
  proof: Proof | undefined
  error: string | undefined
  /** The cause of the error, for the log only. */
  reason: string | undefined
  /** The sentence of the error, as the client sees it. */
  sentence: string | undefined
  /** Which check refused the request, with what it saw and what it wanted; for `grantd explain` only. */
  finding: Finding | undefined
  /** A 5xx is the normal answer here, so the log has it as information. */
  isExpected: boolean
  /** Pages of every origin may read the answer, see cors.ts. */
  isForAnyOrigin: boolean
  /** The trace of the request, 32 hex digits; undefined: it is not traced. */
  traceId: string | undefined
  /** The rates that apply to the request, for the headers of the answer. */
  rateLimit: RateLimitFields | undefined
  /** Pages of this origin may read the answer; undefined: of none, see cors.ts. */
  allowedOrigin: string | undefined
}

/** The notes of a request about which nothing is known yet. */
export const noNotes: RequestNotes = {
  id: '',
  address: () => undefined,
  limits: defaultLimits,
  route: undefined,
  tenant: undefined,
  clientId: undefined,
  actor: undefined,
  callerTenant: undefined,
  proof: undefined,
  error: undefined,
  reason: undefined,
  sentence: undefined,
  finding: undefined,
  isExpected: false,
  isForAnyOrigin: false,
  traceId: undefined,
  allowedOrigin: undefined,
  rateLimit: undefined,
}

const notesByRequest = new WeakMap<Request, RequestNotes>()

/** Opens the notes of a request. handler.ts does it once, before everything else. */
export function openNotes(
  request: Request,
  { id, address, limits }: Pick<RequestNotes, 'id' | 'address' | 'limits'>,
): RequestNotes {
  const notes = { ...noNotes, id, address, limits }
  notesByRequest.set(request, notes)
  return notes
}

/** The notes that handler.ts opened for a request. */
export function notesOf(request: Request): RequestNotes {
  return notesByRequest.get(request) ?? openNotes(request, noNotes)
}
