import type { Deps } from '../../deps.ts'
import type { RequestNotes } from './request-notes.ts'

export interface FinishedRequest {
  readonly method: string
  readonly id: string
  readonly notes: RequestNotes
  readonly status: number
  /** When it began, by performance.now(). */
  readonly started: number
}

/** Writes the one log line of a request, and counts it. */
export function logRequest(
  { method, id, notes, status, started }: FinishedRequest,
  { log, metrics }: Pick<Deps, 'log' | 'metrics'>,
): void {
  const milliseconds = performance.now() - started
  metrics?.countRequest(notes.route, method, status, milliseconds)
  if (notes.error !== undefined) metrics?.countError(notes.error, notes.reason, notes.finding?.check)
  log(status >= 500 && !notes.isExpected ? 'error' : 'info', 'request', {
    request_id: id,
    method,
    route: notes.route,
    status,
    duration_ms: Math.round(milliseconds * 1000) / 1000,
    tenant: notes.tenant,
    client_id: notes.clientId,
    secret_id: notes.proof?.kind === 'secret' ? notes.proof.id : undefined,
    key_id: notes.proof?.kind === 'key' ? notes.proof.id : undefined,
    error: notes.error,
    reason: notes.reason,
  })
}
