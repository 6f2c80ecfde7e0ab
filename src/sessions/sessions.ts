import { lost, untilWritten } from '../storage/compare-and-swap.ts'
import { isDamaged, type Records, type Storage } from '../storage/storage.ts'
import { walkRows } from '../storage/walk-rows.ts'
import {
  endOf,
  type Session,
  type SessionDeps,
  type SessionTenant,
  type SessionValue,
  toSession,
} from './session.ts'
import { makeCookie } from './session-cookie.ts'
import { sessions } from './session-row.ts'

export interface SignIn {
  readonly tenant: SessionTenant
  readonly person: { readonly sub: string }
  /** When the person proved who they are, in seconds since the epoch. */
  readonly authTime: number
  readonly amr: readonly string[]
  /** Default null. */
  readonly acr?: string | null
  /** The header User-Agent, which the person sees in the list of sessions. */
  readonly userAgent: string | null
  /** The session of this browser before the sign-in, from findSignedIn. Default: none. */
  readonly current?: Session | undefined
  /**
   * When the proof began (ms), such as before the password was read. What ends everything of the person since then ends this session too.
   * Default: now.
   */
  readonly startedAt?: number
}

export interface StartedSession {
  readonly session: Session
  /** The value of the cookie, which opens the session. It is stored nowhere else. */
  readonly cookie: string
  /** The session of another person that this browser had. It is over, and its clients have to learn of it. */
  readonly ended: Session | undefined
}

/**
 * Starts the session of a sign-in. No cookie from before the sign-in opens it, so nobody can plant one. The session of the same person in
 * this browser goes on under its `sid`, with a new secret, because tokens of other clients are bound to it; that of another person ends.
 * Throws StorageError.
 */
export async function startSession(signIn: SignIn, deps: SessionDeps): Promise<StartedSession> {
  const { tenant, person, current } = signIn
  const records = recordsOf(tenant.id, deps)
  const { sid, secret, cookie } = makeCookie(deps)
  const value = makeValue(signIn, deps.hashing.sha256(secret).toHex(), deps)
  if (current && current.sub === person.sub) {
    const renewed = await renew(records, current.sid, { value, tenant })
    if (renewed) return { session: renewed, cookie: `${renewed.sid}.${secret}`, ended: undefined }
  }
  await records.createMany([{ id: sid, value, parent: person.sub, expiresAt: endOf(value, tenant) }])
  const ended =
    current && current.sub !== person.sub ? await endSession(tenant.id, current.sid, deps) : undefined
  return { session: toSession(sid, value), cookie, ended }
}

/** Longer ones are cut. */
const longestUserAgent = 256

function makeValue(signIn: SignIn, secretHash: string, { now }: SessionDeps): SessionValue {
  const { person, authTime, amr, acr = null, userAgent, startedAt = now() } = signIn
  return {
    sub: person.sub,
    secret_hash: secretHash,
    auth_time: authTime,
    amr: [...amr],
    acr,
    created_at: startedAt,
    // Not later than now: `session_idle` counts from here even if another clock was ahead.
    last_seen_at: Math.min(startedAt, now()),
    clients: [],
    user_agent: userAgent === null ? null : plainText(userAgent),
  }
}

/** No store keeps a NUL or half a surrogate pair, and no terminal should get the other control characters. */
function plainText(text: string): string {
  return text
    .slice(0, longestUserAgent)
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed()
}

/** Undefined if the session has ended meanwhile. */
function renew(
  records: Records<SessionValue>,
  sid: string,
  { value, tenant }: { value: SessionValue; tenant: SessionTenant },
): Promise<Session | undefined> {
  return untilWritten(async () => {
    const found = await records.find(sid)
    if (!found) return undefined
    const renewed = { ...value, clients: found.value.clients }
    const options = { ifVersion: found.version, expiresAt: endOf(renewed, tenant) }
    return (await records.replace(sid, renewed, options)) ? toSession(sid, renewed) : lost
  })
}

/**
 * Whether the session of a token has not ended by sign-out or by time. It does not look at the person. A storage that cannot say throws
 * StorageError.
 */
export async function isSessionLive(
  tenant: SessionTenant,
  sid: string,
  deps: Pick<SessionDeps, 'storage' | 'now'>,
): Promise<boolean> {
  return (await findLiveSession(tenant, sid, deps)) !== undefined
}

