import { OAuthError } from '../protocol/errors.ts'
import { type Storage, systemTenant } from '../storage/storage.ts'
import { tenants } from './tenant-row.ts'

/**
 * Locks the row of a stored tenant until the end of the transaction: a deletion of the tenant waits, and deletes what is made in it too.
 * Throws `tenant_not_found` for one that was deleted meanwhile.
 */
export async function lockTenant(
  { id, configured }: { readonly id: string; readonly configured: boolean },
  inside: Storage,
  now: number,
): Promise<void> {
  if (configured || (await inside.of(systemTenant).of(tenants).touch(id, now))) return
  throw new OAuthError('tenant_not_found', 'Tenant not found')
}
