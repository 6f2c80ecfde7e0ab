import type { AuditEventType } from '../../protocol/audit-events.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { cutOff } from '../../users/cutoffs.ts'
import type { PersonPatch } from '../../users/person-settings.ts'
import { type ChangedPerson, type CheckCurrentUser, changeStoredPerson } from '../../users/stored-people.ts'
import type { UserRow } from '../../users/stored-person.ts'
import { endSessionsAfter } from './end-sessions-after.ts'
import { ownerOfPeople, type PersonChange, type PersonChangeDeps, recordPerson } from './person-change.ts'

export interface ChangePersonOptions extends PersonChange {
  readonly patch: PersonPatch
  readonly checkCurrent: CheckCurrentUser
}

/**
 * Changes settings of a stored person. Disabling ends everything that the person got, and enabling brings nothing of it back. Throws the
 * errors of changeStoredPerson.
 */
export async function changePerson(
  { sub, patch, checkCurrent, actor }: ChangePersonOptions,
  tenant: Tenant,
  deps: PersonChangeDeps,
): Promise<UserRow> {
  const owner = ownerOfPeople(tenant, deps)
  const changed = await deps.storage.transaction(async (inside) => {
    const done = await changeStoredPerson({ sub, patch, checkCurrent }, owner, { ...deps, storage: inside })
    if (isDisabling(done)) await cutOff(inside, tenant.id, { sub, before: deps.now() })
    return done
  })
  recordPerson(eventOf(changed), { sub, actor }, { tenant, audit: deps.audit })
  if (isDisabling(changed)) await endSessionsAfter({ sub, actor }, tenant, deps)
  return changed.row
}

function isDisabling({ before, row }: ChangedPerson): boolean {
  return before.active && !row.value.active
}

function eventOf({ before, row }: ChangedPerson): AuditEventType {
  if (before.active === row.value.active) return 'user.changed'
  return row.value.active ? 'user.enabled' : 'user.disabled'
}
