import { OAuthError } from '../protocol/errors.ts'
import type { Grant } from './grant.ts'

/** A code that a person brought to the client (RFC 6749 section 4.1). */
export const authorizationCodeGrant: Grant = {
  type: 'authorization_code',
  clients: 'both',
  parameters: {},
  scopePolicy: 'none',
  authorize: async () => {
    throw new OAuthError('unsupported_grant_type', 'The grant type is not supported')
  },
}
