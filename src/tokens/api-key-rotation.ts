import { OAuthError } from '../protocol/errors.ts'
import type { StoredRecord } from '../storage/storage.ts'
import { type ApiKey, findLineage } from './api-key-standing.ts'
import { signApiKey } from './api-key-token.ts'
import {
  type ApiKeyCreator,
  type ApiKeyDeps,
  type ApiKeyTenant,
  checkApiKeyScopes,
  getApiKey,
  type IssuedApiKey,
  recordsOf,
} from './api-keys.ts'
import { findClientRevocations } from './revocations.ts'

/** Tokens of one key that can be valid beside the newest, while rotations overlap. */
const mostTokens = 100

export interface RotateApiKeyOptions {
  readonly id: string
  /** Seconds that the token of before works on. */
  readonly overlap: number
  readonly creator: ApiKeyCreator
  /** Whether the caller may know of keys of other clients, none of which it rotates. */
  readonly seesAll: boolean
}

/**
 * Makes a new token for a key of the caller's client; the old one works on for `overlap` seconds. The key keeps its id, name, scopes
 * and end; a caller who has not all of its scopes itself is refused. Throws `not_found`, `invalid_scope`, and `invalid_request` for
 * a key that was revoked or has expired.
 */
export async function rotateApiKey(
  { id, overlap, creator, seesAll }: RotateApiKeyOptions,
  owner: ApiKeyTenant,
  deps: ApiKeyDeps,
): Promise<IssuedApiKey> {
  const records = recordsOf(owner, deps)
  for (;;) {
    const found = await getApiKey(records, { id, clientId: seesAll ? undefined : creator.clientId })
    checkOwn(found.value, creator)
    await checkNotRevoked(found.value, owner, deps)
    const rotated = await rotateOnce(found, { overlap, creator }, owner, deps)
    if (await records.replace(id, rotated.key, { ifVersion: found.version })) return rotated
  }
}

/** A token of a key speaks for its client: nobody else gets one. */
function checkOwn({ client_id }: ApiKey, { clientId }: ApiKeyCreator): void {
  if (client_id === clientId) return
  throw new OAuthError('invalid_request', 'The API key belongs to another client, which alone can rotate it')
}

async function checkNotRevoked(key: ApiKey, owner: ApiKeyTenant, deps: ApiKeyDeps): Promise<void> {
  const revokedUpTo = await findClientRevocations(deps.storage, owner.tenant.id, [key.client_id])
  const { isRevoked, madeAt } = await findLineage(key, recordsOf(owner, deps))
  if (!isRevoked && madeAt / 1000 > revokedUpTo(key.client_id)) return
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
  const { token, jti, hash } = await signApiKey(content, owner, deps)
  const endsAt = now + overlap * 1000
  const older = key.tokens
    .map((old) => ({ ...old, ends_at: Math.min(old.ends_at ?? endsAt, endsAt) }))
    .filter(({ ends_at }) => ends_at > now)
  if (older.length >= mostTokens) {
    throw new OAuthError('invalid_request', 'Too many tokens of the API key are valid still')
  }
  return { id, token, key: { ...key, tokens: [...older, { jti, hash, ends_at: null }] } }
}
