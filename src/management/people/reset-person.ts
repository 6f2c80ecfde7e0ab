import { OAuthError } from '../../protocol/errors.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { type CheckCurrentUser, updateStoredPerson } from '../../users/stored-people.ts'
import type { StoredUser } from '../../users/stored-person.ts'
import { type OpenedLink, type OpenLinkDeps, openLink } from './open-link.ts'
import { ownerOfPeople, type PersonChange, type PersonChangeDeps, recordPerson } from './person-change.ts'

/**
 * Makes a link on which the person chooses a new password. It replaces an earlier one. The old password works until then. Throws
 * `not_found`, and `conflict` for a person of config.yaml and for one who is inactive, whose link would open nothing.
 */
export async function resetPerson(
  { sub, actor }: PersonChange,
  tenant: Tenant,
  deps: PersonChangeDeps & OpenLinkDeps,
): Promise<OpenedLink> {
  const { link, stored } = openLink(sub, tenant, deps)
  const checkCurrent: CheckCurrentUser = ({ value }) => {
    if (!value.active) throw new OAuthError('conflict', 'The person is inactive; enable the person first')
  }
  const change = (user: StoredUser): StoredUser => ({ ...user, link: stored })
  await deps.storage.transaction((inside) =>
    updateStoredPerson({ sub, checkCurrent, change }, ownerOfPeople(tenant, deps), inside),
  )
  recordPerson('user.reset', { sub, actor }, { tenant, audit: deps.audit })
  return link
}
