import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { TokenOfPerson } from '../tokens/people/userinfo-claims.ts'
import { allowOriginsOf } from './answer/cors.ts'
import { getCaller } from './caller.ts'
import { realm } from './request/bearer.ts'

export interface WantedPerson {
  /** Tokens of other tenants are refused. Default: tokens of every tenant are accepted. */
  readonly tenantId?: string
  /** The access token of the form; undefined: it is in the Authorization header. */
  readonly postedToken?: string | undefined
}

/**
 * Returns the verified access token of a person. It has the scope openid, and the issuer as audience. Throws `invalid_token`,
 * `insufficient_scope`, and `invalid_request` for a token in the header and in the form.
 */
export async function getCallerForPerson(
  request: Request,
  { tenantId, postedToken }: WantedPerson,
  deps: Deps,
): Promise<TokenOfPerson> {
  const wanted = { scopes: ['openid'], postedToken, ...(tenantId !== undefined && { tenantId }) } as const
  const verified = await getCaller(request, wanted, deps)
  allowOriginsOf(request, verified.client)
  const { ofPerson } = verified
  if (ofPerson) return { ...verified, ofPerson }
  const challenge = { scheme: 'Bearer', realm, withError: true } as const
  throw new OAuthError('invalid_token', 'The access token is of no person', {
    challenge,
    finding: {
      ...{ check: 'person', tenant: verified.tenant.id },
      saw: 'a token that a client has for itself, or an API key',
      wanted: 'a token of a person who signed in',
    },
  })
}
