import type { ClientConfig } from '../config/schema.ts'
import { parseSecretHash, type SecretHash } from '../keys/secrets.ts'
import type { GrantType } from '../protocol/grant-types.ts'

/** A service that gets tokens of one tenant. */
export interface Client {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly secretHash: SecretHash
  readonly grantTypes: readonly GrantType[]
  /** The scopes that it may ask for. */
  readonly scopes: readonly string[]
  /** What it is granted when a request names no scope. */
  readonly defaultScopes: readonly string[]
  /** Undefined: the audience of the tenant. */
  readonly audience: readonly string[] | undefined
  /** What it may ask for besides its audience (RFC 8707). */
  readonly resources: readonly string[]
  /** Seconds; undefined: the lifetime of the tenant. */
  readonly accessTokenTtl: number | undefined
}

/** A client from its configuration, whose secret is a hash already. */
export function buildClient(id: string, config: ClientConfig): Client {
  if (config.secret_hash === null) throw new TypeError(`The client ${id} has no secret hash`)
  return {
    id,
    name: config.name ?? id,
    active: config.active,
    secretHash: parseSecretHash(config.secret_hash),
    grantTypes: config.grant_types,
    scopes: config.scopes,
    defaultScopes: config.default_scopes ?? config.scopes,
    audience: config.audience ?? undefined,
    resources: config.resources,
    accessTokenTtl: config.access_token_ttl ?? undefined,
  }
}
