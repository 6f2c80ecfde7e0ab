import { type CheckCurrent, deleteStoredClient } from '../clients/stored-clients.ts'
import { forgetConsents } from '../consents/consents.ts'
import { revokeTokensOfClient } from '../tokens/revocations.ts'
import { recordChange } from './actor.ts'
import type { ClientChange, ClientChangeDeps, OwningTenant } from './client-change.ts'
import { ownerOf } from './client-owner.ts'
import { revokeApiKeysOf } from './revoke/revoke-api-keys.ts'

export interface DeleteClientOptions extends ClientChange {
  readonly checkCurrent: CheckCurrent
}

/**
 * Deletes a stored client, revokes its tokens and API keys and forgets the consents of people to it, so that a later client of the same id
 * inherits nothing.
 * Throws `not_found`, `conflict`, and the errors of `checkCurrent`.
 */
export async function deleteClient(
  { id, checkCurrent, actor }: DeleteClientOptions,
  tenant: OwningTenant,
  deps: ClientChangeDeps & { readonly now: () => number },
): Promise<void> {
  await deps.storage.transaction(async (inside) => {
    await deleteStoredClient({ id, checkCurrent }, ownerOf(tenant, deps), inside)
    const now = deps.now()
    await revokeTokensOfClient(inside, tenant.id, { clientId: id, before: Math.floor(now / 1000) })
    // Otherwise a caller could rotate one of its keys and get a valid token.
    await revokeApiKeysOf(inside, tenant.id, { clientId: id, now })
    await forgetConsents({ tenantId: tenant.id, clientId: id }, { storage: inside, now: () => now })
  })
  recordChange('client.deleted', { actor, tenantId: tenant.id, client: id }, deps.audit)
}
