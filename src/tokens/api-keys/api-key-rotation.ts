import { OAuthError } from '../../protocol/errors.ts'
import { lost, untilWritten, writeOver } from '../../storage/compare-and-swap.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import { defaultAudience } from '../audience.ts'
import { findApiKeyRevocations } from '../revocations.ts'
import { type ApiKeyDeps, getApiKey, type IssuedApiKey, recordsOf } from './api-key-records.ts'
import { type ApiKeyCreator, type ApiKeyTenant, checkHeld, mayHoldScope } from './api-key-rights.ts'
import { type ApiKey, findLineage } from './api-key-standing.ts'
import { signApiKey } from './api-key-token.ts'

/** The most older tokens of one key that are valid while rotations overlap. */
const mostTokens = 100

export interface RotateApiKeyOptions {
  readonly id: string
  /** Seconds for which the old token stays valid. */
  readonly overlap: number
  readonly creator: ApiKeyCreator
  /** Whether the caller may know of keys of other clients. It can rotate none of them. */
  readonly seesAll: boolean
}

export interface RotatedApiKey extends IssuedApiKey {
  /** Whether the key has lost scopes. */
  readonly wasNarrowed: boolean
}

/**
 * Creates a new token for a key of the caller's client, by the current settings. It has the scopes of the key that tenant and client
 * still allow, and the audience of the client, and ends with the key, or after max_ttl if that is earlier. The old token stays valid
 * for `overlap` seconds. Throws `not_found`; `invalid_scope` if no scope is left or the caller's token lacks one; `invalid_request` for
 * a key that is revoked, expired, of another client, or not a descendant of the caller's key.
 */
export async function rotateApiKey(
  { id, overlap, creator, seesAll }: RotateApiKeyOptions,
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<RotatedApiKey> {
  const records = recordsOf(owner, deps)
  return untilWritten(async () => {
    const found = await getApiKey(records, { id, clientId: seesAll ? undefined : creator.client.id })
    checkOwn(found.value, creator)
    checkLine(found, creator)
    await checkNotRevoked(found.value, owner, deps)
    const rotated = await rotateOnce(found, { overlap, creator }, owner, deps)
    return (await writeOver(records, found, { id, value: rotated.key })) ? rotated : lost
  })
}

/** Checks that the key belongs to the caller's client, because a token of a key acts as the client of the key. */
function checkOwn({ client_id }: ApiKey, { client }: ApiKeyCreator): void {
  if (client_id === client.id) return
  throw new OAuthError('invalid_request', 'The API key belongs to another client, which alone can rotate it')
}

/**
 * Checks that a key rotates only itself and its descendants, which end with it. Otherwise a caller could keep access after its key is
 * revoked, with a token that it got for another key.
 */
function checkLine({ id, value: { ancestors = [] } }: StoredRecord<ApiKey>, { parent }: ApiKeyCreator): void {
  if (!parent || parent.id === id || ancestors.includes(parent.id)) return
  throw new OAuthError('invalid_request', 'An API key rotates itself and the keys made with it alone')
}

async function checkNotRevoked(key: ApiKey, owner: ApiKeyTenant, deps: ApiKeyDeps): Promise<void> {
  const revokedUpTo = await findApiKeyRevocations(deps.storage, owner.tenant.id, [key.client_id])
  const { isRevoked, madeAt } = await findLineage(key, recordsOf(owner, deps))
  if (!isRevoked && madeAt / 1000 > revokedUpTo(key.client_id)) return
  throw new OAuthError('invalid_request', 'The API key has been revoked')
}

async function rotateOnce(
  { id, value: key }: StoredRecord<ApiKey>,
  { overlap, creator }: { overlap: number; creator: ApiKeyCreator },
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<RotatedApiKey> {
  const { client } = creator
  const now = deps.now()
  if (key.expires_at !== null && key.expires_at <= now) {
    throw new OAuthError('invalid_request', 'The API key has expired')
  }
  const scopes = narrowScopes(key, owner, creator)
  const issuedAt = Math.floor(now / 1000)
  const exp = narrowEnd(key, issuedAt, owner)
  const audience = defaultAudience(scopes, { ...owner, client })
  const content = { id, scopes, audience, client, issuedAt, exp }
  const { token, jti, hash } = await signApiKey(content, owner, deps)
  const older = endTokens(key, now, { overlap, exp })
  const expires_at = exp === undefined ? null : exp * 1000
  const rotated = { ...key, scopes, expires_at, tokens: [...older, { jti, hash, ends_at: null }] }
  return { id, token, key: rotated, wasNarrowed: scopes.length < key.scopes.length }
}

/** The scopes that the key can still have. Throws `invalid_scope` if there are none, or more than the caller has. */
function narrowScopes({ scopes }: ApiKey, owner: ApiKeyTenant, creator: ApiKeyCreator): string[] {
  const allowed = scopes.filter((scope) => mayHoldScope(scope, owner, creator.client))
  if (allowed.length === 0 && scopes.length > 0) {
    throw new OAuthError('invalid_scope', 'No scope of the API key is allowed for an API key any more')
  }
  checkHeld(allowed, creator)
  return allowed
}

/** Seconds since the epoch; undefined: it does not expire. */
function narrowEnd(
  { expires_at }: ApiKey,
  issuedAt: number,
  { settings: { max_ttl } }: ApiKeyTenant,
): number | undefined {
  const ends = [
    ...(expires_at === null ? [] : [expires_at / 1000]),
    ...(max_ttl === null ? [] : [issuedAt + max_ttl]),
  ]
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** The old tokens that stay valid: for the overlap, and no longer than the key. */
function endTokens(
  { tokens }: ApiKey,
  now: number,
  { overlap, exp }: { overlap: number; exp: number | undefined },
): ApiKey['tokens'] {
  const latest = Math.min(now + overlap * 1000, exp === undefined ? Number.POSITIVE_INFINITY : exp * 1000)
  const older = tokens
    .map((old) => ({ ...old, ends_at: Math.min(old.ends_at ?? latest, latest) }))
    .filter(({ ends_at }) => ends_at > now)
  if (older.length < mostTokens) return older
  throw new OAuthError('invalid_request', 'Too many tokens of the API key are valid still')
}
