import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { TokenOfPerson } from '../tokens/people/userinfo-claims.ts'
import { allowOriginsOf } from './answer/cors.ts'
import { getCaller, type Wanted } from './caller.ts'
import { bearerChallenge } from './request/bearer.ts'

/**
 * Returns the verified access token of a person. It has the scope openid, and the issuer as audience. Throws `invalid_token`,
 * `insufficient_scope`, and `invalid_request` for a token in the header and in the form.
 */
export async function getCallerForPerson(
  request: Request,
  wanted: Omit<Wanted, 'scopes'>,
  deps: Deps,
): Promise<TokenOfPerson> {
  const verified = await getCaller(request, { ...wanted, scopes: ['openid'] }, deps)
  allowOriginsOf(request, verified.client)
  const { ofPerson } = verified
  if (ofPerson) return { ...verified, ofPerson }
  throw new OAuthError('invalid_token', 'The access token is of no person', {
    challenge: bearerChallenge(),
    finding: {
      ...{ check: 'person', tenant: verified.tenant.id },
      saw: 'a token that a client has for itself, or an API key',
      wanted: 'a token of a person who signed in',
    },
  })
}
