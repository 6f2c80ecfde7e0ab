import type { GrantType } from '../protocol/grant-types.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import type { Grant } from './grant.ts'

/** Every grant that the token endpoint, the metadata and the Swagger page know. */
export const grants: Readonly<Record<GrantType, Grant>> = {
  client_credentials: clientCredentialsGrant,
}

/** The grant of a `grant_type` parameter, compared byte for byte; undefined for any other text. */
export function findGrant(type: string): Grant | undefined {
  return Object.values(grants).find((grant) => grant.type === type)
}
