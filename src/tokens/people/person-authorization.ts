import type { Tenant } from '../../tenants/tenant.ts'
import type { Person } from '../../users/person.ts'
import type { Authorization, FurtherTokenName } from '../authorization.ts'
import type { StartedFamily } from './families.ts'
import { findClaim } from './person-claims.ts'
import type { PersonGrant } from './person-grant.ts'

export interface PersonTokens {
  readonly grant: PersonGrant
  readonly person: Person
  /** The family, with the refresh token to answer. */
  readonly family: StartedFamily
  /** Those of this answer; see narrowGrant. */
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** Whether the answer is the first one of the grant. A later ID token has no nonce (OpenID Connect Core section 12.2). */
  readonly isFirst: boolean
}

/** The decision of a grant that gives a client the tokens of a person. */
export function authorizePerson(
  { grant, person, family, scopes, audience, isFirst }: PersonTokens,
  tenant: Tenant,
): Authorization {
  const alsoIssue: FurtherTokenName[] = [
    ...(scopes.includes('openid') ? (['id_token'] as const) : []),
    ...(family.refreshToken === undefined ? [] : (['refresh_token'] as const)),
  ]
  return {
    subject: person.sub,
    scopes,
    audience,
    person: {
      person,
      grant,
      nonce: isFirst ? grant.nonce : undefined,
      familyId: family.id,
      refreshToken: family.refreshToken,
      accessTokenClaims: findAccessTokenClaims(person, grant, tenant),
    },
    ...(alsoIssue.length > 0 && { alsoIssue }),
  }
}

/** The claims of `oidc.access_token_claims` that there are a value for. */
function findAccessTokenClaims(
  person: Person,
  { authTime, acr, amr, sid }: PersonGrant,
  { oidc }: Tenant,
): Readonly<Record<string, unknown>> {
  const names = oidc?.access_token_claims ?? []
  if (names.length === 0) return {}
  const ofSignIn = new Map<string, unknown>([
    ['auth_time', authTime],
    ['acr', acr ?? undefined],
    ['amr', amr.length === 0 ? undefined : [...amr]],
    ['sid', sid ?? undefined],
  ])
  const entries = names.flatMap((name) => {
    const value = ofSignIn.has(name) ? ofSignIn.get(name) : findClaim(person, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}
