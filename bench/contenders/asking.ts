import type { HttpRequest } from '../measure/wrk.ts'
import type { Entry } from '../rounds.ts'
import type { Server } from './server.ts'

/** What an answer has to be for a round to count. */
export interface Expectation {
  readonly status: number
  /** Throws an Error that says what is wrong with the body. */
  check(body: string): void
}

/** The same request again and again. */
export function toRequestEntry(
  { name, kind }: Pick<Entry, 'name' | 'kind'>,
  server: Server,
  { request, expected }: { request: HttpRequest; expected: Expectation },
): Entry {
  return {
    name,
    kind,
    prepare: async () => ({ origin: server.origin, requests: [request], order: 'one', connections: 32 }),
    async verify() {
      const response = await send(server.origin, request)
      const body = await response.text()
      if (response.status !== expected.status)
        throw new Error(`${request.path} answers ${response.status}, wanted ${expected.status}: ${body}`)
      expected.check(body)
    },
    measure: () => server.measure(),
  }
}

export function send(origin: string, { method, path, authorization, contentType, body }: HttpRequest) {
  return fetch(origin + path, {
    method,
    // As in fetchToken.
    keepalive: false,
    headers: {
      ...(authorization && { Authorization: authorization }),
      ...(contentType && { 'Content-Type': contentType }),
    },
    ...(body && { body }),
  })
}
