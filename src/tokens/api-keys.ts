import { signJwt } from '../keys/jwt.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Hashing } from '../platform/platform.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { ApiKeyClaims } from '../protocol/messages.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import { apiKeys } from '../storage/records.ts'
import type { Records, Storage, StoredRecord } from '../storage/storage.ts'
import type { ApiKeySettings, OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { findClientRevocations } from './revocations.ts'

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

export type ApiKey = (typeof apiKeys.schema)['static']

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
}

const daySeconds = 86_400
/** Tokens of one key that can be valid beside the newest, while rotations overlap. */
const mostTokens = 100

/**
 * Makes an API key. Throws `invalid_scope` for a scope that the tenant gives to no API key or that the creator has not
 * itself, and `invalid_request` for a life over the tenant's max_ttl.
 */
export async function createApiKey(
  { name, scopes, expiresInDays, creator }: NewApiKey,
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<IssuedApiKey> {
  checkApiKeyScopes(scopes, { settings: owner.settings, creator })
  checkLife(expiresInDays, owner.settings)
  const now = deps.now()
  const id = `ak_${randomId(deps)}`
  const issuedAt = Math.floor(now / 1000)
  const exp = expiresInDays === 0 ? undefined : issuedAt + expiresInDays * daySeconds
  const signed = await sign({ id, scopes, clientId: creator.clientId, issuedAt, exp }, owner, deps)
  const key: ApiKey = {
    name,
    scopes: [...scopes],
    client_id: creator.clientId,
    created_at: issuedAt * 1000,
    expires_at: exp === undefined ? null : exp * 1000,
    revoked_at: null,
    tokens: [{ jti: signed.jti, hash: signed.hash, ends_at: null }],
  }
  await recordsOf(owner, deps).create({ id, value: key, parent: creator.clientId })
  return { id, key, token: signed.token }
}

/** Throws `invalid_scope`. */
function checkApiKeyScopes(
  scopes: readonly string[],
  { settings, creator }: { settings: ApiKeySettings; creator: ApiKeyCreator },
): void {
  const isAllowed = (scope: string) =>
    settings.allowedScopes.includes(scope) && creator.scopes.includes(scope) && scope !== reservedScopes.admin
  if (scopes.every(isAllowed)) return
  throw new OAuthError('invalid_scope', 'A requested scope is not allowed for an API key')
}

function checkLife(days: number, { maxTtl }: ApiKeySettings): void {
  if (maxTtl === undefined || (days > 0 && days * daySeconds <= maxTtl)) return
  const most = Math.floor(maxTtl / daySeconds)
  throw new OAuthError('invalid_request', `expires_in_days must be a whole number from 1 to ${most}`)
}

interface SignedKey {
  readonly token: string
  readonly jti: string
  readonly hash: string
}

interface KeyContent {
  readonly id: string
  readonly scopes: readonly string[]
  readonly clientId: string
  /** Seconds since the epoch, as `exp`. */
  readonly issuedAt: number
  readonly exp: number | undefined
}

async function sign(
  { id, scopes, clientId, issuedAt, exp }: KeyContent,
  { tenant, oauth2 }: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<SignedKey> {
  const jti = randomId(deps)
  const claims: ApiKeyClaims = {
    iss: tenant.issuer,
    sub: id,
    aud: [...oauth2.audience],
    ...(exp !== undefined && { exp }),
    iat: issuedAt,
    jti,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    client_id: clientId,
    tenant_id: tenant.id,
    api_key: true,
  }
  const { active } = await deps.keyring.of(tenant.id, tenant.incarnation)
  const token = await signJwt(claims, { key: active, typ: oauth2.accessTokenTyp })
  return { token, jti, hash: deps.hashing.sha256(token).toHex() }
}

function randomId({ randomBytes }: ApiKeyDeps): string {
  return randomBytes(16).toBase64({ alphabet: 'base64url', omitPadding: true })
}

export interface ListedApiKey {
  readonly id: string
  readonly key: ApiKey
  /** Milliseconds since the epoch; null: never, or not noted yet. */
  readonly lastUsed: number | null
  /** By itself, or with everything of its client or of the tenant. */
  readonly revoked: boolean
}

/** The keys of a tenant by id, revoked ones too. */
export async function listApiKeys(
  storage: Storage,
  tenantId: string,
  page: { after?: string; limit: number },
): Promise<ListedApiKey[]> {
  const rows = await storage.of(tenantId).of(apiKeys).list(page)
  const clientIds = rows.map(({ value }) => value.client_id)
  const revokedUpTo = await findClientRevocations(storage, tenantId, clientIds)
  return rows.map(({ id, value, usedAt }) => {
    const revoked = value.revoked_at !== null || value.created_at / 1000 <= revokedUpTo(value.client_id)
    return { id, key: value, lastUsed: usedAt, revoked }
  })
}

/** Revokes a key, once and for ever. Throws `not_found`. */
export async function revokeApiKey(
  storage: Storage,
  tenantId: string,
  { id, now }: { id: string; now: number },
): Promise<void> {
  await changeApiKey(storage.of(tenantId).of(apiKeys), id, (key) =>
    key.revoked_at === null ? { ...key, revoked_at: now } : undefined,
  )
}

/**
 * Makes a new token for a key; the old one works on for `overlap` seconds. The key keeps its id, name, scopes and end; a
 * caller who has not all of its scopes itself is refused. Throws `not_found`, `invalid_scope`, and `invalid_request` for a
 * key that was revoked or has expired.
 */
export async function rotateApiKey(
  { id, overlap, creator }: { id: string; overlap: number; creator: ApiKeyCreator },
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<IssuedApiKey> {
  const records = recordsOf(owner, deps)
  for (;;) {
    const found = await getApiKey(records, id)
    await checkNotRevoked(found.value, owner, deps)
    const rotated = await rotateOnce(found, { overlap, creator }, owner, deps)
    if (await records.replace(id, rotated.key, { ifVersion: found.version })) return rotated
  }
}

async function checkNotRevoked(
  { revoked_at, client_id, created_at }: ApiKey,
  { tenant }: ApiKeyTenant,
  { storage }: ApiKeyDeps,
): Promise<void> {
  const revokedUpTo = await findClientRevocations(storage, tenant.id, [client_id])
  if (revoked_at === null && created_at / 1000 > revokedUpTo(client_id)) return
  throw new OAuthError('invalid_request', 'The API key has been revoked')
}

async function rotateOnce(
  { id, value: key }: StoredRecord<ApiKey>,
  { overlap, creator }: { overlap: number; creator: ApiKeyCreator },
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<IssuedApiKey> {
  const now = deps.now()
  if (key.expires_at !== null && key.expires_at <= now) {
    throw new OAuthError('invalid_request', 'The API key has expired')
  }
  checkApiKeyScopes(key.scopes, { settings: owner.settings, creator })
  const exp = key.expires_at === null ? undefined : key.expires_at / 1000
  const content = { id, scopes: key.scopes, clientId: key.client_id, issuedAt: Math.floor(now / 1000), exp }
  const { token, jti, hash } = await sign(content, owner, deps)
  const endsAt = now + overlap * 1000
  const older = key.tokens
    .map((old) => ({ ...old, ends_at: Math.min(old.ends_at ?? endsAt, endsAt) }))
    .filter(({ ends_at }) => ends_at > now)
  if (older.length >= mostTokens) {
    throw new OAuthError('invalid_request', 'Too many tokens of the API key are valid still')
  }
  return { id, token, key: { ...key, tokens: [...older, { jti, hash, ends_at: null }] } }
}

function recordsOf({ tenant }: ApiKeyTenant, { storage }: ApiKeyDeps): Records<ApiKey> {
  return storage.of(tenant.id).of(apiKeys)
}

async function getApiKey(records: Records<ApiKey>, id: string): Promise<StoredRecord<ApiKey>> {
  const found = await records.find(id)
  if (!found) throw new OAuthError('not_found', 'API key not found')
  return found
}

/** Applies `change` to the key as it is when the change is written; undefined leaves it as it is. */
async function changeApiKey(
  records: Records<ApiKey>,
  id: string,
  change: (key: ApiKey) => ApiKey | undefined,
): Promise<void> {
  for (;;) {
    const found = await getApiKey(records, id)
    const changed = change(found.value)
    if (!changed || (await records.replace(id, changed, { ifVersion: found.version }))) return
  }
}
