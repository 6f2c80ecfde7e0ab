import type { Session } from '../sessions/session.ts'
import type { Tenant } from '../tenants/tenant.ts'

/** Tells clients that sessions have ended: back-channel logout. */
export interface LogoutNotices {
  /** Tells every client of these sessions, which have ended. Returns at once and never throws. */
  sessionsEnded(tenant: Tenant, sessions: readonly Session[], options?: NoticeOptions): void
  /** The notices that are not delivered yet, and those that found no room. For metrics. */
  readonly queue: { readonly waiting: number; readonly refused: number }
  /** Tries once more what waits, and resolves after a few seconds at most. Called when the process ends. */
  close(): Promise<void>
}

export interface NoticeOptions {
  /** The request that ended the sessions, for the audit trail. */
  readonly requestId?: string | undefined
}
