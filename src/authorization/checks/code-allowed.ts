import { OAuthError } from '../../protocol/errors.ts'
import type { CheckedParameters } from './request-check.ts'

/** Throws `unauthorized_client` unless the client has the grant authorization_code and the tenant signs people in. */
export function checkCodeAllowed({ client, tenant }: CheckedParameters): void {
  if (tenant.oidc && client.grant_types.includes('authorization_code')) return
  throw new OAuthError('unauthorized_client', 'The client is not allowed to use the authorization code')
}
