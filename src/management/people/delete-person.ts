import { withdrawAllConsents } from '../../consents/consents.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { cutOff } from '../../users/cutoffs.ts'
import { type CheckCurrentUser, deleteStoredPerson } from '../../users/stored-people.ts'
import { endSessionsAfter } from './end-sessions-after.ts'
import { ownerOfPeople, type PersonChange, type PersonChangeDeps, recordPerson } from './person-change.ts'

export interface DeletePersonOptions extends PersonChange {
  readonly checkCurrent: CheckCurrentUser
}

/**
 * Deletes a stored person with the consents, and ends everything that the person got. The cutoff stays, so that nothing comes back when a
 * person of the same sub is imported. Throws `not_found`, `conflict`, and what `checkCurrent` throws.
 */
export async function deletePerson(
  { sub, checkCurrent, actor }: DeletePersonOptions,
  tenant: Tenant,
  deps: PersonChangeDeps,
): Promise<void> {
  const owner = ownerOfPeople(tenant, deps)
  await deps.storage.transaction(async (inside) => {
    await deleteStoredPerson({ sub, checkCurrent }, owner, inside)
    await cutOff(inside, tenant.id, { sub, before: deps.now() })
    await withdrawAllConsents({ tenantId: tenant.id, sub }, { storage: inside })
  })
  recordPerson('user.deleted', { sub, actor }, { tenant, audit: deps.audit })
  await endSessionsAfter({ sub, actor }, tenant, deps)
}
