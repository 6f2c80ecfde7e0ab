import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { notesOf, type RequestNotes } from '../request/request-notes.ts'

/**
 * CORS without credentials (Fetch Standard section 3.3). An endpoint whose answers a page of any origin may read has one line,
 * `.use(openToAnyOrigin(path))`, before its routes.
 */

/** Lets a page of any origin read an answer. Pages ask again with the ETag, and quote the request id to us. */
const forAnyOrigin: readonly (readonly [name: string, value: string])[] = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', 'ETag, X-Request-Id'],
]

/** The defaults fit a public document. */
export interface CorsOptions {
  /** Default: GET and HEAD. */
  readonly methods?: readonly string[]
  /** Request headers that a page may send. Default: `*`, which stands for all but Authorization. */
  readonly headers?: string
}

const documentMethods = ['GET', 'HEAD']

/**
 * Answers preflights of `path`, and opens every answer of the plugin that uses it to any origin, errors too. The routes of the
 * plugin come after it.
 */
export function openToAnyOrigin(path: string, options: CorsOptions = {}) {
  return new Elysia()
    .onTransform({ as: 'scoped' }, ({ request }) => markOpen(request))
    .options(path, ({ request }) => answerPreflight(request, options), { detail: { hide: true } })
}

/** Opens the answer to this request, for a route whose path alone does not say whether it is open. */
export function markOpen(request: Request): void {
  notesOf(request).isForAnyOrigin = true
}

/** The answer to OPTIONS, whether or not the path exists. */
export function answerPreflight(
  request: Request,
  { methods = documentMethods, headers = '*' }: CorsOptions = {},
): Response {
  markOpen(request)
  return new Response(null, {
    status: 204,
    headers: {
      Allow: [...methods, 'OPTIONS'].join(', '),
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': headers,
      // Seconds. Browsers have a lower limit and then use that.
      'Access-Control-Max-Age': '86400',
    },
  })
}

/** Adds what the notes say about other origins. */
export function addCorsHeaders(headers: Headers, { isForAnyOrigin, allowedOrigin }: CorsNotes): void {
  if (isForAnyOrigin) for (const [name, value] of forAnyOrigin) headers.set(name, value)
  if (allowedOrigin === undefined) return
  headers.set('Access-Control-Allow-Origin', allowedOrigin)
  headers.set(
    'Access-Control-Expose-Headers',
    'RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id',
  )
  headers.append('Vary', 'Origin')
}

type CorsNotes = Pick<RequestNotes, 'isForAnyOrigin' | 'allowedOrigin'>

/** Lets a page read the answer, an error too, if its origin is one of the client's `allowed_origins`. */
export function allowOriginsOf(request: Request, { allowed_origins }: AllowedOrigins): void {
  const origin = request.headers.get('origin')
  if (origin !== null && allowed_origins.includes(origin)) notesOf(request).allowedOrigin = origin
}

interface AllowedOrigins {
  readonly allowed_origins: readonly string[]
}

/**
 * Answers preflights of an endpoint whose answers only pages of the client's own origins may read. A preflight names no client, so every
 * origin may ask at a tenant with people; whether its page gets to read the answer is decided with {@link allowOriginsOf}.
 */
export function answerClientPreflights(
  path: string,
  methods: readonly string[],
  { tenants }: Pick<Deps, 'tenants'>,
) {
  return new Elysia().options(
    path,
    async ({ request, params }) => {
      const { tenant = '' } = params as Readonly<Record<string, string>>
      const found = await tenants.find(tenant)
      if (found?.oidc) return answerPreflight(request, { methods, headers: 'Authorization, Content-Type' })
      return new Response(null, { status: 204, headers: { Allow: [...methods, 'OPTIONS'].join(', ') } })
    },
    { detail: { hide: true } },
  )
}
