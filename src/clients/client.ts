import { type ClientConfig, ClientSettings } from '../config/client-schema.ts'
import { fillSettings, type ReadonlySettings } from '../config/fill-settings.ts'
import {
  type AuthenticationMethodName,
  defaultMethodNames,
  usesSecrets,
} from '../protocol/client-authentication.ts'
import { type GrantType, grantTypes, signsPeopleIn } from '../protocol/grant-types.ts'
import { isPeopleScope } from '../protocol/people/people-scopes.ts'
import { isReservedScope } from '../protocol/reserved-scopes.ts'
import { parseSecretHash, type SecretHash } from '../secrets/secret-checker.ts'
import type { clients } from './client-row.ts'

/** The members of a client that are not settings, and the settings whose value differs from the configured one. */
interface ClientIdentity {
  readonly id: string
  /** Whether config.yaml defines the client. Otherwise the admin API made it. */
  readonly configured: boolean
  readonly secrets: readonly ClientSecret[]
  readonly name: string
  readonly grant_types: readonly GrantType[]
  /** The scopes of a token when the request names none. */
  readonly default_scopes: readonly string[]
}

/** A service that gets tokens of one tenant. Its settings have the names of config.yaml. */
export type Client = ReadonlySettings<Omit<ClientSettings, keyof ClientIdentity>> & ClientIdentity

/** The members of a client that prove who it is. A new one is added to these three declarations and nowhere else. */
export type Credentials = Pick<Client, 'secrets' | 'jwks'>

export const noCredentials: Credentials = { secrets: [], jwks: null }

/** The credentials alone, so that whoever keeps them does not keep the client. */
export function credentialsOf({ secrets, jwks }: Credentials): Credentials {
  return { secrets, jwks }
}

/** One of the secrets with which a client authenticates. */
export interface ClientSecret {
  readonly id: string
  readonly hash: SecretHash
  /** Milliseconds since the epoch; null: always valid. */
  readonly notBefore: number | null
  /** The time from which the secret is refused, in milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null
}

/** The id of the secret of a client with only one. */
export const onlySecretId = 'default'

export type StoredClient = (typeof clients.schema)['static']

/** Builds a client from its configuration, whose secrets are hashes already. */
export function buildClient(id: string, config: ClientConfig): Client {
  const secrets = configuredSecrets(id, config)
  return build(fillSettings(ClientSettings, config), { id, configured: true, secrets })
}

function configuredSecrets(id: string, config: ClientConfig): ClientSecret[] {
  if (!usesSecrets(config.token_endpoint_auth_method)) return []
  const { secrets, secret_hash } = config
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

/** Builds a client from its row. */
export function buildStoredClient(id: string, stored: StoredClient): Client {
  const secrets = stored.secrets.map(({ id: secretId, hash, not_before, expires_at }) => ({
    id: secretId,
    hash: parseSecretHash(hash),
    notBefore: not_before,
    expiresAt: expires_at,
  }))
  return build(fillSettings(ClientSettings, stored), { id, configured: false, secrets })
}

function build(settings: ClientSettings, own: Pick<Client, 'id' | 'configured' | 'secrets'>): Client {
  const scopes = withoutPeople(settings)
  return {
    ...settings,
    ...own,
    name: settings.name ?? own.id,
    // A row of a later build may have grants that this build does not know.
    grant_types: grantTypes.filter((type) => settings.grant_types.includes(type)),
    scopes,
    default_scopes: withoutReserved(
      settings.default_scopes?.filter((scope) => scopes.includes(scope)) ?? scopes,
    ),
  }
}

/** A client that signs people in may ask for the scopes of people anyway, and never gets one for itself. */
function withoutPeople({ grant_types, scopes }: ClientSettings): readonly string[] {
  const isSubject = signsPeopleIn(grant_types) && scopes.some(isPeopleScope)
  return isSubject ? scopes.filter((scope) => !isPeopleScope(scope)) : scopes
}

/** Scopes that manage grantd are granted only to requests that name them. */
function withoutReserved(scopes: readonly string[]): readonly string[] {
  return scopes.some(isReservedScope) ? scopes.filter((scope) => !isReservedScope(scope)) : scopes
}

/** Whether the client may authenticate with this method. */
export function mayUse(
  { token_endpoint_auth_method: registered }: Pick<Client, 'token_endpoint_auth_method'>,
  method: AuthenticationMethodName,
): boolean {
  return registered === null ? defaultMethodNames.includes(method) : registered === method
}

/** Returns the secrets that are valid at `now` (ms). */
export function validSecrets(secrets: readonly ClientSecret[], now: number): readonly ClientSecret[] {
  const isValid = ({ notBefore, expiresAt }: ClientSecret) =>
    (notBefore === null || notBefore <= now) && (expiresAt === null || now < expiresAt)
  return secrets.every(isValid) ? secrets : secrets.filter(isValid)
}
