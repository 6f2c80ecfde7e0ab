import { type Log, renderCause } from '../../log.ts'
import { type EndDeps, endAllSessions } from '../../logout/end-sessions.ts'
import { UnavailableError } from '../../protocol/errors.ts'
import type { Session } from '../../sessions/session.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { PersonChange } from './person-change.ts'

/**
 * Deletes the sessions of a person after a cutoff has ended them, and tells their clients. Never throws for a storage that is away, because
 * the person is changed already, and a call that fails would be tried again. Returns the sessions.
 */
export async function endSessionsAfter(
  { sub, actor: { requestId } }: PersonChange,
  tenant: Tenant,
  deps: EndDeps & { readonly log: Log },
): Promise<readonly Session[]> {
  try {
    return await endAllSessions({ tenant, sub, requestId }, deps)
  } catch (cause) {
    if (!(cause instanceof UnavailableError)) throw cause
    deps.log('warn', 'the sessions of a person are over, and their clients were not told', {
      ...(requestId !== undefined && { request_id: requestId }),
      tenant: tenant.id,
      reason: renderCause(cause),
    })
    return []
  }
}
