import { apiKeys } from '../storage/records.ts'
import type { Records, Storage, StoredRecord } from '../storage/storage.ts'
import { type ApiKey, lineageOf } from './api-key-standing.ts'
import { findClientRevocations } from './revocations.ts'

export interface ListedApiKey {
  readonly id: string
  readonly key: ApiKey
  /** Milliseconds since the epoch; null: never, or not noted yet. */
  readonly lastUsed: number | null
  /** By itself, with a key that it descends from, or with everything of its client or of the tenant. */
  readonly revoked: boolean
}

export interface ApiKeyPage {
  readonly after?: string
  readonly limit: number
  /** Left out: the keys of every client. */
  readonly clientId?: string
}

/** The keys of a tenant by id, revoked ones too. Throws StorageError. */
export async function listApiKeys(
  storage: Storage,
  tenantId: string,
  { clientId, ...page }: ApiKeyPage,
): Promise<ListedApiKey[]> {
  const records = storage.of(tenantId).of(apiKeys)
  const rows = await records.list({ ...page, ...(clientId !== undefined && { parent: clientId }) })
  const clientIds = rows.map(({ value }) => value.client_id)
  const revokedUpTo = await findClientRevocations(storage, tenantId, clientIds)
  const ancestors = await findAncestors(rows, records)
  return rows.map(({ id, value, usedAt }) => {
    const { isRevoked, madeAt } = lineageOf(value, ancestors)
    const revoked = isRevoked || madeAt / 1000 <= revokedUpTo(value.client_id)
    return { id, key: value, lastUsed: usedAt, revoked }
  })
}

/** Every key that one of `rows` descends from, those among `rows` too. */
function findAncestors(
  rows: readonly StoredRecord<ApiKey>[],
  records: Records<ApiKey>,
): Promise<StoredRecord<ApiKey>[]> {
  return records.findMany([...new Set(rows.flatMap(({ value }) => value.ancestors ?? []))])
}
