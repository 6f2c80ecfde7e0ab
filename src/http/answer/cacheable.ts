import type { Hashing } from '../../platform/hashing.ts'
import { base64url } from '../../protocol/base64url.ts'

/** Seconds for which clients and proxies may keep a public document, by default. */
const publicMaxAge = 300

export interface CacheableOptions {
  readonly hashing: Hashing
  /** Seconds; default {@link publicMaxAge}. */
  readonly maxAge?: number
}

interface Rendered {
  readonly text: string
  readonly etag: string
}

/** The rendered bodies of documents. A document that does not change, such as a JWK Set, is rendered only once. */
const renderedBodies = new WeakMap<object, Rendered>()

/**
 * A public JSON document with an ETag, or 304 if the request names that ETag (RFC 9110 section 13.1.2). `body` must never change
 * afterwards.
 */
export function cacheableJson(
  request: Request,
  body: object,
  { hashing, maxAge = publicMaxAge }: CacheableOptions,
): Response {
  const { text, etag } = renderedBodies.get(body) ?? render(body, hashing)
  const headers = { ETag: etag, 'Cache-Control': `public, max-age=${maxAge}` }
  if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  return new Response(text, { headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers } })
}

function render(body: object, hashing: Hashing): Rendered {
  const text = JSON.stringify(body)
  const digest = base64url(hashing.sha256(text))
  const rendered = { text, etag: `"${digest}"` }
  renderedBodies.set(body, rendered)
  return rendered
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false
  const candidates = ifNoneMatch.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''))
  return candidates.includes('*') || candidates.includes(etag)
}
