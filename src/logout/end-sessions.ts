import type { Session } from '../sessions/session.ts'
import { endSession, endSessionsOf } from '../sessions/sessions.ts'
import type { Storage } from '../storage/storage.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { LogoutNotices, NoticeOptions } from './logout-notices.ts'

export interface EndDeps {
  readonly storage: Storage
  readonly logoutNotices: LogoutNotices
}

/**
 * Ends one session, and with it the tokens that are bound to it, and tells its clients. Returns it; undefined if there is none. Throws
 * StorageError.
 */
export async function endOneSession(
  { tenant, sid, ...options }: { readonly tenant: Tenant; readonly sid: string } & NoticeOptions,
  { storage, logoutNotices }: EndDeps,
): Promise<Session | undefined> {
  const ended = await endSession(tenant.id, sid, { storage })
  if (ended) logoutNotices.sessionsEnded(tenant, [ended], options)
  return ended
}

/**
 * Ends the sessions of a person and tells their clients, and returns the sessions. Call it after the cutoff of the person was set, such as
 * when the person was disabled: the cutoff ends everything, and this is what tells the clients. Throws StorageError.
 */
export async function endAllSessions(
  { tenant, sub, ...options }: { readonly tenant: Tenant; readonly sub: string } & NoticeOptions,
  { storage, logoutNotices }: EndDeps,
): Promise<Session[]> {
  const ended = await endSessionsOf(tenant.id, sub, { storage })
  if (ended.length > 0) logoutNotices.sessionsEnded(tenant, ended, options)
  return ended
}
