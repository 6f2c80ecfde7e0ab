import { noStore } from './no-store.ts'
import { addSecurityHeaders } from './security-headers.ts'

const contentType = { 'Content-Type': 'application/json; charset=utf-8' } as const

/** The headers of most answers, made once: copying them costs a third of making them. */
const usualHeaders = new Headers({ ...contentType, ...noStore })
addSecurityHeaders(usualHeaders)

export interface JsonOptions {
  /** Default: 200. */
  readonly status?: number
  /** Headers besides the content type and {@link noStore}. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A JSON answer that no cache may store. */
export function json(body: unknown, { status = 200, headers }: JsonOptions = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: headers ? { ...contentType, ...noStore, ...headers } : usualHeaders,
  })
}

/** A JSON answer without cache headers. It is the same for every caller and has no secret. */
export function publicJson(body: unknown): Response {
  return new Response(JSON.stringify(body), { headers: contentType })
}
