import { OAuthError } from '../../protocol/errors.ts'
import { oneOf } from '../../protocol/finding-words.ts'
import { acrValues } from '../../protocol/people/acr.ts'
import type { ClaimsRequest } from '../../tokens/people/claims-request.ts'

/**
 * Throws `unmet_authentication_requirements` for an essential `acr` of which no login here has one of the values (OpenID Connect Core
 * section 5.5.1.1). `acr_values` and an acr that is not essential are wishes.
 */
export function checkEssentialAcr(claims: ClaimsRequest | undefined): void {
  const acr = claims?.id_token?.['acr']
  if (acr?.essential !== true || (acr.value === undefined && acr.values === undefined)) return
  const wanted = [acr.value, ...(acr.values ?? [])]
  if (acrValues.some((value) => wanted.includes(value))) return
  throw new OAuthError('unmet_authentication_requirements', 'No login of this server has the acr', {
    finding: {
      check: 'essential acr',
      saw: `${wanted.filter(Boolean).length} values, none of which is of this server`,
      wanted: oneOf(acrValues),
    },
  })
}
