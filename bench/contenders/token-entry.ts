import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { Algorithm } from '../measure/openssl.ts'
import type { HttpRequest } from '../measure/wrk.ts'
import type { Entry } from '../rounds.ts'
import { audience, type Contender, client, form, scope, type TokenServer, tokenForm } from './contender.ts'

export interface TokenLoad {
  /** As in Row; default: none. */
  readonly group?: string
  readonly algorithm: Algorithm
  readonly connections: number
  readonly closing?: boolean
}

/** Token requests of the one client, as fast as they go. */
export function toTokenEntry(
  { name, kind }: Pick<Contender, 'name' | 'kind'>,
  started: TokenServer,
  { algorithm, group, ...load }: TokenLoad,
): Entry {
  const { server } = started
  const requests = [toTokenRequest(started)]
  return {
    name,
    ...(group && { group }),
    kind,
    prepare: async () => ({ origin: server.origin, requests, order: 'one', ...load }),
    verify: () => verifyToken(started, algorithm),
    measure: () => server.measure(),
  }
}

/** Asks for a token as the client of the benchmark, or as another. */
export function toTokenRequest(
  { tokenPath }: Pick<TokenServer, 'tokenPath'>,
  asking?: Parameters<typeof tokenForm>[0],
): HttpRequest {
  return { method: 'POST', path: tokenPath, contentType: form, body: tokenForm(asking) }
}

/** Whose token is asked for, and for whom. */
export interface Wanted {
  readonly id: string
  readonly secret: string
  readonly audience: string
}

/** Throws unless the server issues a token that its published keys, the algorithm and the claims confirm. */
export async function verifyToken(
  started: TokenServer,
  algorithm: Algorithm,
  wanted: Wanted = { ...client, audience },
): Promise<void> {
  const { server, jwksPath, issuer } = started
  const keys = createRemoteJWKSet(new URL(server.origin + jwksPath))
  const { payload } = await jwtVerify(await fetchToken(started, wanted), keys, {
    issuer,
    audience: wanted.audience,
    algorithms: [algorithm],
    requiredClaims: ['iat', 'exp', 'jti'],
  })
  if (payload['client_id'] !== wanted.id || payload['scope'] !== scope)
    throw new Error(`The token is of another client or scope: ${JSON.stringify(payload)}`)
}

export async function fetchToken(
  { server, tokenPath }: Pick<TokenServer, 'server' | 'tokenPath'>,
  asking?: Parameters<typeof tokenForm>[0],
  { keepalive = false } = {},
): Promise<string> {
  const response = await fetch(server.origin + tokenPath, {
    method: 'POST',
    // A connection that was idle between two rounds may be closed by the server while it is taken up again.
    keepalive,
    headers: { 'Content-Type': form },
    body: tokenForm(asking),
  })
  const answer: { access_token?: unknown } = await response.json()
  if (response.status !== 200 || typeof answer.access_token !== 'string')
    throw new Error(`No token from ${tokenPath}, but ${response.status}: ${JSON.stringify(answer)}`)
  return answer.access_token
}
