import { OAuthError } from '../../protocol/errors.ts'
import { named } from '../../protocol/finding-words.ts'
import { parseJson } from '../../protocol/members.ts'
import { type ClaimsRequest, readClaimsRequest } from '../../tokens/people/claims-request.ts'
import type { CheckedParameters } from './request-check.ts'

/** The parameter `claims` (OpenID Connect Core section 5.5); undefined: none. Throws `invalid_request` unless it is such a JSON object. */
export function parseClaims({
  parameters,
}: Pick<CheckedParameters, 'parameters'>): ClaimsRequest | undefined {
  const text = parameters.get('claims')
  if (text === undefined) return undefined
  const claims = readClaimsRequest(parseJson(text))
  if (!claims)
    throw new OAuthError('invalid_request', 'The parameter claims is malformed', {
      finding: {
        check: 'claims',
        saw: named(text, []),
        wanted: 'a JSON object with id_token or userinfo, whose claims are null or an object',
      },
    })
  return claims
}
