import { OAuthError } from '../protocol/errors.ts'
import type { Grant } from './grant.ts'

/** The code of a device on which a person signed in elsewhere (RFC 8628 section 3.4). */
export const deviceCodeGrant: Grant = {
  type: 'urn:ietf:params:oauth:grant-type:device_code',
  clients: 'both',
  isOfPeople: true,
  parameters: {},
  scopePolicy: 'none',
  authorize: async () => {
    throw new OAuthError('unsupported_grant_type', 'The grant type is not supported')
  },
}