/** The session of {@link isSessionLive}; undefined if it has ended. Throws StorageError. */
export async function findLiveSession(
  tenant: SessionTenant,
  sid: string,
  deps: Pick<SessionDeps, 'storage' | 'now'>,
): Promise<Session | undefined> {
  const found = await recordsOf(tenant.id, deps).find(sid)
  return found && endOf(found.value, tenant) > deps.now() ? toSession(sid, found.value) : undefined
}

/** A use is written when the last one that was written is older (ms). */
const useInterval = 60_000

/**
 * Notes a use of the session, at most once a minute, from which `session_idle` counts. A visit of the person is one, and so is a refresh
 * of a token that is bound to the session. Throws StorageError.
 */
export async function noteSessionUse(
  tenant: SessionTenant,
  { sid, lastSeenAt }: Pick<Session, 'sid' | 'lastSeenAt'>,
  deps: Pick<SessionDeps, 'storage' | 'now'>,
): Promise<void> {
  const now = deps.now()
  if (now - lastSeenAt < useInterval) return
  const records = recordsOf(tenant.id, deps)
  const found = await records.find(sid)
  if (!found || now - found.value.last_seen_at < useInterval) return
  const value = { ...found.value, last_seen_at: now }
  // Whoever was ahead has noted a use as well, or has ended the session.
  await records.replace(sid, value, { ifVersion: found.version, expiresAt: endOf(value, tenant) })
}

/** Ends a session, and returns what it was at its end; undefined if there is none. Throws StorageError. */
export function endSession(
  tenantId: string,
  sid: string,
  deps: Pick<SessionDeps, 'storage'>,
): Promise<Session | undefined> {
  const records = recordsOf(tenantId, deps)
  return untilWritten(async () => {
    const found = await records.find(sid)
    if (!found) return undefined
    // By its version: a client that was noted meanwhile has to learn of the end too.
    return (await records.delete(sid, { ifVersion: found.version })) ? toSession(sid, found.value) : lost
  })
}

/** Ends the sessions of a person, and returns them. The cutoff of the person is the caller's. Throws StorageError. */
export async function endSessionsOf(
  tenantId: string,
  sub: string,
  deps: Pick<SessionDeps, 'storage'>,
): Promise<Session[]> {
  const ended: Session[] = []
  for await (const page of walkRows(recordsOf(tenantId, deps), { parent: sub, pageSize })) {
    const each = await Promise.all(page.map(({ id }) => endSession(tenantId, id, deps)))
    ended.push(...each.filter((session) => session !== undefined))
  }
  return ended
}

const pageSize = 100

/** The sessions of a person that have not ended, the last used one first. Damaged rows are left out. Throws StorageError. */
export async function listSessions(
  tenant: SessionTenant,
  sub: string,
  deps: Pick<SessionDeps, 'storage' | 'now'>,
): Promise<Session[]> {
  const live: Session[] = []
  for await (const page of walkRows(recordsOf(tenant.id, deps), { parent: sub, pageSize })) {
    for (const row of page) {
      if (!isDamaged(row) && endOf(row.value, tenant) > deps.now()) live.push(toSession(row.id, row.value))
    }
  }
  return live.sort((a, b) => b.lastSeenAt - a.lastSeenAt)
}

/**
 * Notes that a client gets a code in the session, so that it learns of the end. Returns false if the session has ended: no code may be
 * issued then. Throws StorageError.
 */
export function noteClient(
  tenantId: string,
  { sid, clientId }: { sid: string; clientId: string },
  deps: Pick<SessionDeps, 'storage'>,
): Promise<boolean> {
  const records = recordsOf(tenantId, deps)
  return untilWritten(async () => {
    const found = await records.find(sid)
    if (!found) return false
    if (found.value.clients.includes(clientId)) return true
    const value = { ...found.value, clients: [...found.value.clients, clientId] }
    return (await records.replace(sid, value, { ifVersion: found.version })) ? true : lost
  })
}

function recordsOf(tenantId: string, { storage }: { storage: Storage }): Records<SessionValue> {
  return storage.of(tenantId).of(sessions)
}
