import type { Deps } from '../deps.ts'
import type { RateLimitFields } from '../limits/rates/token-rates.ts'
import type { Peer } from '../platform/network.ts'
import { staysOpen } from './answer/connection.ts'
import { addCorsHeaders } from './answer/cors.ts'
import { renderError } from './answer/render-error.ts'
import { withResponseCache } from './answer/response-cache.ts'
import { addSecurityHeaders, hstsOf } from './answer/security-headers.ts'
import { requestTimeout } from './request/body.ts'
import { createAddressFinder, type ProxySettings } from './request/client-address.ts'
import { noteRefusal } from './request/noted-refusal.ts'
import { createRequestIds, resolveRequestId } from './request/request-id.ts'
import { readLimits } from './request/request-limits.ts'
import { logRequest } from './request/request-log.ts'
import { openNotes, type RequestNotes } from './request/request-notes.ts'
import { findTargetFault } from './request/target.ts'

export type Handler = (request: Request, peer?: Peer) => Response | Promise<Response>

type Route = (request: Request) => Response | Promise<Response>

const unknownPeer: Peer = { address: () => undefined }

interface HandlerDeps
  extends Pick<
    Deps,
    'now' | 'randomBytes' | 'log' | 'lifecycle' | 'metrics' | 'heldRefusals' | 'publicUrl' | 'tracing'
  > {
  readonly settings: {
    readonly server: ProxySettings & Pick<Deps['settings']['server'], 'connections' | 'tls'>
    /** Default: probes have no line. */
    readonly log?: Deps['settings']['log']
  }
  /** Default: no refusal is kept. */
  readonly refusals?: Deps['refusals']
  readonly bodyDeadlines?: Deps['bodyDeadlines']
}

/**
 * Does for every request what does not depend on its route: a request id, a check of the target, HEAD as GET without a body, security
 * headers, and one log line.
 */
export function wrapHandler(inner: Route, deps: HandlerDeps): Handler {
  const newId = createRequestIds(deps.randomBytes)
  const limits = readLimits(deps)
  const addressOf = createAddressFinder(deps.settings.server)
  const hsts = hstsOf(deps.publicUrl, deps.settings.server.tls)

  async function answer(request: Request, peer: Peer = unknownPeer): Promise<Response> {
    const started = performance.now()
    const id = resolveRequestId(request.headers.get('x-request-id'), newId)
    const isHead = request.method === 'HEAD'
    const fault = findTargetFault(request, limits.url)
    // A target that is no URL cannot be made into another request.
    const asked = isHead && !fault ? new Request(request, { method: 'GET' }) : request
    const notes = openNotes(asked, { id, address: addressOf(request, peer), limits })
    const traced = deps.tracing?.begin(request)
    if (traced) notes.traceId = traced.traceId
    const route = () => answerRoute(asked, inner, notes)
    const response = fault ? renderError(fault, notes) : await (traced ? traced.run(route) : route())
    const finished = isHead ? await withoutBody(response) : response
    addSecurityHeaders(finished.headers)
    if (hsts !== undefined) finished.headers.set('Strict-Transport-Security', hsts)
    addCorsHeaders(finished.headers, notes)
    finished.headers.set('X-Request-Id', id)
    if (notes.rateLimit) addRateLimit(finished.headers, notes.rateLimit)
    // Nothing is believed that follows a malformed request, and the rest of a body that came too slowly is not waited for.
    const isLast = fault !== undefined || finished.status === requestTimeout
    if (isLast || !staysOpen(deps.lifecycle)) finished.headers.set('Connection', 'close')
    const done = { method: request.method, id, notes, status: finished.status, started }
    logRequest(done, deps)
    noteRefusal(done, deps)
    traced?.end({ ...notes, method: request.method, status: finished.status })
    const held = deps.heldRefusals?.hold(finished)
    if (held) await held
    return finished
  }

  return withResponseCache(answer, { ...deps, newId })
}

function addRateLimit(headers: Headers, { policy, limit }: RateLimitFields): void {
  headers.set('RateLimit-Policy', policy)
  headers.set('RateLimit', limit)
}

async function answerRoute(request: Request, inner: Route, notes: RequestNotes): Promise<Response> {
  try {
    return await inner(request)
  } catch (error) {
    return renderError(error, notes)
  }
}

/** The headers of the answer, with the length of the body that is left out (RFC 9110 section 9.3.2). */
async function withoutBody(response: Response): Promise<Response> {
  const { byteLength } = await response.arrayBuffer()
  const bare = new Response(null, response)
  if (byteLength > 0) bare.headers.set('Content-Length', String(byteLength))
  return bare
}
