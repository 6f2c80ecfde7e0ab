import { onlyReadable, type Storage } from '../../storage/storage.ts'
import { walkRows } from '../../storage/walk-rows.ts'
import { revokeApiKey } from '../../tokens/api-keys/api-key-records.ts'
import { apiKeys } from '../../tokens/api-keys/api-key-row.ts'

const pageSize = 100

/** Revokes every API key that a client made. */
export async function revokeApiKeysOf(
  storage: Storage,
  tenantId: string,
  { clientId, now }: { clientId: string; now: number },
): Promise<void> {
  for await (const page of walkRows(storage.of(tenantId).of(apiKeys), { pageSize, parent: clientId })) {
    // A damaged row is refused at use. If it is repaired, it still counts as revoked, because its client's tokens are.
    for (const { id } of onlyReadable(page)) await revokeApiKey(storage, tenantId, { id, now })
  }
}
