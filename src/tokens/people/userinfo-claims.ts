import { signJwt } from '../../keys/jwt.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { UserinfoResponse } from '../../protocol/messages.ts'
import type { StandingTokenPerson } from '../check/person-standing.ts'
import type { VerifiedToken } from '../verify.ts'
import { mayAllowScope } from './people-rights.ts'
import { buildPersonClaims } from './person-claims.ts'

/** A verified access token of a person. */
export interface TokenOfPerson extends VerifiedToken {
  readonly ofPerson: StandingTokenPerson
}

/** The claims of the person now, by the scopes of the token and by the claims parameter (OpenID Connect Core section 5.3.2). */
export function buildUserinfo({ tenant, client, scopes, ofPerson }: TokenOfPerson): UserinfoResponse {
  const { person, family } = ofPerson
  const mayAllow = (scope: string) => mayAllowScope(scope, { tenant, client })
  return {
    ...buildPersonClaims(person, { scopes, requested: family.claims?.userinfo, mayAllow }, tenant),
    sub: person.sub,
  }
}

/**
 * The same as a JWT for the client, for one with `userinfo_signed`. It has no exp, so it is no ID token, and no jti, so it is no access
 * token.
 */
export async function signUserinfo(
  token: TokenOfPerson,
  { keyring }: { readonly keyring: Keyring },
): Promise<string> {
  const { tenant, client } = token
  const { active: key } = await keyring.of(tenant.id, tenant.generation)
  const claims = { ...buildUserinfo(token), iss: tenant.issuer, aud: client.id }
  return signJwt(claims, { key, typ: 'JWT' })
}
