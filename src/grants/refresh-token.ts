import { OAuthError } from '../protocol/errors.ts'
import type { Authorization } from '../tokens/authorization.ts'
import { narrowGrant } from '../tokens/people/people-rights.ts'
import { authorizePerson } from '../tokens/people/person-authorization.ts'
import { openRefreshToken, rotateRefreshToken } from '../tokens/people/refresh.ts'
import type { Grant, GrantDeps, TokenRequest } from './grant.ts'

/** Further tokens of a person for a refresh token, which is replaced (RFC 6749 section 6, RFC 9700 section 4.14.2). */
export const refreshTokenGrant: Grant = {
  type: 'refresh_token',
  clients: 'both',
  isOfPeople: true,
  parameters: { refresh_token: 'The refresh token of the last answer' },
  scopePolicy: 'own',
  audiencePolicy: 'own',
  authorize,
}

/** The request is checked before the token is used, so that a refusal does not use it up. */
async function authorize(request: TokenRequest, deps: GrantDeps): Promise<Authorization> {
  const { tenant, scopes, resources, parameters } = request
  const { refresh_token: text } = parameters
  if (text === undefined) throw new OAuthError('invalid_request', 'Missing refresh_token parameter')
  const opened = await openRefreshToken(text, request, deps)
  const { grant, person, familyId } = opened
  const asked = { resources, ...(scopes.length > 0 && { scopes }) }
  const narrowed = narrowGrant(grant, asked, request)
  const refreshToken = await rotateRefreshToken(opened, request, deps)
  const family = { id: familyId, refreshToken }
  return authorizePerson({ grant, person, family, ...narrowed, isFirst: false }, tenant)
}
