import { OAuthError } from '../../protocol/errors.ts'
import { quoted } from '../../protocol/finding-words.ts'
import type { CheckedParameters } from './request-check.ts'

/** Throws `unauthorized_client` unless the client has the grant authorization_code and the tenant signs people in. */
export function checkCodeAllowed({ client, tenant }: CheckedParameters): void {
  if (tenant.oidc && client.grant_types.includes('authorization_code')) return
  throw new OAuthError('unauthorized_client', 'The client is not allowed to use the authorization code', {
    finding: {
      check: 'grant of the client',
      saw: tenant.oidc ? `a client with ${quoted(client.grant_types)}` : 'a tenant that signs nobody in',
      wanted: tenant.oidc ? 'authorization_code among the grant_types of the client' : 'oidc of the tenant',
    },
  })
}
