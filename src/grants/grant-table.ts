import type { GrantType } from '../protocol/grant-types.ts'
import { authorizationCodeGrant } from './authorization-code.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import { deviceCodeGrant } from './device-code.ts'
import type { Grant } from './grant.ts'
import { refreshTokenGrant } from './refresh-token.ts'

/** The grants, one per line. The token endpoint, the metadata and the OpenAPI document read this table. */
export const grants: Readonly<Record<GrantType, Grant>> = {
  client_credentials: clientCredentialsGrant,
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCodeGrant,
}

const byType: ReadonlyMap<string, Grant> = new Map(Object.entries(grants))

/** The grant of a `grant_type` parameter, compared byte for byte; undefined for any other text. */
export function findGrant(type: string): Grant | undefined {
  return byType.get(type)
}

/** The parameters that single grants read, each with its description. */
export function grantParameters(): Readonly<Record<string, string>> {
  return Object.assign({}, ...Object.values(grants).map(({ parameters }) => parameters))
}
