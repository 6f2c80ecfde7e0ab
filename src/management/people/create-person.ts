import type { Tenant } from '../../tenants/tenant.ts'
import { createStoredPerson, type NewPerson, updateStoredPerson } from '../../users/stored-people.ts'
import type { UserRow } from '../../users/stored-person.ts'
import type { Actor } from '../actor.ts'
import { type OpenedLink, type OpenLinkDeps, openLink } from './open-link.ts'
import { ownerOfPeople, type PersonChangeDeps, recordPerson } from './person-change.ts'

export interface CreatePersonOptions {
  readonly person: NewPerson
  readonly actor: Actor
}

export interface CreatedPerson {
  readonly row: UserRow
  /** On which the person chooses a password. */
  readonly link: OpenedLink
}

/** Makes a stored person, and a link on which the person chooses a password. Throws the errors of createStoredPerson. */
export async function createPerson(
  { person, actor }: CreatePersonOptions,
  tenant: Tenant,
  deps: PersonChangeDeps & OpenLinkDeps,
): Promise<CreatedPerson> {
  const owner = ownerOfPeople(tenant, deps)
  const created = await deps.storage.transaction(async (inside) => {
    const { id: sub } = await createStoredPerson(person, owner, { ...deps, storage: inside })
    const { link, stored } = openLink(sub, tenant, deps)
    const change = {
      sub,
      checkCurrent: () => {},
      change: (user: UserRow['value']) => ({ ...user, link: stored }),
    }
    const { row } = await updateStoredPerson(change, owner, inside)
    return { row, link }
  })
  recordPerson('user.created', { sub: created.row.id, actor }, { tenant, audit: deps.audit })
  return created
}
