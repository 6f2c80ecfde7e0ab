import type { Deps } from '../deps.ts'
import { renderError } from './errors.ts'
import { resolveRequestId } from './request-id.ts'
import { openNotes, type RequestNotes } from './request-notes.ts'
import { addSecurityHeaders } from './security-headers.ts'

export type Handler = (request: Request) => Promise<Response>

type HandlerDeps = Pick<Deps, 'now' | 'randomBytes' | 'log' | 'lifecycle'>

/**
 * What every request goes through, whatever happens inside: a request id, HEAD as GET without a body, security
 * headers, and one log line.
 */
export function wrapHandler(inner: Handler, deps: HandlerDeps): Handler {
  return async (request) => {
    const started = performance.now()
    const id = resolveRequestId(request.headers.get('x-request-id'), deps.randomBytes)
    const isHead = request.method === 'HEAD'
    const asked = isHead ? new Request(request, { method: 'GET' }) : request
    const notes = openNotes(asked, id)
    const response = await inner(asked).catch((error: unknown) => renderError(error, notes))
    const answer = isHead ? await withoutBody(response) : response
    answer.headers.set('X-Request-Id', id)
    addSecurityHeaders(answer.headers)
    // An idle connection that is kept open would hold up the end.
    if (deps.lifecycle.phase === 'stopping') answer.headers.set('Connection', 'close')
    logRequest({ method: request.method, notes, status: answer.status, started }, deps)
    return answer
  }
}

/** The headers of the answer, the length of the body that is left out among them (RFC 9110 section 9.3.2). */
async function withoutBody(response: Response): Promise<Response> {
  const { byteLength } = await response.arrayBuffer()
  const answer = new Response(null, response)
  if (byteLength > 0) answer.headers.set('Content-Length', String(byteLength))
  return answer
}

interface Finished {
  readonly method: string
  readonly notes: RequestNotes
  readonly status: number
  readonly started: number
}

function logRequest({ method, notes, status, started }: Finished, { log }: HandlerDeps): void {
  log(status >= 500 ? 'error' : 'info', 'request', {
    request_id: notes.id,
    method,
    route: notes.route,
    status,
    duration_ms: Math.round((performance.now() - started) * 1000) / 1000,
    tenant: notes.tenant,
    client_id: notes.clientId,
    error: notes.error,
    reason: notes.reason,
  })
}
