import type { Deps } from '../deps.ts'
import type { Peer } from '../platform/network.ts'
import { OAuthError } from '../protocol/errors.ts'
import { allowAnyOrigin } from './answer/cors.ts'
import { renderError } from './answer/render-error.ts'
import { ResponseCache } from './answer/response-cache.ts'
import { addSecurityHeaders } from './answer/security-headers.ts'
import { createAddressFinder } from './request/client-address.ts'
import { createRequestIds, resolveRequestId } from './request/request-id.ts'
import { openNotes, type RequestNotes } from './request/request-notes.ts'

export type Handler = (request: Request, peer?: Peer) => Response | Promise<Response>

const unknownPeer: Peer = { address: () => undefined }

type HandlerDeps = Pick<Deps, 'now' | 'randomBytes' | 'log' | 'lifecycle' | 'metrics' | 'trustedProxies'>

/**
 * What every request goes through, whatever happens inside: a request id, a target that makes sense, HEAD as GET
 * without a body, security headers, and one log line.
 */
export function wrapHandler(inner: (request: Request) => Promise<Response>, deps: HandlerDeps): Handler {
  const ready = new ResponseCache()
  const newId = createRequestIds(deps.randomBytes)
  const addressOf = createAddressFinder(deps.trustedProxies)

  function answerReady(request: Request): Response | undefined {
    const started = performance.now()
    const found = isStaying(deps) ? ready.find(request) : undefined
    if (!found) return undefined
    const id = resolveRequestId(request.headers.get('x-request-id'), newId)
    const response = found.make()
    response.headers.set('X-Request-Id', id)
    logRequest({ method: 'GET', id, notes: found.notes, status: 200, started }, deps)
    return response
  }

  async function answerAnew(request: Request, peer: Peer): Promise<Response> {
    const started = performance.now()
    const id = resolveRequestId(request.headers.get('x-request-id'), newId)
    const isHead = request.method === 'HEAD'
    const fault = findTargetFault(request)
    // A target that is no URL cannot even be made into another request.
    const asked = isHead && !fault ? new Request(request, { method: 'GET' }) : request
    const notes = openNotes(asked, id, addressOf(request, peer))
    const response = fault ? renderError(fault, notes) : await answer(asked, inner, notes)
    const finished = isHead ? await withoutBody(response) : response
    addSecurityHeaders(finished.headers)
    if (notes.isForAnyOrigin) allowAnyOrigin(finished.headers)
    if (notes.isCurrent) await ready.keep(request, finished, notes)
    finished.headers.set('X-Request-Id', id)
    // An idle connection that is kept open would hold up the end.
    if (!isStaying(deps)) finished.headers.set('Connection', 'close')
    logRequest({ method: request.method, id, notes, status: finished.status, started }, deps)
    return finished
  }

  return (request, peer = unknownPeer) => answerReady(request) ?? answerAnew(request, peer)
}

/** Whether connections are kept open after an answer. */
function isStaying({ lifecycle: { phase, isLeaving } }: Pick<Deps, 'lifecycle'>): boolean {
  return phase !== 'stopping' && isLeaving !== true
}

async function answer(
  request: Request,
  inner: (request: Request) => Promise<Response>,
  notes: RequestNotes,
): Promise<Response> {
  try {
    return await inner(request)
  } catch (error) {
    return renderError(error, notes)
  }
}

/** An empty one is what a client sends that has no name for the server (RFC 9112 section 3.2). */
const saneHost = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/**
 * The server glues Host and path together into one URL, so a Host with a slash in it would choose the path: `invalid_request` for
 * it, for a fragment, and for whatever else is no URL (RFC 9112 section 3.2); undefined for a target that makes sense.
 */
function findTargetFault({ url, headers }: Request): OAuthError | undefined {
  const host = headers.get('host')
  if ((!host || saneHost.test(host)) && !url.includes('#') && URL.canParse(url)) return undefined
  return new OAuthError('invalid_request', 'The request target or the Host header is malformed')
}

/** The headers of the answer, the length of the body that is left out among them (RFC 9110 section 9.3.2). */
async function withoutBody(response: Response): Promise<Response> {
  const { byteLength } = await response.arrayBuffer()
  const bare = new Response(null, response)
  if (byteLength > 0) bare.headers.set('Content-Length', String(byteLength))
  return bare
}

interface Finished {
  readonly method: string
  readonly id: string
  readonly notes: RequestNotes
  readonly status: number
  readonly started: number
}

function logRequest({ method, id, notes, status, started }: Finished, { log, metrics }: HandlerDeps): void {
  const milliseconds = performance.now() - started
  metrics?.countRequest(notes.route, method, status, milliseconds)
  log(status >= 500 && !notes.isExpected ? 'error' : 'info', 'request', {
    request_id: id,
    method,
    route: notes.route,
    status,
    duration_ms: Math.round(milliseconds * 1000) / 1000,
    tenant: notes.tenant,
    client_id: notes.clientId,
    secret_id: notes.proof?.kind === 'secret' ? notes.proof.id : undefined,
    error: notes.error,
    reason: notes.reason,
  })
}
