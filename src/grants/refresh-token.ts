import { OAuthError } from '../protocol/errors.ts'
import type { Grant } from './grant.ts'

/** Further tokens of a person for a refresh token (RFC 6749 section 6). */
export const refreshTokenGrant: Grant = {
  type: 'refresh_token',
  clients: 'both',
  parameters: {},
  scopePolicy: 'own',
  authorize: async () => {
    throw new OAuthError('unsupported_grant_type', 'The grant type is not supported')
  },
}
