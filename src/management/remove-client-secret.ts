import { type CheckCurrent, type ClientRow, removeSecret } from '../clients/stored-clients.ts'
import { recordChange } from './actor.ts'
import type { ClientChange, ClientChangeDeps, OwningTenant } from './client-change.ts'
import { ownerOf } from './client-owner.ts'

export interface RemoveClientSecretOptions extends ClientChange {
  readonly secretId: string
  readonly checkCurrent: CheckCurrent
}

/** Ends a secret of a stored client at once. Throws the errors of removeSecret. */
export async function removeClientSecret(
  { id, secretId, checkCurrent, actor }: RemoveClientSecretOptions,
  tenant: OwningTenant,
  deps: ClientChangeDeps,
): Promise<ClientRow> {
  const row = await removeSecret({ id, secretId, checkCurrent }, ownerOf(tenant, deps), deps.storage)
  const detail = { secret: secretId }
  recordChange('secret.removed', { actor, tenantId: tenant.id, client: id, detail }, deps.audit)
  return row
}
