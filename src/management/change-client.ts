import type { SettingsPatch } from '../clients/client-settings.ts'
import { type CheckCurrent, type ClientRow, changeStoredClient } from '../clients/stored-clients.ts'
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

export interface ChangeClientOptions<T> extends ClientChange {
  readonly patch: SettingsPatch
  readonly checkCurrent: CheckCurrent
  readonly read: ReadChanged<T>
}

export interface ChangedClient<T> {
  readonly row: ClientRow
  readonly shown: T
}

/** Changes settings of a stored client. Throws the errors of changeStoredClient. */
export async function changeClient<T>(
  { id, patch, checkCurrent, read, actor }: ChangeClientOptions<T>,
  tenant: OwningTenant,
  deps: ClientChangeDeps & FollowDeps & PublicUrl,
): Promise<ChangedClient<T>> {
  const changed = await deps.storage.transaction(async (inside) => {
    const row = await changeStoredClient({ id, patch, checkCurrent }, ownerOf(tenant, deps), inside)
    checkReachable(row, deps)
    return { row, shown: await read(listedBy(row), inside) }
  })
  recordChange('client.changed', { actor, tenantId: tenant.id, client: id }, deps.audit)
  await followClientSettings(changed.row, { actor, tenantId: tenant.id }, deps)
  return changed
}
