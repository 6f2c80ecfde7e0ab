import { findCutoff } from '../users/cutoffs.ts'
import type { People } from '../users/people.ts'
import type { Person } from '../users/person.ts'
import { endOf, type Session, type SessionDeps, type SessionTenant, toSession } from './session.ts'
import { parseCookie } from './session-cookie.ts'
import { sessions } from './session-row.ts'
import { noteSessionUse } from './sessions.ts'

export interface SignedIn {
  readonly session: Session
  readonly person: Person
  /**
   * When it was true (ms): before anything was read. What the request makes for the person counts as made at this time, so that a cutoff
   * which overtakes the request ends that too.
   */
  readonly asOf: number
}

export type SignedInDeps = SessionDeps & { readonly people: People }

/**
 * Returns who is signed in with the cookie of a session, and notes the use. Undefined for a text that opens no session of this tenant, and
 * if the session has ended by time, by sign-out or by a cutoff, or if the person is gone or inactive. Nothing is cached. Throws
 * StorageError.
 */
export async function findSignedIn(
  cookie: string | undefined,
  tenant: SessionTenant,
  deps: SignedInDeps,
): Promise<SignedIn | undefined> {
  const readAt = deps.now()
  const session = await openSession(cookie, tenant, deps)
  if (!session) return undefined
  const [person, cutoff] = await Promise.all([
    deps.people.of(tenant).find(session.sub),
    findCutoff(deps.storage, tenant.id, { sub: session.sub }),
  ])
  if (!person?.active || session.createdAt <= cutoff) return undefined
  await noteSessionUse(tenant, session, deps)
  // A session that began after a cutoff of another clock, which is ahead, outlives that cutoff, and so does what comes of it.
  return { session, person, asOf: Math.max(readAt, session.createdAt) }
}

async function openSession(
  cookie: string | undefined,
  tenant: SessionTenant,
  { storage, hashing, now }: SessionDeps,
): Promise<Session | undefined> {
  const parsed = cookie === undefined ? undefined : parseCookie(cookie)
  if (!parsed) return undefined
  const found = await storage.of(tenant.id).of(sessions).find(parsed.sid)
  if (!found || endOf(found.value, tenant) <= now()) return undefined
  const presented = hashing.sha256(parsed.secret)
  const isRight = hashing.equal(presented, Uint8Array.fromHex(found.value.secret_hash))
  return isRight ? toSession(parsed.sid, found.value) : undefined
}
