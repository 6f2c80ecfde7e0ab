import { OAuthError } from '../protocol/errors.ts'
import type { Authorization } from '../tokens/authorization.ts'
import { checkCanSign } from '../tokens/check-can-sign.ts'
import { codeInvalid, proveCode, redeemCode } from '../tokens/people/codes.ts'
import { narrowGrant } from '../tokens/people/people-rights.ts'
import { authorizePerson } from '../tokens/people/person-authorization.ts'
import { getStandingPerson } from '../tokens/people/standing-person.ts'
import type { Grant, GrantDeps, TokenRequest } from './grant.ts'

/** A code that a person brought to the client (RFC 6749 section 4.1.3). */
export const authorizationCodeGrant: Grant = {
  type: 'authorization_code',
  clients: 'both',
  isOfPeople: true,
  parameters: {
    code: 'The authorization code of the answer that the browser brought',
    redirect_uri: 'The redirect URI of the authorization request, always required',
    code_verifier: 'The secret whose SHA-256 was the code_challenge (RFC 7636)',
  },
  scopePolicy: 'none',
  audiencePolicy: 'own',
  authorize,
}

/** Everything is checked before the code is used, so that a refusal or a key that is away does not use it up. */
async function authorize(request: TokenRequest, deps: GrantDeps): Promise<Authorization> {
  const { tenant, resources } = request
  const presented = readParameters(request)
  const proven = await proveCode(presented, request, deps)
  const made = { grant: proven.grant, madeAt: proven.createdAt, invalid: codeInvalid }
  const { person } = await getStandingPerson(made, tenant, deps)
  const narrowed = narrowGrant(proven.grant, { resources }, request)
  await checkCanSign(tenant, deps)
  const family = await redeemCode(presented, proven, request, deps)
  return authorizePerson({ grant: proven.grant, person, family, ...narrowed, isFirst: true }, tenant)
}

function readParameters({ parameters }: TokenRequest) {
  const { code, redirect_uri, code_verifier } = parameters
  if (code === undefined) throw missing('code')
  if (redirect_uri === undefined) throw missing('redirect_uri')
  return { code, redirectUri: redirect_uri, codeVerifier: code_verifier }
}

function missing(name: string): OAuthError {
  return new OAuthError('invalid_request', `Missing ${name} parameter`)
}
