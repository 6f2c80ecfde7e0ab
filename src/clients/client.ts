import type { ClientConfig } from '../config/schema.ts'
import { type AuthenticationMethodName, defaultMethodNames } from '../protocol/client-authentication.ts'
import { type GrantType, grantTypes } from '../protocol/grant-types.ts'
import { isReservedScope } from '../protocol/reserved-scopes.ts'
import { parseSecretHash, type SecretHash } from '../secrets/secret-checker.ts'
import type { clients } from './client-row.ts'

/** A service that gets tokens of one tenant. */
export interface Client {
  readonly id: string
  readonly name: string
  readonly active: boolean
  /** Whether config.yaml defines it; else the admin API does. */
  readonly configured: boolean
  /** Whether it may introspect every token of the tenant. */
  readonly introspect: boolean
  /** The one method that it may authenticate with; undefined: each of {@link defaultMethodNames}. */
  readonly authenticationMethod: AuthenticationMethodName | undefined
  readonly secrets: readonly ClientSecret[]
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

/** One of the secrets with which a client authenticates. */
export interface ClientSecret {
  readonly id: string
  readonly hash: SecretHash
  /** Milliseconds since the epoch; null: always valid. */
  readonly notBefore: number | null
  /** Milliseconds since the epoch, from which on it is refused; null: never. */
  readonly expiresAt: number | null
}

/** The id of the secret of a client that has one alone. */
export const onlySecretId = 'default'

export type StoredClient = (typeof clients.schema)['static']

/** A client from its configuration, whose secrets are hashes already. */
export function buildClient(id: string, config: ClientConfig): Client {
  return {
    id,
    name: config.name ?? id,
    active: config.active,
    configured: true,
    introspect: config.introspect,
    authenticationMethod: undefined,
    secrets: configuredSecrets(id, config),
    grantTypes: config.grant_types,
    scopes: config.scopes,
    defaultScopes: withoutReserved(config.default_scopes ?? config.scopes),
    audience: config.audience ?? undefined,
    resources: config.resources,
    accessTokenTtl: config.access_token_ttl ?? undefined,
  }
}

function configuredSecrets(id: string, { secrets, secret_hash }: ClientConfig): ClientSecret[] {
  if (secret_hash !== null) {
    const hash = parseSecretHash(secret_hash)
    return [{ id: onlySecretId, hash, notBefore: null, expiresAt: null }]
  }
  if (secrets === null) throw new TypeError(`The client ${id} has no secret`)
  return secrets.map((secret) => {
    if (secret.hash === null) throw new TypeError(`A secret of the client ${id} has no hash`)
    return {
      id: secret.id,
      hash: parseSecretHash(secret.hash),
      notBefore: secret.not_before === null ? null : Date.parse(secret.not_before),
      expiresAt: secret.expires_at === null ? null : Date.parse(secret.expires_at),
    }
  })
}

/** A client that is kept in the storage. */
export function buildStoredClient(id: string, stored: StoredClient): Client {
  return {
    id,
    name: stored.name,
    active: stored.active,
    configured: false,
    introspect: stored.introspect,
    authenticationMethod: undefined,
    secrets: stored.secrets.map(({ id: secretId, hash, not_before, expires_at }) => ({
      id: secretId,
      hash: parseSecretHash(hash),
      notBefore: not_before,
      expiresAt: expires_at,
    })),
    grantTypes: grantTypes.filter((type) => stored.grant_types.includes(type)),
    scopes: stored.scopes,
    defaultScopes: withoutReserved(stored.default_scopes ?? stored.scopes),
    audience: stored.audience ?? undefined,
    resources: stored.resources,
    accessTokenTtl: stored.access_token_ttl ?? undefined,
  }
}

/** What manages this server itself is granted to those alone who ask for it by name. */
function withoutReserved(scopes: readonly string[]): readonly string[] {
  return scopes.some(isReservedScope) ? scopes.filter((scope) => !isReservedScope(scope)) : scopes
}

/** Whether the client may authenticate with this method. */
export function mayUse(
  { authenticationMethod }: Pick<Client, 'authenticationMethod'>,
  method: AuthenticationMethodName,
): boolean {
  return authenticationMethod === undefined
    ? defaultMethodNames.includes(method)
    : authenticationMethod === method
}

/** The secrets that authenticate at `now` (ms). */
export function validSecrets(secrets: readonly ClientSecret[], now: number): readonly ClientSecret[] {
  const isValid = ({ notBefore, expiresAt }: ClientSecret) =>
    (notBefore === null || notBefore <= now) && (expiresAt === null || now < expiresAt)
  return secrets.every(isValid) ? secrets : secrets.filter(isValid)
}
