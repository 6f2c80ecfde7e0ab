import { type Finding, OAuthError } from '../../protocol/errors.ts'
import { momentText, quoted, spanText } from '../../protocol/finding-words.ts'
import type { Session } from '../../sessions/session.ts'
import { noteSessionUse } from '../../sessions/sessions.ts'
import { lost, untilWritten } from '../../storage/compare-and-swap.ts'
import type { StoredRecord } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Person } from '../../users/person.ts'
import type { TokenOwner } from '../token-owner.ts'
import { type Family, type FamilyDeps, familiesOf, findLastUse, refreshEnd } from './families.ts'
import { FamilyEndedError } from './family-ended-error.ts'
import {
  familyIdOfHandle,
  hashOf,
  makeSalt,
  nextSecret,
  parseRefreshToken,
  type RefreshTokenParts,
  renderRefreshToken,
} from './family-secrets.ts'
import { fromStoredGrant, type PersonGrant } from './person-grant.ts'
import { getStandingPerson, type StandingPersonDeps } from './standing-person.ts'

export type RefreshDeps = FamilyDeps & StandingPersonDeps

/** A refresh token whose family stands. It is not used yet. */
export interface OpenedRefreshToken {
  readonly familyId: string
  readonly grant: PersonGrant
  readonly person: Person
  /** The session that it is bound to, as it was read; undefined: none. */
  readonly session: Session | undefined
  readonly parts: RefreshTokenParts
  readonly found: StoredRecord<Family>
}

export type FindFamilyDeps = Pick<FamilyDeps, 'storage' | 'hashing'>

/** The family of a refresh token, used or not, and whether or not it has ended. Undefined for any other text. Throws StorageError. */
export async function findFamily(
  text: string,
  tenant: Pick<Tenant, 'id'>,
  { storage, hashing }: FindFamilyDeps,
): Promise<{ readonly familyId: string; readonly family: Family } | undefined> {
  const parts = parseRefreshToken(text)
  if (!parts) return undefined
  const familyId = familyIdOfHandle(parts.handle, hashing)
  const found = await familiesOf(storage, tenant.id).find(familyId)
  return found && { familyId, family: found.value }
}

/**
 * Finds the family of a refresh token that this client presents, and checks that it stands: it has not ended or expired, and the person,
 * the session and the client still allow it. Changes nothing. Throws `invalid_grant`, always with the same words, and StorageError.
 */
export async function openRefreshToken(
  text: string,
  owner: TokenOwner,
  deps: RefreshDeps,
): Promise<OpenedRefreshToken> {
  const parts = parseRefreshToken(text)
  if (!parts)
    throw refreshTokenInvalid('malformed', { ...unknownToken, saw: 'a text that is no refresh token' })
  const familyId = familyIdOfHandle(parts.handle, deps.hashing)
  const found = await familiesOf(deps.storage, owner.tenant.id).find(familyId)
  if (!found) throw refreshTokenInvalid('unknown', unknownToken)
  checkFamily(found.value, owner, deps)
  const grant = fromStoredGrant(found.value)
  const made = { grant, madeAt: found.value.created_at, invalid: refreshTokenInvalid }
  const standing = await getStandingPerson(made, owner.tenant, deps)
  return { familyId, grant, ...standing, parts, found }
}

/** Throws `invalid_grant` for a family of another client, one that has ended, and one whose refresh token has expired. */
function checkFamily(family: Family, { client, oauth2 }: TokenOwner, { now }: RefreshDeps): void {
  // Says nothing about the token of another client, and does not end it either.
  if (family.client_id !== client.id)
    throw refreshTokenInvalid('another_client', {
      ...{ check: 'client of the refresh token', saw: `client ${quoted(client.id)}` },
      wanted: `client ${quoted(family.client_id)}, whose refresh token it is`,
    })
  if (family.ended_at !== null)
    throw refreshTokenInvalid('ended', {
      ...{ check: 'family of the refresh token', wanted: 'a new sign-in' },
      saw: `the tokens of this sign-in ended at ${momentText(family.ended_at, now())}: they were revoked, or a code or a refresh token came twice`,
    })
  if (refreshEnd(family, oauth2) <= now())
    throw refreshTokenInvalid('expired', findExpired(family, oauth2, now()))
}

/**
 * Uses a refresh token, and notes the use of the session that it is bound to. See {@link rotate} for what it returns and throws. The
 * session is noted last: if that fails, the client asks again inside the grace.
 */
export async function rotateRefreshToken(
  opened: OpenedRefreshToken,
  owner: TokenOwner,
  deps: RefreshDeps,
): Promise<string> {
  const next = await rotate(opened, owner, deps)
  if (opened.session) await noteSessionUse(owner.tenant, opened.session, deps)
  return next
}

/**
 * Uses a refresh token, in one durable compare-and-swap, and returns the next one. Inside the grace the token before the current one gives
 * the same next token again, because the client may have lost the answer. Any other one was used before, by its owner or by a thief: the
 * family ends. Throws `invalid_grant` and StorageError.
 */
