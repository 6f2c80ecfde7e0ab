import { addSecurityHeaders } from '../../http/answer/security-headers.ts'
import type { ListenOptions } from '../../platform/network.ts'

/** Names of parameters that carry a secret, or something that can be used in place of one. */
const secrets = [
  'access_token',
  'refresh_token',
  'token',
  'code',
  'client_secret',
  'client_assertion',
  'assertion',
  'subject_token',
  'actor_token',
  'password',
  'device_code',
  'user_code',
  'id_token_hint',
  'logout_token',
]

/**
 * Answers plain http: sends a browser on to the same path below the public URL, whatever Host says. Everything else is refused, because a
 * redirect would hide from a client that it has just sent its secret in clear (RFC 9700 section 2.6, RFC 6797 section 7.2).
 */
export function createRedirect(findPublicUrl: () => string): ListenOptions['fetch'] {
  return (request) => {
    // The URL contains the Host of the request, which may be any text.
    if (!URL.canParse(request.url)) return answer(400, null, {})
    const { pathname, search, searchParams } = new URL(request.url)
    const isBrowsing = request.method === 'GET' || request.method === 'HEAD'
    const hasSecret = request.headers.has('authorization') || secrets.some((name) => searchParams.has(name))
    if (!isBrowsing || hasSecret) return refuse()
    return answer(308, null, { Location: `${findPublicUrl()}${pathname}${search}` })
  }
}

function refuse(): Response {
  const body = {
    error: 'invalid_request',
    error_description: 'This port is plain http; ask by https, and replace a secret that was sent here',
  }
  return answer(403, JSON.stringify(body), { 'Content-Type': 'application/json' })
}

function answer(status: number, body: string | null, headers: Readonly<Record<string, string>>): Response {
  const all = new Headers({ ...headers, Connection: 'close', 'Cache-Control': 'no-store' })
  addSecurityHeaders(all)
  return new Response(body, { status, headers: all })
}
