import type { Algorithm } from '../measure/openssl.ts'
import type { Server } from './server.ts'

/** A server that issues tokens to the client of the benchmark, however it is made. */
export interface Contender {
  /** As tables and files name it. */
  readonly name: string
  /** `limit`: what can be had here at best, which nobody has to beat. */
  readonly kind: 'grantd' | 'before' | 'peer' | 'limit'
  start(folder: string, algorithm: Algorithm): Promise<TokenServer>
}

export interface TokenServer {
  readonly server: Server
  readonly tokenPath: string
  readonly jwksPath: string
  readonly issuer: string
}

/** Who asks, at every contender alike. */
export const client = { id: 'svc', secret: 'svc-secret-of-the-benchmark' } as const
export const audience = 'urn:bench:api'
export const scope = 'read'

export const form = 'application/x-www-form-urlencoded'

/** The body of a token request with the secret in it. */
export function tokenForm(asking: { id: string; secret: string; scope?: string } = client): string {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: asking.id,
    client_secret: asking.secret,
    scope: asking.scope ?? scope,
  }).toString()
}
