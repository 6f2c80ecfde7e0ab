import type { AuditSink } from '../../protocol/audit-events.ts'
import type { Storage } from '../../storage/storage.ts'
import { revokeApiKey } from '../../tokens/api-keys/api-key-records.ts'
import { type Actor, recordChange } from '../actor.ts'

export interface RevokeOneApiKeyDeps {
  readonly storage: Storage
  readonly audit: AuditSink
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Revokes an API key of any client of the tenant, and all keys that descend from it. Throws `not_found`. */
export async function revokeOneApiKey(
  { id, actor }: { id: string; actor: Actor },
  tenantId: string,
  { storage, audit, now }: RevokeOneApiKeyDeps,
): Promise<void> {
  const { client_id } = await revokeApiKey(storage, tenantId, { id, now: now() })
  recordChange('api_key.revoked', { actor, tenantId, client: client_id, detail: { api_key: id } }, audit)
}
