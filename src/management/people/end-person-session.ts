import { endOneSession } from '../../logout/end-sessions.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { listSessions } from '../../sessions/sessions.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { type PersonChange, type PersonChangeDeps, recordPerson } from './person-change.ts'

/**
 * Ends one session of a person, and tells its clients. Tokens that are bound to it are over. Throws `not_found` for a session that is
 * over or of somebody else, and StorageError.
 */
export async function endPersonSession(
  { sub, sid, actor }: PersonChange & { readonly sid: string },
  tenant: Tenant,
  deps: PersonChangeDeps,
): Promise<void> {
  const own = await listSessions(tenant, sub, deps)
  const isOwn = own.some((session) => session.sid === sid)
  const ended = isOwn ? await endOneSession({ tenant, sid, requestId: actor.requestId }, deps) : undefined
  if (!ended) throw new OAuthError('not_found', 'Session not found')
  recordPerson('session.ended', { sub, actor, detail: { sid, by: 'admin' } }, { tenant, audit: deps.audit })
}
