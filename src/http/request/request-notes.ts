import type { Proof } from '../../clients/proof.ts'

/** What is known of a request by its end, for the one log line that it gets. Never a secret, token or body. */
export interface RequestNotes {
  readonly id: string
  /** Where it comes from, see client-address.ts; undefined where it is not known. */
  readonly address: () => string | undefined
  /** The pattern of the route, such as `/api/v1/tenant/:tenant/strategies`. */
  route: string | undefined
  /** A tenant that exists: anything else is the sender's own text. */
  tenant: string | undefined
  /** A client that exists: people do send their secret in the wrong field. */
  clientId: string | undefined
  /** Who proved to be somebody: a client, or an API key by its id. */
  actor: string | undefined
  /** The tenant of the token that the caller has, where that decides. */
  callerTenant: string | undefined
  /** With what the client proved who it is. */
  proof: Proof | undefined
  error: string | undefined
  /** Why, for the log alone. */
  reason: string | undefined
  /** A 5xx is what was asked for, and no reason for an alarm. */
  isExpected: boolean
  /** Pages of other origins may read the answer: see cors.ts. */
  isForAnyOrigin: boolean
}

/** Of a request of which nothing is known yet. */
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

/** The notes of a request that came through handler.ts. */
export function notesOf(request: Request): RequestNotes {
  return notesByRequest.get(request) ?? openNotes(request, '', () => undefined)
}
