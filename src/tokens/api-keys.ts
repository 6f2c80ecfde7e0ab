import type { Keyring } from '../keys/keyring.ts'
import type { Hashing } from '../platform/platform.ts'
import { OAuthError } from '../protocol/errors.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import { apiKeys } from '../storage/records.ts'
import type { Records, Storage, StoredRecord } from '../storage/storage.ts'
import type { ApiKeySettings, OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import type { ApiKey, StandingApiKey } from './api-key-standing.ts'
import { randomId, signApiKey } from './api-key-token.ts'

export interface ApiKeyDeps {
  readonly storage: Storage
  readonly keyring: Keyring
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** A tenant that has API keys. */
export interface ApiKeyTenant {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
  readonly settings: ApiKeySettings
}

/** A key that was made or rotated, with its token, which is shown this once. */
export interface IssuedApiKey {
  readonly id: string
  readonly key: ApiKey
  readonly token: string
}

export interface NewApiKey {
  readonly name: string
  readonly scopes: readonly string[]
  /** 0: it does not expire. */
  readonly expiresInDays: number
  readonly creator: ApiKeyCreator
}

/** Whoever makes a key, with what may be passed on. */
export interface ApiKeyCreator {
  readonly clientId: string
  readonly scopes: readonly string[]
  /** The key that it is made with; undefined: an access token. */
  readonly parent: StandingApiKey | undefined
}

const daySeconds = 86_400

/** Keys in a row, each made with the one before. */
const longestLine = 10

/**
 * Makes an API key. Throws `invalid_scope` for a scope that the tenant gives to no API key or that the creator has not
 * itself, and `invalid_request` for a life over the tenant's max_ttl and for a parent that descends from too many others.
 */
export async function createApiKey(
  { name, scopes, expiresInDays, creator }: NewApiKey,
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<IssuedApiKey> {
  checkApiKeyScopes(scopes, { settings: owner.settings, creator })
  checkLife(expiresInDays, owner.settings)
  const ancestors = ancestorsBy(creator)
  const now = deps.now()
  const id = `ak_${randomId(deps)}`
  const issuedAt = Math.floor(now / 1000)
  const exp = expiresInDays === 0 ? undefined : issuedAt + expiresInDays * daySeconds
  const signed = await signApiKey({ id, scopes, clientId: creator.clientId, issuedAt, exp }, owner, deps)
  const key: ApiKey = {
    name,
    scopes: [...scopes],
    client_id: creator.clientId,
    created_at: issuedAt * 1000,
    expires_at: exp === undefined ? null : exp * 1000,
    revoked_at: null,
    ...(ancestors.length > 0 && { ancestors }),
    tokens: [{ jti: signed.jti, hash: signed.hash, ends_at: null }],
  }
  await recordsOf(owner, deps).create({ id, value: key, parent: creator.clientId })
  return { id, key, token: signed.token }
}

function ancestorsBy({ parent }: ApiKeyCreator): string[] {
  const ancestors = parent ? [parent.id, ...(parent.key.ancestors ?? [])] : []
  if (ancestors.length < longestLine) return ancestors
  throw new OAuthError('invalid_request', 'The API key descends from too many others to make one itself')
}

/** Throws `invalid_scope`. */
export function checkApiKeyScopes(
  scopes: readonly string[],
  { settings, creator }: { settings: ApiKeySettings; creator: ApiKeyCreator },
): void {
  const isAllowed = (scope: string) =>
    settings.allowedScopes.includes(scope) && creator.scopes.includes(scope) && !isForNoApiKey(scope)
  if (scopes.every(isAllowed)) return
  throw new OAuthError('invalid_scope', 'A requested scope is not allowed for an API key')
}

function isForNoApiKey(scope: string): boolean {
  return scope === reservedScopes.admin || scope === reservedScopes.manageAllApiKeys
}

function checkLife(days: number, { maxTtl }: ApiKeySettings): void {
  if (maxTtl === undefined || (days > 0 && days * daySeconds <= maxTtl)) return
  const most = Math.floor(maxTtl / daySeconds)
  throw new OAuthError('invalid_request', `expires_in_days must be a whole number from 1 to ${most}`)
}

export interface RevokeApiKeyOptions {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Left out: a key of any client. */
  readonly clientId?: string | undefined
}

/**
 * Revokes a key, once and for ever, and with it all keys that descend from it; answers the key. Throws `not_found`, for a key of
 * another client too.
 */
export async function revokeApiKey(
  storage: Storage,
  tenantId: string,
  { id, now, clientId }: RevokeApiKeyOptions,
): Promise<ApiKey> {
  const records = storage.of(tenantId).of(apiKeys)
  for (;;) {
    const { value: key, version } = await getApiKey(records, { id, clientId })
    if (key.revoked_at !== null) return key
    if (await records.replace(id, { ...key, revoked_at: now }, { ifVersion: version })) return key
  }
}

export function recordsOf({ tenant }: ApiKeyTenant, { storage }: ApiKeyDeps): Records<ApiKey> {
  return storage.of(tenant.id).of(apiKeys)
}

/** With `clientId`, a key of that client alone: another's is answered as one that is not there. Throws `not_found`. */
export async function getApiKey(
  records: Records<ApiKey>,
  { id, clientId }: Pick<RevokeApiKeyOptions, 'id' | 'clientId'>,
): Promise<StoredRecord<ApiKey>> {
  const found = await records.find(id)
  if (found && (clientId === undefined || found.value.client_id === clientId)) return found
  throw new OAuthError('not_found', 'API key not found')
}
