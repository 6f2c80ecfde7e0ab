import { noNotes, type RequestNotes } from '../request/request-notes.ts'

/** An answer that everybody gets who asks for the same URL. */
export interface CachedResponse {
  /** What is known of every request that gets it. */
  readonly notes: RequestNotes
  /** The answer; the caller may add headers. */
  readonly make: () => Response
}

interface Kept extends CachedResponse {
  /** What the Host header was: the server glues it and the path together into one URL. */
  readonly host: string | null
  readonly isCurrent: () => boolean
}

/** URLs whose answers are kept, at some two kilobytes each: anybody can ask under any Host. */
const mostKept = 1000
const longestUrl = 300

/**
 * Public documents that were answered before, such as a JWK Set, ready to be answered again: without routing, and without looking for
 * the tenant and its keys. An endpoint says by {@link RequestNotes.isCurrent} that its answer is such a one.
 */
export class ResponseCache {
  /** By URL, the oldest first. */
  readonly #kept = new Map<string, Kept>()

  /** The answer to a GET that names no condition; undefined when there is none, or it is no longer right. */
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

  /** Keeps an answer, with every header but those of this one request, when its endpoint says that it may be given again. */
  async keep(request: Request, response: Response, notes: RequestNotes): Promise<void> {
    const { route, tenant, isCurrent } = notes
    const isOne = isCurrent && request.method === 'GET' && response.status === 200
    if (!isOne || request.url.length > longestUrl || request.url.includes('?')) return
    const copy = response.clone()
    const headers = new Headers(copy.headers)
    const text = await copy.text()
    const [oldest] = this.#kept.size >= mostKept ? this.#kept.keys() : []
    if (oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(request.url, {
      host: request.headers.get('host'),
      isCurrent,
      notes: { ...noNotes, route, tenant },
      make: () => new Response(text, { headers }),
    })
  }
}
