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

interface LoggingDeps extends Pick<Deps, 'log' | 'metrics'> {
  /** Default: probes have no line. */
  readonly settings?: { readonly log?: { readonly probes: boolean } }
}

/** The routes that supervisors and load balancers ask every few seconds. */
const probeRoutes: readonly (string | undefined)[] = ['/health', '/health/live', '/health/ready']

/** A probe that went well says nothing, and there are thousands a day. */
function isQuietProbe({ notes, status }: FinishedRequest, { settings }: LoggingDeps): boolean {
  const isGood = status < 400 || notes.isExpected
  return isGood && !settings?.log?.probes && probeRoutes.includes(notes.route)
}

/** Writes the one log line of a request, and counts it. Probes have a line where `log.probes` says so, and where they fail. */
export function logRequest(finished: FinishedRequest, deps: LoggingDeps): void {
  const { method, id, notes, status, started } = finished
  const { log, metrics } = deps
  const milliseconds = performance.now() - started
  metrics?.countRequest(notes.route, method, status, milliseconds)
  if (notes.error !== undefined) metrics?.countError(notes.error, notes.reason, notes.finding?.check)
  if (isQuietProbe(finished, deps)) return
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
    trace_id: notes.traceId,
  })
}
