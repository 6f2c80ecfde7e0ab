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
  /** On which the person chooses a password. Undefined for somebody who came with a hash. */
  readonly link: OpenedLink | undefined
}

/**
 * Makes a stored person: with a hash that was made elsewhere, or with a link on which the person chooses a password. Throws the errors of
 * createStoredPerson.
 */
export async function createPerson(
  { person, actor }: CreatePersonOptions,
  tenant: Tenant,
  deps: PersonChangeDeps & OpenLinkDeps,
): Promise<CreatedPerson> {
  const owner = ownerOfPeople(tenant, deps)
  const created = await deps.storage.transaction(async (inside) => {
    const row = await createStoredPerson(person, owner, { ...deps, storage: inside })
    if (person.passwordHash !== undefined) return { row, link: undefined }
    const { link, stored } = openLink(row.id, tenant, deps)
    const change = (user: UserRow['value']) => ({ ...user, link: stored })
    const changed = await updateStoredPerson({ sub: row.id, checkCurrent: () => {}, change }, owner, inside)
    return { row: changed.row, link }
  })
  recordPerson('user.created', { sub: created.row.id, actor }, { tenant, audit: deps.audit })
  return created
}
