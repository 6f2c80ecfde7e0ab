import type { SettingsPatch } from '../clients/client-settings.ts'
import { createStoredClient, type NewClient, type StoredClientsDeps } from '../clients/stored-clients.ts'
import { recordChange } from './actor.ts'
import {
  type ClientChange,
  type ClientChangeDeps,
  listedBy,
  type OwningTenant,
  type ReadChanged,
} from './client-change.ts'
import { ownerOf } from './client-owner.ts'
import { type FollowDeps, followClientSettings } from './follow-settings.ts'
import { checkReachable, type PublicUrl } from './reachable-client.ts'
import { endEarlierClient } from './revoke/end-earlier-client.ts'

export interface CreateClientOptions<T> extends ClientChange {
  readonly patch: SettingsPatch
  readonly read: ReadChanged<T>
}

/** A new client, and the parts of it that the caller shows. */
export interface CreatedClient<T> extends NewClient {
  readonly shown: T
}

/**
 * Creates a client with one secret. The new client must not inherit anything from an earlier client of this id that was removed from
 * config.yaml. So all tokens of the id from before this second and its API keys are revoked, and consents of people to it are forgotten.
 * Throws the errors of createStoredClient.
 */
export async function createClient<T>(
  { id, patch, read, actor }: CreateClientOptions<T>,
  tenant: OwningTenant,
  deps: ClientChangeDeps & StoredClientsDeps & FollowDeps & PublicUrl,
): Promise<CreatedClient<T>> {
  const created = await deps.storage.transaction(async (inside) => {
    const made = await createStoredClient({ id, patch }, ownerOf(tenant, deps), { ...deps, storage: inside })
    checkReachable(made.row, deps)
    await endEarlierClient(inside, tenant.id, { clientId: id, now: deps.now() })
    return { ...made, shown: await read(listedBy(made.row), inside) }
  })
  recordChange('client.created', { actor, tenantId: tenant.id, client: id }, deps.audit)
  await followClientSettings(created.row, { actor, tenantId: tenant.id }, deps)
  return created
}
