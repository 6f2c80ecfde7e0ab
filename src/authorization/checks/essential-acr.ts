import { OAuthError } from '../../protocol/errors.ts'
import type { ClaimsRequest } from '../../tokens/people/claims-request.ts'

/**
 * Throws `unmet_authentication_requirements` for an essential `acr` with values, because no login here has an acr (OpenID Connect Core
 * section 5.5.1.1). `acr_values` and an acr that is not essential are wishes.
 */
export function checkEssentialAcr(claims: ClaimsRequest | undefined): void {
  const acr = claims?.id_token?.['acr']
  if (acr?.essential !== true || (acr.value === undefined && acr.values === undefined)) return
  throw new OAuthError('unmet_authentication_requirements', 'No login of this server has the acr')
}
