import type { Keyring } from '../keys/keyring.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import { UnavailableError } from '../protocol/errors.ts'
import {
  type CheckCurrentTenant,
  checkDeletable,
  deleteStoredTenant,
  getStoredTenant,
  type StoredTenantsDeps,
} from '../tenants/stored-tenants.ts'
import { revokeTokensOfTenant } from '../tokens/revocations.ts'
import { type Actor, recordChange } from './actor.ts'
import { outlastingKinds } from './outlasting-kinds.ts'

export interface DeleteTenantOptions {
  readonly id: string
  readonly checkCurrent: CheckCurrentTenant
  readonly actor: Actor
}

export interface DeleteTenantDeps extends Omit<StoredTenantsDeps, 'publicUrl'> {
  readonly keyring: Pick<Keyring, 'clear' | 'destroy'>
  readonly audit: AuditSink
}

/**
 * Deletes an inactive stored tenant and all of its rows except `outlastingKinds`. Its signing keys are destroyed first. Its tokens stay
 * revoked even if a tenant of the same id is created later. Throws `tenant_not_found`, `conflict`, KeyError and the errors of
 * `checkCurrent`.
 */
export async function deleteTenant(
  { id, checkCurrent, actor }: DeleteTenantOptions,
  { storage, now, tenants, keyring, audit }: DeleteTenantDeps,
): Promise<void> {
  // Key files cannot be part of the transaction. If an admin activates the tenant in between, it gets new keys.
  checkDeletable(await getStoredTenant(id, { storage, tenants }), checkCurrent)
  try {
    await keyring.destroy(id)
  } catch (cause) {
    // Throws `tenant_not_found` if another process deleted the tenant meanwhile.
    await getStoredTenant(id, { storage, tenants })
    throw cause
  }
  await storage.transaction(async (inside) => {
    await deleteStoredTenant({ id, checkCurrent }, { storage: inside, tenants })
    await inside.of(id).deleteAll({ except: outlastingKinds })
    await revokeTokensOfTenant(inside, id, { before: Math.floor(now() / 1000) })
  })
  recordChange('tenant.deleted', { actor, tenantId: id }, audit)
  await clearLateKeys(id, keyring)
}

/** Clears keys that another process made before the deletion. The tenant is deleted already, so this must not look like a failed call. */
async function clearLateKeys(id: string, keyring: Pick<Keyring, 'clear'>): Promise<void> {
  try {
    await keyring.clear(id)
  } catch (cause) {
    if (!(cause instanceof UnavailableError)) throw cause
  }
}
