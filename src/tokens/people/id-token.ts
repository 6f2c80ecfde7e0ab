import { hashOfToken, signJwt } from '../../keys/jwt.ts'
import type { AuthorizedPerson } from '../authorization.ts'
import type { FurtherToken } from '../issue-request.ts'
import { mayAllowScope } from './people-rights.ts'
import { buildPersonClaims } from './person-claims.ts'

/**
 * The typ of an ID token, which libraries expect. Access tokens may have it too, by `access_token_typ`; an ID token is told from them by
 * its claims: it has neither `jti` nor `client_id`, and its `aud` is the client.
 */
export const idTokenTyp = 'JWT'

/** Says to the client who signed in, when and how (OpenID Connect Core sections 2 and 3.1.3.6). */
export const idToken: FurtherToken = {
  description: 'Says who signed in, when and how, as a signed JWT for the client; for the scope openid',
  issue: async ({ tenant, client, authorization }, { keyring, hashing, now, accessToken }) => {
    const { person, scopes } = authorization
    if (!person || !tenant.oidc) throw new TypeError('An ID token is of a person, at a tenant with oidc')
    const { active: key } = await keyring.of(tenant.id, tenant.generation)
    const issuedAt = Math.floor(now() / 1000)
    const wanted = {
      // OpenID Connect Core section 5.4 lets an ID token that comes with an access token leave them to userinfo.
      scopes: tenant.oidc.claims_in_id_token ? scopes : [],
      requested: person.grant.claims?.id_token,
      mayAllow: (scope: string) => mayAllowScope(scope, { tenant, client }),
    }
    const claims = {
      ...buildPersonClaims(person.person, wanted, tenant),
      iss: tenant.issuer,
      sub: person.person.sub,
      aud: client.id,
      exp: issuedAt + tenant.oidc.id_token_ttl,
      iat: issuedAt,
      ...signInClaims(person),
      at_hash: hashOfToken(accessToken.token, key.algorithm, hashing),
    }
    return signJwt(claims, { key, typ: idTokenTyp })
  },
}

function signInClaims({ nonce, grant: { authTime, acr, amr, sid } }: AuthorizedPerson) {
  return {
    auth_time: authTime,
    ...(nonce !== undefined && { nonce }),
    ...(acr !== null && { acr }),
    ...(amr.length > 0 && { amr: [...amr] }),
    ...(sid !== null && { sid }),
  }
}
