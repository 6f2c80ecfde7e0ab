import { isSessionLive } from '../../sessions/sessions.ts'
import type { Storage } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { findCutoff } from '../../users/cutoffs.ts'
import type { People } from '../../users/people.ts'
import type { Person } from '../../users/person.ts'
import type { PersonGrant } from './person-grant.ts'

export interface StandingPersonDeps {
  readonly people: People
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What a person allowed, and when (ms). */
export interface MadeGrant {
  readonly grant: Pick<PersonGrant, 'sub' | 'clientId' | 'sid' | 'offline'>
  readonly madeAt: number
}

/**
 * The person of a grant, if the grant still stands: the person is active, nothing has ended what was made by then, and the session is live
 * where the grant is bound to it. Nothing of this is cached. Undefined otherwise. Throws StorageError.
 */
export async function findStandingPerson(
  { grant, madeAt }: MadeGrant,
  tenant: Tenant,
  deps: StandingPersonDeps,
): Promise<Person | undefined> {
  const [findAt, isLive] = await Promise.all([
    readPerson(grant, tenant, deps),
    isBoundSessionLive(grant, tenant, deps),
  ])
  return isLive ? findAt(madeAt) : undefined
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
  { sid, offline }: Pick<PersonGrant, 'sid' | 'offline'>,
  tenant: Tenant,
  deps: StandingPersonDeps,
): Promise<boolean> {
  return offline || sid === null || isSessionLive(tenant, sid, deps)
}
