import { momentText } from '../../protocol/finding-words.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Person } from '../../users/person.ts'
import { type Family, familiesOf, familyIdOfToken } from '../people/families.ts'
import {
  findOver,
  isBoundSessionLive,
  readPerson,
  type StandingPersonDeps,
} from '../people/standing-person.ts'
import { isApiKey, type TokenClaims } from '../token-claims.ts'
import { invalidToken } from './invalid-token.ts'
import type { StepFinding } from './token-steps.ts'

/** The person of a valid token, and what came of the same code or device. */
export interface StandingTokenPerson {
  readonly person: Person
  readonly family: Family
}

/**
 * Checks a token of a person: its family has not ended, and the person and the session still allow it. Nothing is cached. Undefined for a
 * token that is of no person, without any read. Throws `invalid_token`, and StorageError if the storage cannot be read.
 */
export async function checkPersonStanding(
  claims: TokenClaims,
  tenant: Tenant,
  deps: StandingPersonDeps,
): Promise<StandingTokenPerson | undefined> {
  const familyId = isApiKey(claims) ? undefined : familyIdOfToken(claims.jti)
  if (familyId === undefined) return undefined
  const { sub, client_id: clientId } = claims
  // In one turn, because stores answer such reads together.
  const [found, findAt] = await Promise.all([
    familiesOf(deps.storage, tenant.id).find(familyId),
    readPerson({ sub, clientId }, tenant, deps),
  ])
  const family = found?.value
  if (!family || family.ended_at !== null || !isOf(family, claims))
    throw invalidToken('the family is over', findEnded(family, tenant.id, deps.now()))
  const person = findAt(family.created_at)
  if (!person || !(await isBoundSessionLive(family, tenant, deps))) {
    const over = await findOver({ ...family, clientId }, family.created_at, { tenant, deps })
    throw invalidToken('the person or the session is over', { ...over, tenant: tenant.id })
  }
  return { person, family }
}

function findEnded(family: Family | undefined, tenant: string, now: number): StepFinding {
  const ended = family?.ended_at ?? null
  return {
    ...{ check: 'family', tenant },
    saw:
      ended === null
        ? 'the tokens of this sign-in are gone'
        : `the tokens of this sign-in ended at ${momentText(ended, now)}: they were revoked, or a code or a refresh token came twice`,
    wanted: 'a token of a sign-in that goes on',
  }
}

function isOf({ sub, client_id }: Family, claims: TokenClaims): boolean {
  return sub === claims.sub && client_id === claims.client_id
}
