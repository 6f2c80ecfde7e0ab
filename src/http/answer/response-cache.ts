import { BoundedMap } from '../../bounded-map.ts'
import type { Deps } from '../../deps.ts'
import type { Peer } from '../../platform/network.ts'
import { resolveRequestId } from '../request/request-id.ts'
import { logRequest } from '../request/request-log.ts'
import { noNotes, notesOf, type RequestNotes } from '../request/request-notes.ts'
import { staysOpen } from './connection.ts'

/**
 * The response cache answers a public document such as a JWK Set again, without routing and without finding the tenant and its keys.
 * It has two seams: one line in handler.ts, and one call of {@link repeatWhile} in tenant-document.ts.
 */

/** By request, the function that says whether its answer is still current. */
const repeatable = new WeakMap<Request, () => boolean>()

/** Makes every GET of the same URL get this answer, as long as `isCurrent` returns true. */
export function repeatWhile(request: Request, isCurrent: () => boolean): void {
  repeatable.set(request, isCurrent)
}

interface CachedResponse {
  /** The Host header. The server joins it and the path into one URL. */
  readonly host: string | null
  readonly isCurrent: () => boolean
  /** The notes of the first request, for the log lines of the others. */
  readonly notes: RequestNotes
  readonly make: () => Response
}

type CacheDeps = Pick<Deps, 'log' | 'metrics' | 'lifecycle' | 'tracing'> & { readonly newId: () => string }

/** `answer`, with a cache in front of it. */
export function withResponseCache(
  answer: (request: Request, peer?: Peer) => Promise<Response>,
  deps: CacheDeps,
): (request: Request, peer?: Peer) => Response | Promise<Response> {
  const cache = new ResponseCache()

  function answerAgain(request: Request): Response | undefined {
    const started = performance.now()
    const cached = staysOpen(deps.lifecycle) ? cache.find(request) : undefined
    if (!cached) return undefined
    const id = resolveRequestId(request.headers.get('x-request-id'), deps.newId)
    const response = cached.make()
    response.headers.set('X-Request-Id', id)
    const traced = deps.tracing?.begin(request)
    const notes = traced ? { ...cached.notes, traceId: traced.traceId } : cached.notes
    const done = { method: 'GET', id, notes, status: 200, started }
    logRequest(done, deps)
    traced?.end({ ...notes, ...done })
    return response
  }

  async function keep(request: Request, response: Response, isCurrent: () => boolean): Promise<Response> {
    await cache.keep(request, response, isCurrent)
    return response
  }

  return (request, peer) =>
    answerAgain(request) ??
    answer(request, peer).then((response) => {
      const isCurrent = repeatable.get(request)
      return isCurrent ? keep(request, response, isCurrent) : response
    })
}

/** URLs in the cache, about two kilobytes each; at most twice as many. The number is bounded, because a request can have any Host. */
const mostKept = 500
const longestUrl = 300

class ResponseCache {
  /** By URL. */
  readonly #kept = new BoundedMap<CachedResponse>({ most: mostKept })

  /** The answer to a GET without a condition; undefined when there is none, or when it is not current. */
  find(request: Request): CachedResponse | undefined {
    if (request.method !== 'GET') return undefined
    const kept = this.#kept.get(request.url)
    if (!kept) return undefined
    const { headers } = request
    if (headers.get('host') !== kept.host || headers.get('if-none-match') !== null) return undefined
    if (kept.isCurrent()) return kept
    this.#kept.delete(request.url)
    return undefined
  }

  /** Keeps a good answer with all of its headers but the request id. */
  async keep(request: Request, response: Response, isCurrent: () => boolean): Promise<void> {
    const isWhole = request.method === 'GET' && response.status === 200 && !response.headers.has('connection')
    if (!isWhole || request.url.length > longestUrl || request.url.includes('?')) return
    const copy = response.clone()
    const headers = new Headers(copy.headers)
    headers.delete('X-Request-Id')
    const text = await copy.text()
    const { route, tenant } = notesOf(request)
    this.#kept.set(request.url, {
      host: request.headers.get('host'),
      isCurrent,
      notes: { ...noNotes, route, tenant },
      make: () => new Response(text, { headers }),
    })
  }
}
