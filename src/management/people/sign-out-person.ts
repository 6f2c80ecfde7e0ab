import { signOutEverywhere } from '../../logout/end-sessions.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { type PersonChange, type PersonChangeDeps, recordPerson } from './person-change.ts'

/**
 * Signs a person out everywhere: sessions, codes, refresh tokens and access tokens are over, at every replica at once. People of config.yaml
 * too. The caller makes sure that there is such a person. Throws StorageError.
 */
export async function signOutPerson(
  { sub, actor }: PersonChange,
  tenant: Tenant,
  deps: PersonChangeDeps,
): Promise<void> {
  const person = { tenant, sub, before: deps.now(), requestId: actor.requestId }
  const ended = await signOutEverywhere(person, deps)
  const detail = { sessions: String(ended.length) }
  recordPerson('user.signed_out', { sub, actor, detail }, { tenant, audit: deps.audit })
}
