import type { QueuePlace } from '../async/fair-queue.ts'
import { groupOf } from '../limits/address-group.ts'
import type { SignInAttempt, SignInLimits } from '../limits/sign-in-limits.ts'
import { GoneError } from '../protocol/errors.ts'
import { costOfPassword, dummyHash } from '../protocol/password/password-hash.ts'
import { normalEmail } from '../protocol/people/username.ts'
import type { Passwords } from '../secrets/passwords.ts'
import type { Storage } from '../storage/storage.ts'
import { findCutoff, timeAfter } from './cutoffs.ts'
import { findCosts } from './password-costs.ts'
import { nobody, type People, type TenantPeople } from './people.ts'
import type { Person } from './person.ts'
import { replaceStaleHash } from './replace-stale-hash.ts'

/** One try to sign in with a password. */
export interface PasswordAttempt {
  readonly tenant: { readonly id: string }
  /** As it was typed: an e-mail address, or a key of config.yaml. */
  readonly username: string
  /** As it was typed. */
  readonly password: string
  /** The address of the person's browser; undefined if it is not known. */
  readonly address: string | undefined
  /** Whether the person signed in from this browser before. It is asked for a sub that nobody has too, so that the time is the same. */
  readonly isKnownBrowser: (sub: string) => Promise<boolean>
  /** Ends when the browser is gone. */
  readonly signal: AbortSignal
}

/** Why an attempt failed, for the log and the audit trail only. */
export type SignInFault = 'unknown_person' | 'person_inactive' | 'no_password' | 'wrong_password'

/** Somebody who typed the right password. */
export interface ProvenPerson {
  readonly person: Person
  /**
   * When the person was read (ms), and later than the cutoff of the person, which a clock that was ahead may have set. A session that
   * begins counts as made at this time: if the password is changed after it, the cutoff ends the session too.
   */
  readonly provenAt: number
}

/** `sub` is of a person that exists, for the audit trail only. */
export type PasswordOutcome =
  | ProvenPerson
  | { readonly failure: 'wrong'; readonly fault: SignInFault; readonly sub: string | undefined }
  | {
      readonly failure: 'wait'
      /** Seconds until the next attempt, for Retry-After. */
      readonly seconds: number
      /** Undefined: nothing was checked. */
      readonly fault: SignInFault | undefined
      readonly sub: string | undefined
    }

/** What signing in needs besides the people; `deps.signIns`. */
export interface SignIns {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly storage: Storage
  readonly limits: SignInLimits
  readonly passwords: Passwords
}

export interface SignInDeps {
  readonly people: People
  readonly signIns: SignIns
}

/**
 * Checks a name and a password. Unknown and inactive people, people without a password and wrong passwords have the same outcome `wrong`
 * after the same work. From the fifth failure of a name or the twentieth of an address on, the outcome is `wait`. Failures elsewhere
 * never make a browser wait in which the person signed in before. Throws GoneError, StorageError, and
 * `temporarily_unavailable` when too many checks wait.
 */
export async function checkPassword(attempt: PasswordAttempt, deps: SignInDeps): Promise<PasswordOutcome> {
  const { tenant, username } = attempt
  const { limits, passwords } = deps.signIns
  const people = deps.people.of(tenant)
  const person = await people.findByUsername(username)
  const isKnown = await attempt.isKnownBrowser(person?.sub ?? nobody)
  const own = { tenantId: tenant.id, username: normalEmail(username), address: attempt.address }
  const limit = await limits.open(person && isKnown ? { tenantId: tenant.id, knownSub: person.sub } : own)
  const seconds = await limit.findWait()
  if (seconds > 0) return { failure: 'wait', seconds, fault: undefined, sub: person?.sub }
  const place = placeOf(attempt, isKnown)
  // Read before the person is read again, so that a later cutoff ends what begins now; and for names that nobody has too.
  const cutoff = await findCutoff(deps.signIns.storage, tenant.id, { sub: person?.sub ?? nobody })
  const opened = { people, limit, cutoff: { of: person?.sub, before: cutoff } }
  return passwords.inTurn(
    () => checkInTurn(attempt, opened, deps.signIns),
    () => place,
  )
}

/** A known browser is not an attacker with many names, so it has its place in front of the others. */
function placeOf({ tenant, username, address }: PasswordAttempt, isKnown: boolean): QueuePlace {
  return { isKnown, path: [tenant.id, groupOf(address), normalEmail(username)] }
}

interface Opened {
  readonly people: TenantPeople
  readonly limit: SignInAttempt
  /** The cutoff of the person whom the name found first. */
  readonly cutoff: { readonly of: string | undefined; readonly before: number }
}

/** A failure is counted before the next check begins. Otherwise many attempts at once would be checked before any of them counts. */
async function checkInTurn(
  attempt: PasswordAttempt,
  { people, limit, cutoff }: Opened,
  signIns: SignIns,
): Promise<PasswordOutcome> {
  if (attempt.signal.aborted) throw new GoneError('The browser went away')
  const readAt = signIns.now()
  const person = await people.findByUsername(attempt.username)
  const held = await limit.findWait()
  const wait = (seconds: number) =>
    ({ failure: 'wait', seconds, fault: undefined, sub: person?.sub }) as const
  if (held > 0) return wait(held)
  const opened = { people, limit, cutoff }
  return (await limit.run(() => checkNow(attempt, { ...opened, person, readAt }, signIns))) ?? wait(1)
}

async function checkNow(
  attempt: PasswordAttempt,
  {
    people,
    limit,
    cutoff,
    person,
    readAt,
  }: Opened & { readonly person: Person | undefined; readonly readAt: number },
  signIns: SignIns,
): Promise<PasswordOutcome> {
  const dummy = await findDummy(attempt, people, signIns)
  const verified = await signIns.passwords.verify(attempt.password, person?.passwordHash ?? dummy)
  const fault = findFault(person, verified.isRight)
  if (person && fault === undefined) {
    await limit.succeed()
    if (verified.isStale) await replaceStaleHash(attempt, person, signIns)
    return { person, provenAt: person.sub === cutoff.of ? timeAfter(cutoff.before, readAt) : readAt }
  }
  const seconds = await limit.fail()
  const why = { fault, sub: person?.sub }
  return seconds > 0
    ? { failure: 'wait', seconds, ...why }
    : { failure: 'wrong', ...why, fault: fault ?? 'unknown_person' }
}

function findFault(person: Person | undefined, isRight: boolean): SignInFault | undefined {
  if (!person) return 'unknown_person'
  if (!person.active) return 'person_inactive'
  if (person.passwordHash === null) return 'no_password'
  return isRight ? undefined : 'wrong_password'
}

/**
 * Returns the hash that a name without a password is checked against. Imported hashes take another time than ours, so such a name gets the
 * cost of one of the hashes of the tenant: always the same one, at every replica.
 */
async function findDummy(
  { tenant, username }: PasswordAttempt,
  { configured }: TenantPeople,
  { passwords, storage, limits }: SignIns,
): Promise<string> {
  const own = costOfPassword(passwords.dummy)
  const costs = new Set([own, ...configured.costs, ...(await findCosts(storage, tenant.id))])
  return dummyHash((await limits.choose(normalEmail(username), [...costs].sort())) ?? own)
}
