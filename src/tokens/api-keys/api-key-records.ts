import type { Keyring } from '../../keys/keyring.ts'
import type { Hashing } from '../../platform/hashing.ts'
import { nameIn, OAuthError } from '../../protocol/errors.ts'
import { named, oneOf } from '../../protocol/finding-words.ts'
import { lost, untilWritten, writeOver } from '../../storage/compare-and-swap.ts'
import type { Records, Storage, StoredRecord } from '../../storage/storage.ts'
import type { ApiKeySettings } from '../../tenants/tenant.ts'
import { defaultAudience } from '../audience.ts'
import { createWithin, discount } from './api-key-count.ts'
import { type ApiKeyCreator, type ApiKeyTenant, checkHeld, mayHoldScope } from './api-key-rights.ts'
import { apiKeys } from './api-key-row.ts'
import type { ApiKey } from './api-key-standing.ts'
import { randomId, signApiKey } from './api-key-token.ts'

export interface ApiKeyDeps {
  readonly storage: Storage
  readonly keyring: Keyring
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** A new or rotated key with its token, which is shown only once. */
export interface IssuedApiKey {
  readonly id: string
  readonly key: ApiKey
  readonly token: string
}

export interface NewApiKey {
  readonly name: string
  readonly scopes: readonly string[]
  /** 0: does not expire. Undefined: the default of the tenant. */
  readonly expiresInDays: number | undefined
  readonly creator: ApiKeyCreator
}

const daySeconds = 86_400

/** The most keys in a line of descent, each made with the one before. */
const longestLine = 10

/**
 * Creates an API key of the creator's client. Throws `invalid_scope` for a scope that the tenant allows no API key or that the creator
 * does not have, `invalid_request` for a life over the tenant's max_ttl or too many ancestors, and `conflict` if the client has as many
 * keys as it can have.
 */
export async function createApiKey(
  { name, scopes, expiresInDays, creator }: NewApiKey,
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<IssuedApiKey> {
  checkScopes(scopes, owner, creator)
  const life = resolveLife(expiresInDays, owner.settings)
  const ancestors = ancestorsBy(creator)
  const { client } = creator
  const now = deps.now()
  const id = `ak_${randomId(deps)}`
  const issuedAt = Math.floor(now / 1000)
  const exp = endWithin(creator, life === undefined ? undefined : issuedAt + life)
  const audience = defaultAudience(scopes, { ...owner, client })
  const content = { id, scopes, audience, client, issuedAt, exp }
  const { token, jti, hash } = await signApiKey(content, owner, deps)
  const key: ApiKey = {
    name,
    scopes: [...scopes],
    client_id: client.id,
    created_at: issuedAt * 1000,
    expires_at: exp === undefined ? null : exp * 1000,
    revoked_at: null,
    ...(ancestors.length > 0 && { ancestors }),
    tokens: [{ jti, hash, ends_at: null }],
  }
  const counted = { storage: deps.storage, tenantId: owner.tenant.id, clientId: client.id, now }
  const { max_per_client } = owner.settings
  if (await createWithin(max_per_client, { id, value: key, parent: client.id }, counted))
    return { id, key, token }
  throw new OAuthError(
    'conflict',
    `The client has as many API keys as it can have (${max_per_client}); revoke one`,
  )
}

function ancestorsBy({ parent }: ApiKeyCreator): string[] {
  const ancestors = parent ? [parent.id, ...(parent.key.ancestors ?? [])] : []
  if (ancestors.length < longestLine) return ancestors
  throw new OAuthError('invalid_request', 'The API key descends from too many others to make one itself')
}

/** Throws `invalid_scope`. */
function checkScopes(scopes: readonly string[], owner: ApiKeyTenant, creator: ApiKeyCreator): void {
  const refused = scopes.find((scope) => !mayHoldScope(scope, owner, creator.client))
  if (refused !== undefined) {
    const sentence = nameIn('A requested scope is not allowed for an API key', refused)
    const allowed = creator.client.scopes.filter((scope) => mayHoldScope(scope, owner, creator.client))
    const saw = named(refused, [...Object.keys(owner.oauth2.scopes), ...creator.client.scopes])
    throw new OAuthError('invalid_scope', sentence, {
      finding: { check: 'scope', saw, wanted: oneOf(allowed) },
    })
  }
  checkHeld(scopes, creator)
}

/** Seconds; undefined: for ever. Throws `invalid_request`. */
function resolveLife(days: number | undefined, { max_ttl, default_ttl }: ApiKeySettings): number | undefined {
  const asked = days === 0 ? undefined : (days ?? 0) * daySeconds
  const life = days === undefined ? (default_ttl ?? undefined) : asked
  if (max_ttl === null || (life !== undefined && life <= max_ttl)) return life
  const most = Math.floor(max_ttl / daySeconds)
  throw new OAuthError('invalid_request', `expires_in_days must be a whole number from 1 to ${most}`)
}

/** A key that is made with another key ends with it at the latest, because a caller must not pass on more than its own rights. */
function endWithin({ parent }: ApiKeyCreator, exp: number | undefined): number | undefined {
  const end = parent?.key.expires_at
  if (end === undefined || end === null) return exp
  return Math.min(exp ?? Number.POSITIVE_INFINITY, end / 1000)
}

export interface RevokeApiKeyOptions {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Default: a key of any client. */
  readonly clientId?: string | undefined
}

/** Revokes a key and all its descendants for good, and returns the key. Throws `not_found`, also for a key of another client. */
export function revokeApiKey(
  storage: Storage,
  tenantId: string,
  { id, now, clientId }: RevokeApiKeyOptions,
): Promise<ApiKey> {
  return storage.transaction(async (inside) => {
    const records = inside.of(tenantId).of(apiKeys)
    return untilWritten(async () => {
      const found = await getApiKey(records, { id, clientId })
      const { value: key } = found
      if (key.revoked_at !== null) return key
      if (!(await writeOver(records, found, { id, value: { ...key, revoked_at: now } }))) return lost
      await discount(inside, key, { tenantId, clientId: key.client_id, now })
      return key
    })
  })
}

export function recordsOf({ tenant }: ApiKeyTenant, { storage }: ApiKeyDeps): Records<ApiKey> {
  return storage.of(tenant.id).of(apiKeys)
}

/** With `clientId`, only a key of that client. Throws `not_found`. */
export async function getApiKey(
  records: Records<ApiKey>,
  { id, clientId }: Pick<RevokeApiKeyOptions, 'id' | 'clientId'>,
): Promise<StoredRecord<ApiKey>> {
  const found = await records.find(id)
  if (found && (clientId === undefined || found.value.client_id === clientId)) return found
  throw new OAuthError('not_found', 'API key not found')
}
