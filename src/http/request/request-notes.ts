import type { Proof } from '../../clients/authentication/proof.ts'

/** What is known about a request at its end, for its log line and its audit events. Never a secret, token or body. */
export interface RequestNotes {
  readonly id: string
  /** The address of the sender, see client-address.ts; undefined if unknown. */
  readonly address: () => string | undefined
  /** The pattern of the route, such as `/api/v1/tenant/:tenant/strategies`. */
  route: string | undefined
  /** A tenant that exists. Any other id is a text of the sender. */
  tenant: string | undefined
  /** A client that exists. Any other id may be a secret in the wrong field. */
  clientId: string | undefined
  /** Who is authenticated: the id of a client or of an API key. */
  actor: string | undefined
  /** The tenant of the caller's token, where access depends on it. */
  callerTenant: string | undefined
  /** What proved the client. */
  proof: Proof | undefined
  error: string | undefined
  /** The cause of the error, for the log only. */
  reason: string | undefined
  /** A 5xx is the normal answer here, so the log has it as information. */
  isExpected: boolean
  /** Pages of every origin may read the answer, see cors.ts. */
  isForAnyOrigin: boolean
}

/** The notes of a request about which nothing is known yet. */
export const noNotes: RequestNotes = {
  id: '',
  address: () => undefined,
  route: undefined,
  tenant: undefined,
  clientId: undefined,
  actor: undefined,
  callerTenant: undefined,
  proof: undefined,
  error: undefined,
  reason: undefined,
  isExpected: false,
  isForAnyOrigin: false,
}

const notesByRequest = new WeakMap<Request, RequestNotes>()

export function openNotes(request: Request, id: string, address: RequestNotes['address']): RequestNotes {
  const notes = { ...noNotes, id, address }
  notesByRequest.set(request, notes)
  return notes
}

/** The notes that handler.ts opened for a request. */
export function notesOf(request: Request): RequestNotes {
  return notesByRequest.get(request) ?? openNotes(request, '', () => undefined)
}
