import { type CheckCurrent, type ClientOwner, deleteStoredClient } from '../clients/stored-clients.ts'
import type { Keyring } from '../keys/keyring.ts'
import { apiKeys, auditEvents, auditHeads, revocations } from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import type { TenantRegistry } from '../tenants/registry.ts'
import {
  type CheckCurrentTenant,
  checkDeletable,
  deleteStoredTenant,
  getStoredTenant,
} from '../tenants/stored-tenants.ts'
import { revokeApiKey } from './api-keys.ts'
import { revokeTokensOfClient, revokeTokensOfTenant } from './revocations.ts'

interface RetireDeps {
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Deletes a stored client and ends all that it got, so that one that is made later under the same id inherits nothing: its tokens
 * and API keys are revoked. Throws `not_found`, `conflict`, and what `checkCurrent` throws.
 */
export function retireClient(
  { id, checkCurrent }: { id: string; checkCurrent: CheckCurrent },
  owner: ClientOwner,
  { storage, now }: RetireDeps,
): Promise<void> {
  const tenantId = owner.tenant.id
  return storage.transaction(async (inside) => {
    await deleteStoredClient({ id, checkCurrent }, owner, inside)
    await revokeTokensOfClient(inside, tenantId, { clientId: id, before: Math.floor(now() / 1000) })
    // Else somebody else could rotate a key of it, and the new token would be good.
    await revokeApiKeysOf(inside, tenantId, { clientId: id, now: now() })
  })
}

const pageSize = 100

async function revokeApiKeysOf(
  storage: Storage,
  tenantId: string,
  { clientId, now }: { clientId: string; now: number },
): Promise<void> {
  for (let after = ''; ; ) {
    const page = await storage.of(tenantId).of(apiKeys).list({ after, limit: pageSize, parent: clientId })
    for (const { id } of page) await revokeApiKey(storage, tenantId, { id, now })
    const last = page.at(-1)
    if (!last || page.length < pageSize) return
    after = last.id
  }
}

/** What is kept of a tenant that was deleted: what it did, and that its tokens are no good. */
const outlasting = [auditEvents, auditHeads, revocations].map(({ name }) => name)

/**
 * Deletes an inactive stored tenant and everything that is its own but its audit trail, its signing keys first; its tokens stay
 * revoked though a tenant is made again under the same id. Throws `tenant_not_found`, `conflict`, KeyFileError and what
 * `checkCurrent` throws.
 */
export async function retireTenant(
  { id, checkCurrent }: { id: string; checkCurrent: CheckCurrentTenant },
  { storage, now, tenants, keyring }: RetireTenantDeps,
): Promise<void> {
  // A key in a file cannot be part of the transaction. Who makes the tenant active in between gets new keys.
  checkDeletable(await getStoredTenant(id, { storage, tenants }), checkCurrent)
  await keyring.destroy(id)
  await storage.transaction(async (inside) => {
    await deleteStoredTenant({ id, checkCurrent }, { storage: inside, tenants })
    await inside.of(id).deleteAll({ except: outlasting })
    await revokeTokensOfTenant(inside, id, { before: Math.floor(now() / 1000) })
  })
}

interface RetireTenantDeps extends RetireDeps {
  readonly tenants: TenantRegistry
  readonly keyring: Keyring
}
