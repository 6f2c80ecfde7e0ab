import type { Hashing } from '../platform/hashing.ts'
import type { Storage } from '../storage/storage.ts'
import type { sessions } from './session-row.ts'

/** A browser in which a person is signed in at one tenant. */
export interface Session {
  /** The id, which ID tokens and logout tokens carry as `sid`. It opens nothing. */
  readonly sid: string
  readonly sub: string
  /** When the person proved who they are, in seconds since the epoch. */
  readonly authTime: number
  /** How (RFC 8176). */
  readonly amr: readonly string[]
  readonly acr: string | null
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** When the session was last used (ms), within a minute. */
  readonly lastSeenAt: number
  /** The clients that got a code in the session. */
  readonly clients: readonly string[]
  readonly userAgent: string | null
}

/** The part of a tenant that sessions need. */
export interface SessionTenant {
  readonly id: string
  readonly oidc: SessionTimes | null
}

/** Seconds. */
export interface SessionTimes {
  /** From the sign-in. */
  readonly session_ttl: number
  /** From the last use. */
  readonly session_idle: number
}

export interface SessionDeps {
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
  readonly hashing: Pick<Hashing, 'sha256' | 'equal'>
}

export type SessionValue = (typeof sessions.schema)['static']

export function toSession(sid: string, value: SessionValue): Session {
  return {
    sid,
    sub: value.sub,
    authTime: value.auth_time,
    amr: value.amr,
    acr: value.acr,
    createdAt: value.created_at,
    lastSeenAt: value.last_seen_at,
    clients: value.clients,
    userAgent: value.user_agent,
  }
}

/** When the session ends unless it is used again (ms); 0 for a tenant that signs nobody in. */
export function endOf(
  { created_at, last_seen_at }: Pick<SessionValue, 'created_at' | 'last_seen_at'>,
  { oidc }: Pick<SessionTenant, 'oidc'>,
): number {
  if (!oidc) return 0
  return Math.min(created_at + oidc.session_ttl * 1000, last_seen_at + oidc.session_idle * 1000)
}