async function rotate(
  { familyId, parts, grant, found: first }: OpenedRefreshToken,
  owner: TokenOwner,
  deps: RefreshDeps,
): Promise<string> {
  const records = familiesOf(deps.storage, owner.tenant.id)
  let read: StoredRecord<Family> | undefined = first
  return untilWritten(async () => {
    const found = read ?? (await records.find(familyId))
    read = undefined
    if (!found) throw refreshTokenInvalid('unknown', unknownToken)
    const { value: family, version } = found
    checkFamily(family, owner, deps)
    const next = findNext(family, parts, { owner, deps })
    if (next.isRepeat) return renderRefreshToken({ handle: parts.handle, secret: next.secret })
    // Never earlier than before: the row must outlive the code that it came of.
    const end = findLastUse(next.family, owner, deps.now())
    const step = stepOf(end - deps.now())
    const expiresAt = Math.max(found.expiresAt ?? 0, inSteps(end, { step, start: family.created_at }))
    const options = { ifVersion: version, ...(expiresAt !== found.expiresAt && { expiresAt }) }
    if (!(await records.replace(familyId, next.family, options))) return lost
    if (next.secret !== undefined) return renderRefreshToken({ handle: parts.handle, secret: next.secret })
    const { sub, clientId } = grant
    throw new FamilyEndedError('refresh_token', refreshMessage, { familyId, sub, clientId })
  })
}

/** Milliseconds. */
const longestStep = 3_600_000

/**
 * The expiry of a family that rotates moves in steps (ms), because one that stays the same costs no change of its index. So a row is kept
 * longer than its `life` (ms) by an eighth of it at most.
 */
function stepOf(life: number): number {
  return Math.max(1, Math.min(longestStep, Math.floor(life / 8)))
}

/** The first step at or after `time` (ms), counted from the family's own start: otherwise all rows would expire at the same moments. */
function inSteps(time: number, { step, start }: { readonly step: number; readonly start: number }): number {
  return start + Math.ceil((time - start) / step) * step
}

/** What introspection says about a refresh token. */
export interface ActiveRefreshToken {
  readonly family: Family
  /** When it ends unless it is used, in milliseconds since the epoch. */
  readonly end: number
}

/** The refresh token of this client, if it would be accepted now. Changes nothing. Undefined for any other text. Throws StorageError. */
export async function findActiveRefreshToken(
  text: string,
  owner: TokenOwner,
  deps: RefreshDeps & { readonly onInactive?: (finding: Finding | undefined) => void },
): Promise<ActiveRefreshToken | undefined> {
  const opened = await openRefreshToken(text, owner, deps).catch((error: unknown) => {
    if (!(error instanceof OAuthError)) throw error
    deps.onInactive?.(error.finding)
    return undefined
  })
  if (!opened) return undefined
  const { value: family } = opened.found
  const isCurrent = hashOf(opened.parts.secret, deps.hashing) === family.refresh?.current
  if (isCurrent) return { family, end: refreshEnd(family, owner.oauth2) }
  deps.onInactive?.(replacedToken)
  return undefined
}

type Next =
  | { readonly isRepeat: true; readonly secret: string }
  /** The family to write; without a secret, it has ended. */
  | { readonly isRepeat: false; readonly family: Family; readonly secret: string | undefined }

function findNext(
  family: Family,
  { secret }: RefreshTokenParts,
  { owner, deps }: { readonly owner: TokenOwner; readonly deps: RefreshDeps },
): Next {
  const { refresh } = family
  if (!refresh) throw refreshTokenInvalid('unknown', unknownToken)
  const { hashing } = deps
  const now = deps.now()
  const presented = hashOf(secret, hashing)
  if (presented === refresh.current) {
    const salt = makeSalt(deps.randomBytes)
    const next = nextSecret(secret, salt, hashing)
    const rotated = { current: hashOf(next, hashing), previous: presented, salt, rotated_at: now }
    return { isRepeat: false, family: { ...family, refresh: rotated }, secret: next }
  }
  // Another replica's clock, or one that was set back, counts as well as far as it differs.
  const isRecent = Math.abs(now - refresh.rotated_at) < owner.oauth2.refresh_token_grace * 1000
  if (presented === refresh.previous && isRecent) {
    return { isRepeat: true, secret: nextSecret(secret, refresh.salt, hashing) }
  }
  return { isRepeat: false, family: { ...family, ended_at: now }, secret: undefined }
}

const refreshMessage = 'Refresh token is invalid or expired'

/** The same error for everything that can be wrong with a refresh token. `reason` is for the log. */
function refreshTokenInvalid(reason: string, finding: Finding): OAuthError {
  return new OAuthError('invalid_grant', refreshMessage, { reason: `refresh_token_${reason}`, finding })
}

const replacedToken = {
  check: 'refresh token',
  saw: 'a refresh token that was used, and replaced by a newer one',
  wanted: 'the refresh token of the last answer',
}

const unknownToken = {
  check: 'refresh token',
  saw: 'a refresh token that this tenant did not issue, or that is gone',
  wanted: 'the refresh token of the last answer, at the tenant that issued it',
}

function findExpired(family: Family, oauth2: TokenOwner['oauth2'], now: number): Finding {
  const { refresh_token_ttl, refresh_token_idle } = oauth2
  const isIdle = family.created_at + refresh_token_ttl * 1000 > now
  return isIdle
    ? {
        check: 'idle time of the refresh token',
        saw: `a refresh token that was made at ${momentText(family.refresh?.rotated_at ?? 0, now)}, and not used since`,
        wanted: `a use within ${spanText(refresh_token_idle * 1000)} (refresh_token_idle)`,
      }
    : {
        check: 'life of the refresh token',
        saw: `a sign-in of ${momentText(family.created_at, now)}`,
        wanted: `a sign-in at most ${spanText(refresh_token_ttl * 1000)} ago (refresh_token_ttl)`,
      }
}
