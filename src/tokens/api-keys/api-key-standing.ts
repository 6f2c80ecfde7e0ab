import type { Hashing } from '../../platform/hashing.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { momentText } from '../../protocol/finding-words.ts'
import type { ApiKeyClaims } from '../../protocol/messages.ts'
import type { LastUse } from '../../storage/last-use.ts'
import { findEach, type Records, type Storage, type StoredRecord } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { apiKeyRevoked, invalidToken } from '../check/invalid-token.ts'
import { findApiKeyRevocations } from '../revocations.ts'
import { apiKeys } from './api-key-row.ts'

export type ApiKey = (typeof apiKeys.schema)['static']

/** A valid API key. */
export interface StandingApiKey {
  readonly id: string
  readonly key: ApiKey
  /** When the key or its oldest ancestor was made (ms). A revocation of everything that was issued until this time ends the key too. */
  readonly madeAt: number
}

interface StandingDeps {
  readonly storage: Storage
  readonly hashing: Hashing
  readonly lastUse: LastUse
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Returns the API key of a token. The key must be in the storage, the token must be a current token of the key, and neither the key nor an
 * ancestor may be revoked. Notes the use. Throws `invalid_token`.
 */
export async function getStandingApiKey(
  token: string,
  { claims, tenant }: { claims: ApiKeyClaims; tenant: Tenant },
  { storage, hashing, lastUse, now }: StandingDeps,
): Promise<StandingApiKey> {
  const about = { check: 'API key', tenant: tenant.id }
  if (!tenant.api_keys)
    throw invalidToken('the tenant has no API keys', {
      ...{ ...about, wanted: 'api_keys of the tenant, enabled' },
      saw: 'the tenant has no API keys now',
    })
  const records = storage.of(tenant.id).of(apiKeys)
  const found = await records.find(claims.sub)
  if (!found)
    throw invalidToken('the API key is unknown', {
      ...{ ...about, wanted: 'an API key that exists' },
      saw: `the API key ${claims.sub}, which is not there any more`,
    })
  const { value: key } = found
  const { isRevoked, madeAt } = key.ancestors ? await findLineage(key, records) : lineageOf(key, [])
  if (isRevoked) {
    const at = key.revoked_at
    const saw =
      at === null
        ? `the API key ${claims.sub}, made with a key that was revoked or is gone`
        : `the API key ${claims.sub}, revoked at ${momentText(at, now())}`
    throw apiKeyRevoked({ ...about, saw, wanted: 'a key that was not revoked' })
  }
  const presented = key.tokens.find(({ jti }) => jti === claims.jti)
  if (!presented || presented.hash !== hashing.sha256(token).toHex())
    throw invalidToken('another token of the API key', {
      ...{ ...about, wanted: 'its newest token' },
      saw: `a token that the API key ${claims.sub} does not have now`,
    })
  if (presented.ends_at !== null && presented.ends_at <= now()) {
    const saw = `a token of the API key ${claims.sub} that was replaced, and ended at ${momentText(presented.ends_at, now())}`
    const finding = { ...about, saw, wanted: 'the token that the rotation returned' }
    throw new OAuthError('invalid_token', 'API key has been replaced', { finding })
  }
  lastUse.note({ tenantId: tenant.id, kind: apiKeys, id: claims.sub, at: now(), create: undefined })
  return { id: claims.sub, key, madeAt }
}

/** A key together with its ancestors. */
export interface Lineage {
  /** Whether the key or an ancestor was revoked. A missing row counts as revoked. */
  readonly isRevoked: boolean
  /** When the oldest of them was made (ms). */
  readonly madeAt: number
}

/**
 * Reads the ancestors of a key at each use. So revoking a key is one write that ends all its descendants, also those that are made at the
 * same moment. Throws StorageError.
 */
export async function findLineage(key: ApiKey, records: Pick<Records<ApiKey>, 'findMany'>): Promise<Lineage> {
  return lineageOf(key, await records.findMany(key.ancestors ?? []))
}

/** Like {@link findLineage}, with rows that contain the ancestors of the key and maybe others. */
export function lineageOf(key: ApiKey, rows: readonly Pick<StoredRecord<ApiKey>, 'id' | 'value'>[]): Lineage {
  const { ancestors = [] } = key
  const found = rows.filter(({ id }) => ancestors.includes(id)).map(({ value }) => value)
  return {
    isRevoked:
      found.length < ancestors.length || [key, ...found].some(({ revoked_at }) => revoked_at !== null),
    madeAt: Math.min(...[key, ...found].map(({ created_at }) => created_at)),
  }
}

/**
 * Returns a function that says whether one of these keys was revoked, alone or with all of its client or tenant. A damaged ancestor counts
 * as revoked, like a missing one. Throws StorageError.
 */
export async function createRevokedCheck(
  keys: readonly ApiKey[],
  storage: Storage,
  tenantId: string,
): Promise<(key: ApiKey) => boolean> {
  const clientIds = keys.map(({ client_id }) => client_id)
  const revokedUpTo = await findApiKeyRevocations(storage, tenantId, clientIds)
  const ancestorIds = new Set(keys.flatMap(({ ancestors = [] }) => ancestors))
  const { found } = await findEach(storage.of(tenantId).of(apiKeys), [...ancestorIds])
  return (key) => {
    const { isRevoked, madeAt } = lineageOf(key, found)
    return isRevoked || madeAt / 1000 <= revokedUpTo(key.client_id)
  }
}
