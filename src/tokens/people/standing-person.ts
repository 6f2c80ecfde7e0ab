import type { Finding, OAuthError } from '../../protocol/errors.ts'
import { momentText, quoted } from '../../protocol/finding-words.ts'
import type { Session } from '../../sessions/session.ts'
import { findLiveSession, isSessionLive } from '../../sessions/sessions.ts'
import type { Storage } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { findCutoff } from '../../users/cutoffs.ts'
import type { People } from '../../users/people.ts'
import type { Person } from '../../users/person.ts'
import { findClientRevocations } from '../revocations.ts'
import type { PersonGrant } from './person-grant.ts'

export interface StandingPersonDeps {
  readonly people: People
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What a person allowed. */
export interface MadeGrant {
  readonly grant: Pick<PersonGrant, 'sub' | 'clientId' | 'sid' | 'offline'>
  /** When, in milliseconds since the epoch. */
  readonly madeAt: number
  /** When the client asked for it, if that was earlier: a revocation since then ends it too. Default: `madeAt`. */
  readonly askedAt?: number | undefined
  /** The error for a grant that does not stand. `reason` is for the log. */
  readonly invalid: (reason: string, finding: Finding) => OAuthError
}

export interface StandingPerson {
  readonly person: Person
  /** The session that the grant is bound to; undefined: none. */
  readonly session: Session | undefined
}

/**
 * Returns the person of a grant that still stands, and the session: the person is active, no cutoff and no revocation has ended what was
 * made by then, and the session is live where the grant is bound to it. Nothing of this is cached. Throws the error that `invalid` makes,
 * and StorageError.
 */
export async function getStandingPerson(
  { grant, madeAt, askedAt = madeAt, invalid }: MadeGrant,
  tenant: Tenant,
  deps: StandingPersonDeps,
): Promise<StandingPerson> {
  const bound = boundSid(grant)
  const [findAt, session, revokedUpTo] = await Promise.all([
    readPerson(grant, tenant, deps),
    bound === undefined ? undefined : findLiveSession(tenant, bound, deps),
    findClientRevocations(deps.storage, tenant.id, [grant.clientId]),
  ])
  const person = bound === undefined || session ? findAt(madeAt) : undefined
  if (!person) {
    const over = await findOver(grant, madeAt, { tenant, deps })
    throw invalid('person_or_session_over', over)
  }
  const revokedAt = revokedUpTo(grant.clientId)
  if (Math.floor(askedAt / 1000) <= revokedAt)
    throw invalid('client_revoked', {
      check: 'revocation',
      saw: `all tokens of the client or of the tenant that were issued by ${momentText(revokedAt * 1000, deps.now())} were revoked; this sign-in is of ${momentText(askedAt, deps.now())}`,
      wanted: 'a new sign-in',
    })
  return { person, session }
}

/**
 * Says why a grant does not stand, after it was refused: looks again at the person, the cutoff and the session. Throws StorageError.
 */
export async function findOver(
  { sub, clientId, sid, offline }: MadeGrant['grant'],
  madeAt: number,
  { tenant, deps }: { readonly tenant: Tenant; readonly deps: StandingPersonDeps },
): Promise<Finding & { readonly check: 'person' | 'session' }> {
  const wanted = 'a new sign-in'
  if (!tenant.oidc)
    return { check: 'person', saw: 'the tenant signs nobody in now', wanted: 'oidc of the tenant' }
  const [person, cutoff] = await Promise.all([
    deps.people.of(tenant).find(sub),
    findCutoff(deps.storage, tenant.id, { sub, clientId }),
  ])
  const who = `the person ${quoted(sub)}`
  if (!person) return { check: 'person', saw: `${who} is not there any more`, wanted }
  if (!person.active) return { check: 'person', saw: `${who} is disabled`, wanted: 'a person who is active' }
  if (madeAt <= cutoff) {
    const of = momentText(cutoff, deps.now())
    const saw = `${who} was signed out everywhere, has a new password, or took the consent back (${of}); the sign-in is of ${momentText(madeAt, deps.now())}`
    return { check: 'person', saw, wanted }
  }
  const isLive = await isBoundSessionLive({ sid, offline }, tenant, deps)
  const saw = isLive
    ? 'the session had ended'
    : 'the session has ended: by sign-out, or it was too old or idle for too long'
  return { check: 'session', saw, wanted: 'a session that goes on, or the scope offline_access' }
}

/** Reads a person, and returns a function that gives this person for what was made at a time (ms), if that stands. Throws StorageError. */
export async function readPerson(
  { sub, clientId }: Pick<PersonGrant, 'sub' | 'clientId'>,
  tenant: Tenant,
  deps: StandingPersonDeps,
): Promise<(madeAt: number) => Person | undefined> {
  if (!tenant.oidc) return () => undefined
  const [person, cutoff] = await Promise.all([
    deps.people.of(tenant).find(sub),
    findCutoff(deps.storage, tenant.id, { sub, clientId }),
  ])
  return (madeAt) => (person?.active && madeAt > cutoff ? person : undefined)
}

/** Whether the session is live, for a grant that is bound to one. Throws StorageError. */
export async function isBoundSessionLive(
  grant: Pick<PersonGrant, 'sid' | 'offline'>,
  tenant: Tenant,
  deps: StandingPersonDeps,
): Promise<boolean> {
  const bound = boundSid(grant)
  return bound === undefined || isSessionLive(tenant, bound, deps)
}

/** The session with whose end the grant ends; undefined: none. */
function boundSid({ sid, offline }: Pick<PersonGrant, 'sid' | 'offline'>): string | undefined {
  return offline || sid === null ? undefined : sid
}
