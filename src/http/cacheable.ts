import type { Hashing } from '../platform/platform.ts'

/** Seconds that clients and proxies may keep public documents. */
export const publicMaxAge = 300

/**
 * A public JSON document with an ETag, or 304 when the request has it already (RFC 9110 section 13.1.2).
 */
export function cacheableJson(request: Request, body: unknown, hashing: Hashing): Response {
  const text = JSON.stringify(body)
  const digest = hashing.sha256(text).toBase64({ alphabet: 'base64url', omitPadding: true })
  const etag = `"${digest}"`
  const headers = { ETag: etag, 'Cache-Control': `public, max-age=${publicMaxAge}` }
  if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  return new Response(text, { headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers } })
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false
  const candidates = ifNoneMatch.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''))
  return candidates.includes('*') || candidates.includes(etag)
}
