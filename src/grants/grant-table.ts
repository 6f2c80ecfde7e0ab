import type { GrantType } from '../protocol/grant-types.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import type { Grant } from './grant.ts'

/** The grants, one per line. The token endpoint, the metadata and the OpenAPI document read this table. */
export const grants: Readonly<Record<GrantType, Grant>> = {
  client_credentials: clientCredentialsGrant,
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
