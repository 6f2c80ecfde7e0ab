import type { Tenant } from '../../tenants/tenant.ts'
import { cutOff } from '../../users/cutoffs.ts'
import { endSessionsAfter } from './end-sessions-after.ts'
import { type PersonChange, type PersonChangeDeps, recordPerson } from './person-change.ts'

/**
 * Signs a person out everywhere: sessions, codes, refresh tokens and access tokens are over, at every replica at once. People of
 * config.yaml too. The caller makes sure that there is such a person. Throws StorageError.
 */
export async function signOutPerson(
  { sub, actor }: PersonChange,
  tenant: Tenant,
  deps: PersonChangeDeps,
): Promise<void> {
  await cutOff(deps.storage, tenant.id, { sub, before: deps.now() })
  const ended = await endSessionsAfter({ sub, actor }, tenant, deps)
  const detail = { sessions: String(ended.length) }
  recordPerson('user.signed_out', { sub, actor, detail }, { tenant, audit: deps.audit })
}
