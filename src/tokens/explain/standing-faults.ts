import { type Finding, OAuthError } from '../../protocol/errors.ts'
import { getStandingApiKey } from '../api-keys/api-key-standing.ts'
import {
  checkClientStanding,
  checkEntitled,
  checkUnrevoked,
  readRevocation,
  type StandingDeps,
} from '../check/check-standing.ts'
import type { TokenIssuer } from '../check/find-issuer.ts'
import { checkPersonStanding } from '../check/person-standing.ts'
import { isApiKey, type TokenClaims } from '../token-claims.ts'

/** The findings of all these steps, by the step. A check of a token ends at the first one. Throws StorageError. */
export async function findStandingFaults(
  text: string,
  { claims, issuer }: { readonly claims: TokenClaims; readonly issuer: TokenIssuer },
  deps: StandingDeps,
): Promise<Map<string, Finding>> {
  const { tenant } = issuer
  const faults = new Map<string, Finding>()
  const look = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof OAuthError) || !error.finding) throw error
      faults.set(error.finding.check, error.finding)
      return undefined
    }
  }
  const client = await look(() => checkClientStanding(claims.client_id, tenant, deps))
  const apiKey = isApiKey(claims)
    ? await look(() => getStandingApiKey(text, { claims, tenant }, deps))
    : undefined
  const ofPerson = await look(() => checkPersonStanding(claims, tenant, deps))
  const isRevokedAt = await readRevocation(claims, tenant, deps)
  const madeAt = apiKey?.madeAt ?? ofPerson?.family.created_at
  await look(async () => checkUnrevoked(claims, { tenant, madeAt, isRevokedAt }, deps))
  if (client) await look(async () => checkEntitled(claims, { ...issuer, client }))
  return faults
}
