import { type DamagedRow, isDamaged, onlyReadable, type Storage } from '../../storage/storage.ts'
import { apiKeys } from './api-key-row.ts'
import { type ApiKey, createRevokedCheck } from './api-key-standing.ts'

export interface ListedApiKey {
  readonly id: string
  readonly key: ApiKey
  /** Milliseconds since the epoch; null: never, or not noted yet. */
  readonly lastUsed: number | null
  /** Whether the key, an ancestor, or all keys of its client or tenant were revoked. */
  readonly revoked: boolean
}

export interface ApiKeyPage {
  readonly after?: string
  readonly limit: number
  /** Default: the keys of every client. */
  readonly clientId?: string
}

/** The keys of a tenant by id, with revoked ones. A damaged row is in its place. Throws StorageError. */
export async function listApiKeys(
  storage: Storage,
  tenantId: string,
  { clientId, ...page }: ApiKeyPage,
): Promise<(ListedApiKey | DamagedRow)[]> {
  const records = storage.of(tenantId).of(apiKeys)
  const rows = await records.list({ ...page, ...(clientId !== undefined && { parent: clientId }) })
  const keys = onlyReadable(rows).map(({ value }) => value)
  const isRevoked = await createRevokedCheck(keys, storage, tenantId)
  return rows.map((row) => {
    if (isDamaged(row)) return row
    const { id, value, usedAt } = row
    return { id, key: value, lastUsed: usedAt, revoked: isRevoked(value) }
  })
}
