import type { Keyring } from '../keys/keyring.ts'
import type { Tenant } from '../tenants/tenant.ts'

/**
 * Throws UnavailableError while no key of the tenant can sign, and StorageError. A grant calls it before it uses up what works once, so
 * that the client can come again.
 */
export async function checkCanSign(
  tenant: Pick<Tenant, 'id' | 'generation'>,
  { keyring }: { readonly keyring: Pick<Keyring, 'of'> },
): Promise<void> {
  const keys = await keyring.of(tenant.id, tenant.generation)
  // The getter throws.
  void keys.active
}
