import { notesOf } from '../request/request-notes.ts'

/**
 * What lets a page of any origin read an answer, without credentials (Fetch Standard section 3.3). Pages ask again with the ETag,
 * and quote the request id to us.
 */
const forAnyOrigin: readonly (readonly [name: string, value: string])[] = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', 'ETag, X-Request-Id'],
]

/** What a browser wants to know before it sends headers such as If-None-Match. `*` stands for all but Authorization. */
const preflight = {
  Allow: 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': '*',
  // Seconds; browsers cut it down to what they think fit.
  'Access-Control-Max-Age': '86400',
}

/** Says that whatever answers this request is public, a refusal too: a page of any origin may read it. */
export function openToAnyOrigin(request: Request): void {
  notesOf(request).isForAnyOrigin = true
}

export function allowAnyOrigin(headers: Headers): void {
  for (const [name, value] of forAnyOrigin) headers.set(name, value)
}

/** The answer to OPTIONS for a public document, whether it is there or not. */
export function answerPreflight(request: Request): Response {
  openToAnyOrigin(request)
  return new Response(null, { status: 204, headers: preflight })
}
